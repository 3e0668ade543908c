#include "wire/kafka/crc32c.h"

#include <array>
#include <cstring>

namespace mes::wire::kafka {
namespace {

constexpr std::uint32_t polynomial = 0x82f63b78;  // reflected

constexpr std::array<std::array<std::uint32_t, 256>, 8> make_slices() {
  std::array<std::array<std::uint32_t, 256>, 8> slices{};
  for (std::uint32_t n = 0; n < 256; ++n) {
    std::uint32_t crc = n;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ polynomial : crc >> 1;
    slices[0][n] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t n = 0; n < 256; ++n) {
      const std::uint32_t crc = slices[k - 1][n];
      slices[k][n] = slices[0][crc & 0xff] ^ (crc >> 8);
    }
  return slices;
}
constexpr auto slices = make_slices();

#if defined(__x86_64__)
constexpr std::size_t lane = 4096;  // bytes of each of three streams that run side by side

// The effect of `lane` zero bytes on a CRC, as four tables: one for each of its bytes.
constexpr std::array<std::array<std::uint32_t, 256>, 4> make_shift() {
  std::array<std::uint32_t, 32> column{};
  for (std::size_t bit = 0; bit < 32; ++bit) {
    std::uint32_t crc = std::uint32_t{1} << bit;
    for (std::size_t n = 0; n < lane; ++n) crc = slices[0][crc & 0xff] ^ (crc >> 8);
    column[bit] = crc;
  }
  std::array<std::array<std::uint32_t, 256>, 4> shift{};
  for (std::size_t byte = 0; byte < 4; ++byte)
    for (std::size_t value = 0; value < 256; ++value)
      for (std::size_t bit = 0; bit < 8; ++bit)
        if ((value >> bit & 1) != 0) shift[byte][value] ^= column[byte * 8 + bit];
  return shift;
}

std::uint32_t shifted(std::uint32_t crc) {
  static const auto shift = make_shift();
  return shift[0][crc & 0xff] ^ shift[1][crc >> 8 & 0xff] ^ shift[2][crc >> 16 & 0xff] ^ shift[3][crc >> 24];
}

std::uint64_t word(const char* at) {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// The instruction has a latency of three cycles and a throughput of one: three independent streams keep it busy.
__attribute__((target("sse4.2"))) std::uint32_t hardware(const char* at, std::size_t size, std::uint32_t start) {
  std::uint64_t crc = start;
  while (size >= 3 * lane) {
    std::uint64_t second = 0, third = 0;
    for (std::size_t i = 0; i < lane; i += 8) {
      crc = __builtin_ia32_crc32di(crc, word(at + i));
      second = __builtin_ia32_crc32di(second, word(at + lane + i));
      third = __builtin_ia32_crc32di(third, word(at + 2 * lane + i));
    }
    crc = shifted(shifted(static_cast<std::uint32_t>(crc)) ^ static_cast<std::uint32_t>(second)) ^ third;
    at += 3 * lane;
    size -= 3 * lane;
  }
  for (; size >= 8; at += 8, size -= 8) crc = __builtin_ia32_crc32di(crc, word(at));
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; size > 0; ++at, --size) narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(*at));
  return narrow;
}
#endif

std::uint32_t portable(const char* at, std::size_t size, std::uint32_t crc) {
  for (; size > 0; ++at, --size) crc = slices[0][(crc ^ static_cast<unsigned char>(*at)) & 0xff] ^ (crc >> 8);
  return crc;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return ~hardware(bytes.data(), bytes.size(), ~before);
#endif
  return ~portable(bytes.data(), bytes.size(), ~before);
}

}  // namespace mes::wire::kafka
