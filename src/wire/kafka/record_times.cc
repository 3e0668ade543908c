#include "wire/kafka/record_times.h"

#include <algorithm>
#include <cstddef>

#include "wire/kafka/compression.h"

namespace mes::wire::kafka {
namespace {

// Walks over records that come in pieces, cut anywhere.
class walk {
 public:
  explicit walk(const batch_header& header) : _header(header) {}

  bool has_seen_heads() const { return _heads == _header.count; }
  bool is_over() const { return has_seen_heads() && _at == field::size && _to_pass == 0 && !_broken; }
  std::int64_t newest_ms() const { return _newest_ms; }

  // False: these are not the records that the header tells of.
  bool go_on(std::string_view piece) {
    while (true) {
      const std::size_t passed = std::min(_to_pass, piece.size());
      piece.remove_prefix(passed);
      _to_pass -= passed;
      if (piece.empty()) return true;
      const auto byte = static_cast<std::uint8_t>(piece.front());
      piece.remove_prefix(1);
      _broken = is_over() || !take(byte);
      if (_broken) return false;
    }
  }

 private:
  // Of a record, in their order; key and value come behind their sizes.
  enum class field : std::uint8_t {
    size,
    attributes,
    timestamp_delta,
    offset_delta,
    key_size,
    value_size,
    headers,
    header_key_size,
    header_value_size
  };

  bool take(std::uint8_t byte) {
    if (_at != field::size && --_record_left < 0) return false;
    if (_at == field::attributes) return next(field::timestamp_delta);
    const int bits = _at == field::timestamp_delta ? 64 : 32;
    if (_shift >= bits) return false;
    _number |= static_cast<std::uint64_t>(byte & 0x7f) << _shift;
    _shift += 7;
    if (byte >= 0x80) return true;
    const std::uint64_t number = (_number >> 1) ^ (~(_number & 1) + 1);  // zigzag
    const auto small = static_cast<std::int32_t>(number);
    switch (_at) {
      case field::size:
        _record_left = small;
        return next(field::attributes);
      case field::attributes:  // a byte, above
        return false;
      case field::timestamp_delta:  // unsigned, since a foreign batch may make it overflow
        _newest_ms = std::max(
            _newest_ms, static_cast<std::int64_t>(static_cast<std::uint64_t>(_header.base_timestamp_ms) + number));
        return next(field::offset_delta);
      case field::offset_delta:
        return small == _heads++ && next(field::key_size);
      case field::key_size:
        return small >= -1 && pass(small) && next(field::value_size);
      case field::value_size:
        return small >= -1 && pass(small) && next(field::headers);
      case field::headers:
        _headers_left = small;
        return small >= 0 && small <= _record_left && next_header();
      case field::header_key_size:
        return small >= 0 && pass(small) && next(field::header_value_size);
      case field::header_value_size:
        --_headers_left;
        return small >= -1 && pass(small) && next_header();
    }
    return false;
  }
  bool pass(std::int32_t size) {
    const std::int32_t bytes = std::max(size, 0);  // -1: null
    _to_pass = static_cast<std::size_t>(bytes);
    _record_left -= bytes;
    return _record_left >= 0;
  }
  bool next_header() {
    if (_headers_left > 0) return next(field::header_key_size);
    return _record_left == 0 && next(field::size);
  }
  bool next(field f) {
    _at = f;
    _number = 0;
    _shift = 0;
    return true;
  }

  const batch_header& _header;
  std::int32_t _heads = 0;  // of records: their times and offsets
  std::int64_t _newest_ms = -1;
  bool _broken = false;
  field _at = field::size;
  std::uint64_t _number = 0;       // as far as it has come
  int _shift = 0;                  // its bits
  std::int64_t _record_left = 0;   // bytes, less those to pass
  std::int32_t _headers_left = 0;  // of the record
  std::size_t _to_pass = 0;        // bytes
};

}  // namespace

std::expected<std::int64_t, batch_fault> largest_timestamp(const batch_header& header, std::string_view batch,
                                                           std::size_t bytes_max) {
  walk records(header);
  const auto body = batch.substr(batch_header::size, header.batch_size - batch_header::size);
  const auto done = decompress_in_pieces(header.codec(), body, bytes_max,
                                         [&](std::string_view piece) { return records.go_on(piece); });
  if (!done && records.has_seen_heads()) return records.newest_ms();
  if (!done)
    return std::unexpected(done.error() == unpack_fault::too_large ? batch_fault::too_large : batch_fault::bad_packing);
  if (!records.is_over()) return std::unexpected(batch_fault::bad_record);
  return records.newest_ms();
}

}  // namespace mes::wire::kafka
