// Gives back to the system what many connections took, once they are gone: glibc keeps free memory that lies below what
// is in use.
#pragma once

#include <cstdint>

namespace mes::gateway {

// One thread at a time.
class burst_memory {
 public:
  // Every second or so. Giving back stops whoever allocates, for 0.1 s where a configuration has 60,000 entities: only
  // after a burst, and once a minute at most.
  void look(std::uint64_t connections, std::uint64_t most_since_last_look, std::int64_t now_ms);

 private:
  std::uint64_t _most = 0;  // connections since memory was given back
  int _looks = 0;           // since the burst was over
  std::int64_t _next_ms = 0;
};

}  // namespace mes::gateway
