// Reads HTTP/1.1 messages off a stream of bytes, piece by piece. Narrow front of Beast's parser, whose headers are slow
// to compile; stricter than it where leniency would let two readers see two messages (request smuggling).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/http.h"

namespace mes::runtime {

struct http_parse_failure {
  int status = 400;  // what a server answers: 400, 413, 431, 501, 505
  std::string detail;
};

struct http_limits {
  std::size_t header_bytes_max = 32 << 10;  // start line and fields together
  std::size_t body_bytes_max = 1 << 20;
};

class http_request_parser {
 public:
  explicit http_request_parser(http_limits limits);
  ~http_request_parser();

  // Takes what it can of `bytes` and returns how much; the caller gives the rest again with more behind it.
  // Never reads past the end of one message.
  std::size_t feed(std::string_view bytes);
  bool header_done() const;
  bool done() const;
  const std::optional<http_parse_failure>& failure() const;

  // Once the header is done:
  const http_request& message() const;
  bool keep_alive() const;  // RFC 9112, section 9.3
  bool is_http11() const;

  http_request take();  // once done(); then the parser is ready for the next message

 private:
  struct state;
  std::unique_ptr<state> _state;
};

class http_response_parser {
 public:
  // `no_body`: the answer to HEAD, whose Content-Length announces nothing.
  http_response_parser(http_limits limits, bool no_body);
  ~http_response_parser();

  std::size_t feed(std::string_view bytes);
  void end_of_stream();  // the peer closed: completes a body without a length, fails any other
  bool header_done() const;
  bool done() const;
  const std::optional<http_parse_failure>& failure() const;
  const http_response& message() const;
  bool keep_alive() const;
  // Body bytes that came since the last call, for passing a body on before it is complete.
  std::string take_body();
  // Once done(). After an interim answer (1xx) the parser is ready for the next one.
  http_response take();

 private:
  struct state;
  std::unique_ptr<state> _state;
};

}  // namespace mes::runtime
