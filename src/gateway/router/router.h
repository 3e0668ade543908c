// Which route takes a request: Kong's router "traditional_compatible".
//
// Routes with several paths are split (all regular expressions together, prefixes by length); each part has a 64-bit
// priority; of all parts that match, the highest priority wins, then the larger id. A lookup hashes the path's prefixes
// of the lengths that occur, so that it does not grow with the number of prefix routes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/configuration.h"
#include "gateway/http/head.h"

namespace mes::gateway {

struct route_query {
  std::string_view method;
  std::string_view path;  // normalised
  std::string_view host;  // as sent, with its port
  bool https = false;
  std::string_view sni;
  const header_table* headers = nullptr;
};

struct route_match {
  const route* to = nullptr;      // nullptr: no route
  std::size_t index = 0;          // of the route in the configuration
  std::size_t matched_bytes = 0;  // of the path
};

class router {
 public:
  explicit router(const configuration& all);
  ~router();
  router(const router&) = delete;
  router& operator=(const router&) = delete;

  route_match find(const route_query& query) const;  // thread-safe

 private:
  struct part;
  struct index;
  std::vector<std::unique_ptr<part>> _parts;  // best first
  std::unique_ptr<index> _index;
};

// The priority of a route whose paths are of one kind and length, for the tests' tables.
std::uint64_t route_priority(const route& r, bool regex, std::size_t prefix_bytes);

}  // namespace mes::gateway
