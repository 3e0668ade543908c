#include "gateway/http/chunk_decoder.h"

#include <algorithm>

#include "base/hex.h"
#include "gateway/http/head.h"

namespace mes::gateway {
namespace {

// Of a chunk's line beside its size, and of all trailers.
constexpr std::uint32_t line_max = 8192;
// Of all lines so much, and more by the data that came. Services pad the sizes of the smallest chunks too; a client
// that sends more extensions than data means no good.
constexpr std::uint64_t overhead_allowed = 8192, overhead_by_data_of_request = 1, overhead_by_data_of_answer = 16;
constexpr int size_digits_max = 15;

bool is_text(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); }

}  // namespace

chunk_decoder::state chunk_decoder::after_size_digit(char c) {
  if (int digit = hex_value(c); digit >= 0) {
    if (++_digits > size_digits_max) return state::bad;
    _left = _left << 4 | static_cast<std::uint64_t>(digit);
    return state::size;
  }
  return _digits == 0 ? state::bad : after_size(c);
}

chunk_decoder::state chunk_decoder::after_size(char c) {
  if (c == '\r') return state::size_lf;
  if (is_bare_lf(c)) return end_of_size();
  if (c == ';') return state::extension;
  const bool blank = _source == source::answer && (c == ' ' || c == '\t');
  return blank && bears_overhead() ? state::size_blank : state::bad;
}

bool chunk_decoder::bears_overhead() {
  const bool answer = _source == source::answer;
  const std::uint64_t by_data = _data * (answer ? overhead_by_data_of_answer : overhead_by_data_of_request);
  return ++_line_length <= line_max && ++_overhead <= overhead_allowed + by_data;
}

chunk_decoder::state chunk_decoder::in_trailer(char c) {
  if (_trailers.size() >= line_max) return state::bad;
  if (c == '\r') return _line_length == 0 || _name_seen ? state::trailer_lf : state::bad;
  if (is_bare_lf(c)) return _line_length == 0 || _name_seen ? end_of_trailer() : state::bad;
  if (!_name_seen) {
    if (c == ':' && _line_length > 0)
      _name_seen = true;
    else if (!is_token(std::string_view(&c, 1)))
      return state::bad;
  } else if (!is_text(c)) {
    return state::bad;
  }
  ++_line_length;
  _trailers += c;
  return state::trailer;
}

chunk_decoder::state chunk_decoder::end_of_size() {
  _digits = 0;
  _line_length = 0;
  return _left > 0 ? state::data : state::trailer;
}

chunk_decoder::state chunk_decoder::end_of_trailer() {
  if (_line_length == 0) return state::done;
  _line_length = 0;
  _name_seen = false;
  _trailers += "\r\n";
  return state::trailer;
}

chunk_decoder::state chunk_decoder::step(char c) {
  switch (_state) {
    case state::size:
      return after_size_digit(c);
    case state::size_blank:
      return after_size(c);
    case state::extension:
      if (c == '\r') return state::size_lf;
      if (is_bare_lf(c)) return end_of_size();
      return is_text(c) && bears_overhead() ? state::extension : state::bad;
    case state::size_lf:
      return c == '\n' ? end_of_size() : state::bad;
    case state::data_cr:
      if (is_bare_lf(c)) return state::size;
      return c == '\r' ? state::data_lf : state::bad;
    case state::data_lf:
      return c == '\n' ? state::size : state::bad;
    case state::trailer:
      return in_trailer(c);
    case state::trailer_lf:
      return c == '\n' ? end_of_trailer() : state::bad;
    default:
      return state::bad;
  }
}

chunk_decoder::status chunk_decoder::next(std::string_view& in, std::string_view& piece) {
  while (true) {
    if (_state == state::done) return status::done;
    if (_state == state::bad) return status::bad;
    if (in.empty()) return status::more;
    if (_state == state::data) {
      piece = in.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(_left, in.size())));
      in.remove_prefix(piece.size());
      _left -= piece.size();
      if (_left == 0) _state = state::data_cr;
      _data += piece.size();
      return status::data;
    }
    _state = step(in.front());
    in.remove_prefix(1);
  }
}

}  // namespace mes::gateway
