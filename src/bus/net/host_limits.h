// How many connections an address has, and may have: Kafka's max.connections.per.ip and its overrides.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

namespace mes::bus::net {

struct host_limits {
  std::size_t each = INT32_MAX;
  std::map<std::string, std::size_t> overrides;  // by address, in the form of net::peer

  std::size_t of(const std::string& host) const {
    const auto own = overrides.find(host);
    return own == overrides.end() ? each : own->second;
  }
};

class host_counts {
 public:
  void add(const std::string& host) { ++_counts[host]; }
  void remove(const std::string& host) {
    if (const auto it = _counts.find(host); it != _counts.end() && --it->second == 0) _counts.erase(it);
  }
  std::size_t most() const {  // of one address
    std::size_t count = 0;
    for (const auto& [host, connections] : _counts) count = std::max(count, connections);
    return count;
  }
  std::size_t of(const std::string& host) const {
    const auto it = _counts.find(host);
    return it == _counts.end() ? 0 : it->second;
  }

 private:
  std::unordered_map<std::string, std::size_t> _counts;
};

}  // namespace mes::bus::net
