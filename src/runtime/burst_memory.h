// Gives what a burst took back to the system once it is free: glibc keeps free memory that lies below what is in use.
#pragma once

#include <cstddef>

namespace mes::runtime {

class burst_memory {
 public:
  void look();  // every few seconds; one thread at a time

 private:
  std::size_t _least_free_bytes = 0;  // since memory was given back; at first all counts that a start has freed
};

}  // namespace mes::runtime
