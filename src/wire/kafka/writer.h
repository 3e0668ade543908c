// Writes Kafka's primitive types. Record data that lies elsewhere (in a log segment) is not copied: the writer notes
// where it belongs, and the transport puts it there.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/uuid.h"

namespace mes::wire::kafka {

// Bytes outside the message: `size` of them at `position` of `source`, whatever that is to the transport.
struct external_bytes {
  std::shared_ptr<const void> source;
  std::uint64_t position = 0;
  std::size_t size = 0;
};

// The records of a partition: held here, or external; not both.
struct record_bytes {
  std::string held;
  std::vector<external_bytes> external;

  std::size_t size() const {
    std::size_t sum = held.size();
    for (const external_bytes& part : external) sum += part.size;
    return sum;
  }
  void assign(std::optional<std::string_view> bytes) { held = bytes.value_or(std::string_view{}); }
};

class writer {
 public:
  // `external` belongs before byte `at` of the buffer.
  struct splice {
    std::size_t at;
    external_bytes bytes;
  };

  std::string& buffer() { return _buffer; }
  std::vector<splice>& splices() { return _splices; }
  std::size_t size() const { return _buffer.size() + _external; }

  void boolean(bool value) { int8(value ? 1 : 0); }
  void int8(std::int8_t value) { _buffer.push_back(static_cast<char>(value)); }
  void int16(std::int16_t value) { big_endian(static_cast<std::uint16_t>(value)); }
  void uint16(std::uint16_t value) { big_endian(value); }
  void int32(std::int32_t value) { big_endian(static_cast<std::uint32_t>(value)); }
  void int64(std::int64_t value) { big_endian(static_cast<std::uint64_t>(value)); }
  void float64(double value) { big_endian(std::bit_cast<std::uint64_t>(value)); }
  void uuid(const mes::uuid& id) { raw({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}); }
  void raw(std::string_view bytes) { _buffer.append(bytes); }
  void varuint(std::uint32_t value);
  void varint(std::int32_t value) {
    varuint((static_cast<std::uint32_t>(value) << 1) ^ static_cast<std::uint32_t>(value >> 31));
  }
  void varlong(std::int64_t value);  // zigzag

  void string(bool flexible, std::string_view text);
  void bytes(bool flexible, std::string_view data);
  template <class Text>
  void nullable_string(bool flexible, const std::optional<Text>& text) {
    if (text)
      string(flexible, *text);
    else if (flexible)
      varuint(0);
    else
      int16(-1);
  }
  template <class Text>
  void nullable_bytes(bool flexible, const std::optional<Text>& data) {
    if (data)
      bytes(flexible, *data);
    else
      array(flexible, -1);
  }
  void records(bool flexible, const record_bytes& data);
  void array(bool flexible, std::int64_t count);  // -1: null

 private:
  template <class T>
  void big_endian(T value) {
    if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    _buffer.append(bytes, sizeof(T));
  }

  std::string _buffer;
  std::vector<splice> _splices;
  std::size_t _external = 0;
};

// The tagged fields of one structure, in the order of their tags.
class tag_list {
 public:
  template <class Write>
  void add(std::uint32_t tag, Write&& write) {
    writer field;
    write(field);
    _fields.emplace_back(tag, std::move(field.buffer()));
  }
  void write_to(writer& out) const;

 private:
  std::vector<std::pair<std::uint32_t, std::string>> _fields;
};

}  // namespace mes::wire::kafka
