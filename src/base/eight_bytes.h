// Tests of eight characters at once, for text that is read a byte at a time otherwise.
#pragma once

#include <cstdint>
#include <cstring>

namespace mes {

class eight_bytes {
 public:
  explicit eight_bytes(const char* from) { std::memcpy(&_bytes, from, sizeof _bytes); }

  // Not zero if one of them is so: to be combined with | before it is asked.
  std::uint64_t below(unsigned char limit) const { return (_bytes - ones * limit) & ~_bytes & tops; }  // up to 0x80
  std::uint64_t equal(char c) const { return eight_bytes(_bytes ^ (ones * static_cast<unsigned char>(c))).below(1); }
  std::uint64_t above_ascii() const { return _bytes & tops; }

  // Letters of ASCII in lower case.
  std::uint64_t lower_case() const {
    std::uint64_t seven_bits = _bytes & ~tops;
    std::uint64_t from_a = seven_bits + ones * (0x80 - 'A'), above_z = seven_bits + ones * (0x7f - 'Z');
    std::uint64_t upper = ~_bytes & tops & (from_a ^ above_z);
    return _bytes | (upper >> 2);
  }

  bool operator==(const eight_bytes&) const = default;

 private:
  explicit eight_bytes(std::uint64_t bytes) : _bytes(bytes) {}

  static constexpr std::uint64_t ones = 0x0101010101010101, tops = ones * 0x80;
  std::uint64_t _bytes = 0;
};

}  // namespace mes
