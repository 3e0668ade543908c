#include "wire/kafka/reader.h"

namespace mes::wire::kafka {

std::uint32_t reader::varuint() {
  std::uint32_t value = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const auto byte = big_endian<std::uint8_t>();
    if (shift == 28 && byte > 0x0f) break;
    value |= static_cast<std::uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  fail();
  return 0;
}

std::int32_t reader::varint() {
  const std::uint32_t raw_value = varuint();
  return static_cast<std::int32_t>((raw_value >> 1) ^ (~(raw_value & 1) + 1));
}

std::int64_t reader::varlong() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    const auto byte = big_endian<std::uint8_t>();
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  fail();
  return 0;
}

std::string_view reader::raw(std::size_t size) {
  if (size > left()) {
    fail();
    return {};
  }
  const std::string_view view(_at, size);
  _at += size;
  return view;
}

// Of a flexible version: one more than the size, so that 0 is null. As in Kafka every size below 0 is.
std::int32_t reader::compact_size() { return static_cast<std::int32_t>(varuint() - 1); }

std::optional<std::string_view> reader::sized(std::int32_t size, bool may_be_null) {
  if (size >= 0) return raw(static_cast<std::size_t>(size));
  if (!may_be_null) fail();
  return std::nullopt;
}

std::optional<std::string_view> reader::nullable_string(bool flexible, bool may_be_null) {
  return sized(flexible ? compact_size() : int16(), may_be_null);
}

std::optional<std::string_view> reader::nullable_bytes(bool flexible, bool may_be_null) {
  return sized(flexible ? compact_size() : int32(), may_be_null);
}

std::int32_t reader::array(bool flexible, bool may_be_null, std::size_t element_size) {
  const std::int32_t count = flexible ? compact_size() : int32();
  if (!_ok) return may_be_null ? -1 : 0;
  if (count < 0) {
    if (!may_be_null) fail();
    return may_be_null ? -1 : 0;
  }
  const auto size = static_cast<std::size_t>(count);
  if (size > left() || size > _memory / element_size) {
    fail();
    return 0;
  }
  _memory -= size * element_size;
  return count;
}

}  // namespace mes::wire::kafka
