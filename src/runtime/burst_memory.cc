#include "runtime/burst_memory.h"

#include <malloc.h>

#include <algorithm>

namespace mes::runtime {
namespace {

constexpr std::size_t worth_it_bytes = std::size_t{16} << 20;

}  // namespace

// Free memory stays counted as free when it has gone back, so what counts is how much has been used and freed since.
void burst_memory::look() {
  const std::size_t free_bytes = mallinfo2().fordblks;
  _least_free_bytes = std::min(_least_free_bytes, free_bytes);
  if (free_bytes - _least_free_bytes < worth_it_bytes) return;
  malloc_trim(0);
  _least_free_bytes = mallinfo2().fordblks;
}

}  // namespace mes::runtime
