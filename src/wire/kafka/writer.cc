#include "wire/kafka/writer.h"

namespace mes::wire::kafka {

void writer::varuint(std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) _buffer.push_back(static_cast<char>(value | 0x80));
  _buffer.push_back(static_cast<char>(value));
}

void writer::varlong(std::int64_t value) {
  auto zigzag = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  for (; zigzag >= 0x80; zigzag >>= 7) _buffer.push_back(static_cast<char>(zigzag | 0x80));
  _buffer.push_back(static_cast<char>(zigzag));
}

void writer::string(bool flexible, std::string_view text) {
  // A classic string's length has 16 bits; what would not fit (a long error text) is cut.
  if (flexible)
    varuint(static_cast<std::uint32_t>(text.size() + 1));
  else
    int16(static_cast<std::int16_t>((text = text.substr(0, INT16_MAX)).size()));
  raw(text);
}

void writer::bytes(bool flexible, std::string_view data) {
  array(flexible, static_cast<std::int64_t>(data.size()));
  raw(data);
}

void writer::records(bool flexible, const record_bytes& data) {
  array(flexible, static_cast<std::int64_t>(data.size()));
  raw(data.held);
  for (const external_bytes& part : data.external) {
    _splices.push_back({_buffer.size(), part});
    _external += part.size;
  }
}

void writer::array(bool flexible, std::int64_t count) {
  if (flexible)
    varuint(static_cast<std::uint32_t>(count + 1));
  else
    int32(static_cast<std::int32_t>(count));
}

void tag_list::write_to(writer& out) const {
  out.varuint(static_cast<std::uint32_t>(_fields.size()));
  for (const auto& [tag, bytes] : _fields) {
    out.varuint(tag);
    out.varuint(static_cast<std::uint32_t>(bytes.size()));
    out.raw(bytes);
  }
}

}  // namespace mes::wire::kafka
