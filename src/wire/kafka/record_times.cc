#include "wire/kafka/record_times.h"

#include <algorithm>
#include <cstddef>

#include "wire/kafka/compression.h"

namespace mes::wire::kafka {
namespace {

// Walks over records that come in pieces, cut anywhere.
class walk {
 public:
  explicit walk(const batch_header& header) : _header(header), _left(header.count) {}

  bool is_over() const { return _left <= 0; }
  std::int64_t newest_ms() const { return _newest_ms; }

  // False: no more is wanted, since it is over or these are no records.
  bool go_on(std::string_view piece) {
    while (!is_over()) {
      const std::size_t passed = std::min(_to_pass, piece.size());
      piece.remove_prefix(passed);
      _to_pass -= passed;
      if (piece.empty()) return true;
      const auto byte = static_cast<std::uint8_t>(piece.front());
      piece.remove_prefix(1);
      if (!take(byte)) return false;
    }
    return false;
  }

 private:
  // Of a record's head, in their order; what follows is key, value and headers.
  enum class field : std::uint8_t { size, attributes, timestamp_delta, offset_delta };

  bool take(std::uint8_t byte) {
    if (_at != field::size && --_record_left < 0) return false;
    if (_at == field::attributes) return next(field::timestamp_delta);
    const int bits = _at == field::timestamp_delta ? 64 : 32;
    if (_shift >= bits) return false;
    _number |= static_cast<std::uint64_t>(byte & 0x7f) << _shift;
    _shift += 7;
    if (byte >= 0x80) return true;
    const std::uint64_t value = (_number >> 1) ^ (~(_number & 1) + 1);  // zigzag
    switch (_at) {
      case field::size:
        _record_left = static_cast<std::int32_t>(value);
        return next(field::attributes);
      case field::timestamp_delta:  // unsigned, since a foreign batch may make it overflow
        _newest_ms = std::max(_newest_ms,
                              static_cast<std::int64_t>(static_cast<std::uint64_t>(_header.base_timestamp_ms) + value));
        return next(field::offset_delta);
      default:
        --_left;
        _to_pass = static_cast<std::size_t>(_record_left);
        return next(field::size);
    }
  }
  bool next(field f) {
    _at = f;
    _number = 0;
    _shift = 0;
    return true;
  }

  const batch_header& _header;
  std::int32_t _left;  // records
  std::int64_t _newest_ms = -1;
  field _at = field::size;
  std::uint64_t _number = 0;      // as far as it has come
  int _shift = 0;                 // its bits
  std::int64_t _record_left = 0;  // bytes
  std::size_t _to_pass = 0;       // bytes
};

}  // namespace

std::expected<std::int64_t, batch_fault> largest_timestamp(const batch_header& header, std::string_view batch,
                                                           std::size_t bytes_max) {
  walk records(header);
  const auto body = batch.substr(batch_header::size, header.batch_size - batch_header::size);
  const auto done = decompress_in_pieces(header.codec(), body, bytes_max,
                                         [&](std::string_view piece) { return records.go_on(piece); });
  if (!done && done.error() == unpack_fault::too_large) return std::unexpected(batch_fault::too_large);
  if (!done || !records.is_over()) return std::unexpected(batch_fault::bad_record);
  return records.newest_ms();
}

}  // namespace mes::wire::kafka
