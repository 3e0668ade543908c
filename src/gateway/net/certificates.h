// The certificates that TLS clients are shown, by the name that they ask for (kong/runloop/certificate.lua).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/config/configuration.h"

struct ssl_st;

namespace mes::gateway {

// Immutable, and so thread-safe. Made of a configuration, which has checked the texts.
class certificate_store {
 public:
  // What `before` has read already is not read again.
  explicit certificate_store(const configuration& all, const certificate_store* before = nullptr);
  ~certificate_store();
  certificate_store(const certificate_store&) = delete;
  certificate_store& operator=(const certificate_store&) = delete;

  // Has `connection` show the certificate for `name`: the exact name's, "*.rest", "first.*", then "*". False: there is
  // none for it, and the listener's own is shown.
  bool use(ssl_st* connection, std::string_view name) const;

 private:
  struct pair;
  struct entry;
  const entry* find(std::string_view name) const;

  std::shared_ptr<const pair> pair_of(const std::string& cert, const std::string& key, const certificate_store* before);

  std::unordered_map<std::string, std::shared_ptr<const pair>> _pairs;  // by digest of the texts
  std::vector<std::unique_ptr<entry>> _entries;
  std::unordered_map<std::string, const entry*> _by_name;
};

}  // namespace mes::gateway
