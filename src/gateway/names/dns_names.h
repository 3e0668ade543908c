// Names that DNS knows: their addresses are kept for their time to live, and longer while its servers are in trouble.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "gateway/names/dns.h"

namespace mes::gateway {

enum class name_state : std::uint8_t { known, waiting, unknown };

struct name_answer {
  name_state what = name_state::unknown;
  endpoints where;                                                   // not empty if known
  std::int64_t until_ms = std::numeric_limits<std::int64_t>::max();  // monotonic; unless generation() changes
};

// Thread-safe. Its end waits for no name server; nobody is called after it.
class dns_names {
 public:
  explicit dns_names(dns_options how);
  ~dns_names();

  // waiting: `changed` is called once, from another thread, when asking again is worth it.
  name_answer find(const std::string& host, std::uint16_t port, std::int64_t now_ms, std::function<void()> changed);
  std::uint64_t generation() const;  // changes when anything does that find() has answered

 private:
  // A server that is silent keeps a resolver for seconds, so the resolvers' threads own what they use.
  class lookups;
  const std::shared_ptr<lookups> _lookups;
};

}  // namespace mes::gateway
