// Memory that something holds, counted in a sum over all that do: taken as it is set, given back as the holder goes.
#pragma once

#include <cstddef>
#include <utility>

namespace mes::bus::groups {

class held_bytes {
 public:
  held_bytes() = default;
  held_bytes(std::size_t& sum, std::size_t bytes) : _sum(&sum), _bytes(bytes) { *_sum += _bytes; }
  held_bytes(held_bytes&& other) noexcept : _sum(other._sum), _bytes(std::exchange(other._bytes, 0)) {}
  held_bytes& operator=(held_bytes&& other) noexcept {
    std::swap(_sum, other._sum);
    std::swap(_bytes, other._bytes);
    return *this;
  }
  ~held_bytes() {
    if (_sum) *_sum -= _bytes;
  }
  std::size_t bytes() const { return _bytes; }

 private:
  std::size_t* _sum = nullptr;
  std::size_t _bytes = 0;
};

}  // namespace mes::bus::groups
