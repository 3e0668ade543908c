// Origins that a configuration has been found to accept. Browsers send the same few again and again; an expression
// costs more than all else that is done for them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace mes::gateway {

// Thread-safe; reading takes no lock. Holds the first few: whoever sends more of them does not push others out.
class seen_origins {
 public:
  struct origin {
    std::string sent;
    std::string domain;  // what the answer says
  };

  // nullptr: not seen.
  const origin* find(std::string_view sent) const {
    std::size_t count = _count.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < count; ++i)
      if (_seen[i].sent == sent) return &_seen[i];
    return nullptr;
  }

  void keep(std::string_view sent, std::string_view domain) {
    if (_count.load(std::memory_order_relaxed) == _seen.size()) return;
    std::lock_guard lock(_adding);
    std::size_t count = _count.load(std::memory_order_relaxed);
    if (count == _seen.size() || find(sent)) return;
    _seen[count] = {.sent = std::string(sent), .domain = std::string(domain)};
    _count.store(count + 1, std::memory_order_release);
  }

 private:
  std::array<origin, 8> _seen;  // each is written once, before _count says that it is there
  std::atomic<std::size_t> _count = 0;
  std::mutex _adding;
};

}  // namespace mes::gateway
