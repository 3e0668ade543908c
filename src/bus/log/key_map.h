// The last offset of each key, in bounded memory: keys are known by 128 bits of their SHA-256.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mes::bus::log {

class key_map {
 public:
  explicit key_map(std::size_t memory_bytes_max);

  bool put(std::string_view key, std::int64_t offset);  // false: there is no room for another key
  std::optional<std::int64_t> find(std::string_view key) const;
  std::size_t size() const { return _used; }

 private:
  struct slot {
    std::array<std::uint64_t, 2> hash{};
    std::int64_t offset = -1;  // -1: free
  };
  std::size_t place(const std::array<std::uint64_t, 2>& hash) const;
  void grow();

  std::size_t _slots_max;
  std::size_t _used = 0;
  std::vector<slot> _slots;  // a power of two, linear probing
};

}  // namespace mes::bus::log
