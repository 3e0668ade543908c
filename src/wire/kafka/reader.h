// Reads Kafka's primitive types from a request or response. Total: past the first fault every read gives zero or
// empty and ok() is false; nothing throws, nothing is read outside the input, and what arrays may allocate is bounded.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "base/uuid.h"

namespace mes::wire::kafka {

class reader {
 public:
  // Text and bytes that are read are views of `input`, which must outlive them.
  explicit reader(std::string_view input, std::size_t memory_max = std::size_t{32} << 20)
      : _at(input.data()), _end(input.data() + input.size()), _memory(memory_max) {}

  // Kafka takes no longer ones, also where their length could say so; the log has some.
  void limit_strings(std::int32_t size_max) { _string_max = size_max; }

  bool ok() const { return _ok; }
  std::size_t left() const { return static_cast<std::size_t>(_end - _at); }
  std::string_view rest() const { return {_at, left()}; }

  bool boolean() { return int8() != 0; }
  std::int8_t int8() { return static_cast<std::int8_t>(big_endian<std::uint8_t>()); }
  std::int16_t int16() { return static_cast<std::int16_t>(big_endian<std::uint16_t>()); }
  std::uint16_t uint16() { return big_endian<std::uint16_t>(); }
  std::int32_t int32() { return static_cast<std::int32_t>(big_endian<std::uint32_t>()); }
  std::int64_t int64() { return static_cast<std::int64_t>(big_endian<std::uint64_t>()); }
  double float64() { return std::bit_cast<double>(big_endian<std::uint64_t>()); }
  mes::uuid uuid() {
    mes::uuid id;
    const auto text = raw(16);
    if (text.size() == 16) std::memcpy(id.bytes.data(), text.data(), 16);
    return id;
  }
  std::uint32_t varuint() { return base128<std::uint32_t>(); }  // at most five bytes
  std::int32_t varint() {                                       // zigzag
    const std::uint32_t value = varuint();
    return static_cast<std::int32_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  std::int64_t varlong() {  // zigzag, at most ten bytes
    const auto value = base128<std::uint64_t>();
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  std::string_view raw(std::size_t size) {  // the next `size` bytes
    if (size > left()) {
      fail();
      return {};
    }
    const std::string_view view(_at, size);
    _at += size;
    return view;
  }

  std::string_view string(bool flexible) { return nullable_string(flexible, false).value_or(std::string_view{}); }
  std::optional<std::string_view> nullable_string(bool flexible, bool may_be_null = true);
  std::string_view bytes(bool flexible) { return nullable_bytes(flexible, false).value_or(std::string_view{}); }
  std::optional<std::string_view> nullable_bytes(bool flexible, bool may_be_null = true);

  // The number of elements that follow, -1 for null; each takes a byte at least, and `element_size` of memory.
  std::int32_t array(bool flexible, bool may_be_null, std::size_t element_size);

  // Calls `take(tag)` for each tagged field, with only that field's bytes to read; it returns whether it knew it.
  template <class Take>
  void tags(Take&& take) {
    const std::uint32_t count = varuint();
    for (std::uint32_t i = 0; i < count && _ok; ++i) {
      const std::uint32_t tag = varuint();
      const std::string_view field = raw(varuint());
      if (!_ok) return;
      const char* const after = _at;
      const char* const end = _end;
      _at = field.data();
      _end = field.data() + field.size();
      take(tag);
      _at = after;
      _end = end;
    }
  }

  void fail() {
    _ok = false;
    _at = _end;
  }

 private:
  template <class T>
  T big_endian() {
    T value = 0;
    if (left() < sizeof(T)) {
      fail();
      return value;
    }
    std::memcpy(&value, _at, sizeof(T));
    _at += sizeof(T);
    if constexpr (sizeof(T) > 1 && std::endian::native == std::endian::little) value = std::byteswap(value);
    return value;
  }
  // Inline, as records consist of such numbers and a batch of tens of thousands of records.
  template <class T>
  T base128() {
    constexpr int bits = std::numeric_limits<T>::digits, last_shift = (bits - 1) / 7 * 7;
    T value = 0;
    const char* at = _at;
    for (int shift = 0; at != _end && shift <= last_shift; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(*at++);
      if (shift == last_shift && byte >> (bits - last_shift) != 0) break;
      value |= static_cast<T>(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      _at = at;
      return value;
    }
    fail();
    return 0;
  }
  std::int32_t compact_size();
  std::optional<std::string_view> sized(std::int32_t size, bool may_be_null);

  const char* _at;
  const char* _end;
  std::size_t _memory;
  std::int32_t _string_max = std::numeric_limits<std::int32_t>::max();
  bool _ok = true;
};

}  // namespace mes::wire::kafka
