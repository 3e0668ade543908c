#include "wire/kafka/reader.h"

namespace mes::wire::kafka {

// Of a flexible version: one more than the size, so that 0 is null. As in Kafka every size below 0 is.
std::int32_t reader::compact_size() { return static_cast<std::int32_t>(varuint() - 1); }

std::optional<std::string_view> reader::sized(std::int32_t size, bool may_be_null) {
  if (size >= 0) return raw(static_cast<std::size_t>(size));
  if (!may_be_null) fail();
  return std::nullopt;
}

std::optional<std::string_view> reader::nullable_string(bool flexible, bool may_be_null) {
  const std::int32_t size = flexible ? compact_size() : int16();
  if (size > _string_max) fail();
  return sized(size, may_be_null);
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
