// The chunked transfer coding (RFC 9112, section 7.1), taken off as bytes come. Extensions are checked and dropped;
// trailers are checked and kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mes::gateway {

class chunk_decoder {
 public:
  // Of an answer, as nginx: lines may end in LF alone, and there may be blanks behind a chunk's size.
  enum class source : std::uint8_t { request, answer };
  chunk_decoder() = default;
  explicit chunk_decoder(source from) : _source(from) {}

  enum class status : std::uint8_t { more, data, done, bad };

  // Consumes the front of `in`. `data`: `piece` is a part of the body (a view into `in`); call again. `more`: `in` is
  // used up. `done`: what is left of `in` belongs to the next message.
  status next(std::string_view& in, std::string_view& piece);

  // The trailer lines, each with its CRLF, once it is done. Bounded.
  const std::string& trailers() const { return _trailers; }

 private:
  enum class state : std::uint8_t {
    size,
    size_blank,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,
    trailer_lf,
    done,
    bad
  };

  state step(char c);
  state after_size_digit(char c);
  state after_size(char c);
  state in_trailer(char c);
  state end_of_size();
  state end_of_trailer();
  bool bears_overhead();
  bool is_bare_lf(char c) const { return _source == source::answer && c == '\n'; }

  source _source = source::request;
  state _state = state::size;
  std::uint64_t _left = 0;         // bytes of this chunk still to come
  int _digits = 0;                 // of the size
  std::uint64_t _data = 0;         // bytes of all chunks, and
  std::uint64_t _overhead = 0;     // what stood behind their sizes
  std::uint32_t _line_length = 0;  // of the trailer line, or of what stands behind this size
  bool _name_seen = false;         // the trailer line has its colon
  std::string _trailers;
};

}  // namespace mes::gateway
