#include "runtime/http_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

namespace mes::runtime {
namespace {

namespace beast = boost::beast;
using beast::string_view;
using beast::http::field;
using boost::system::error_code;

std::string_view view(string_view s) { return {s.data(), s.size()}; }

// Beast's callbacks, put into our plain message. Trailer fields are dropped (RFC 9110, section 6.5.1).
template <bool is_request, class message_type>
class reader final : public beast::http::basic_parser<is_request> {
 public:
  message_type message;
  bool http11 = false;
  bool header_complete = false;
  int hosts = 0;
  bool has_transfer_encoding = false;

 private:
  using size_hint = boost::optional<std::uint64_t>;

  void on_request_impl(beast::http::verb, string_view method, string_view target, int version, error_code&) override {
    if constexpr (is_request) {
      message.method = view(method);
      message.target = view(target);
      http11 = version == 11;
    }
  }
  void on_response_impl(int code, string_view, int version, error_code&) override {
    if constexpr (!is_request) {
      message.status = code;
      http11 = version == 11;
    }
  }
  void on_field_impl(field f, string_view name, string_view value, error_code&) override {
    if (header_complete) return;
    if (f == field::host) ++hosts;
    if (f == field::transfer_encoding) has_transfer_encoding = true;
    message.headers.add(view(name), view(value));
  }
  void on_header_impl(error_code&) override { header_complete = true; }
  void on_body_init_impl(const size_hint& length, error_code&) override {
    constexpr std::uint64_t trusted_bytes = 64 << 10;  // what a mere announcement may make us allocate
    if (length) message.body.reserve(std::min(*length, trusted_bytes));
  }
  std::size_t on_body_impl(string_view body, error_code&) override {
    message.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    message.body.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(error_code&) override {}
};

// Beast says bad_version for a line that does not end in CRLF, too.
bool names_other_version(std::string_view bytes) {
  std::string_view line = bytes.substr(0, bytes.find('\n'));
  return line.ends_with('\r') && line.find(" HTTP/") != std::string_view::npos;
}

http_parse_failure failure_of(const error_code& ec, std::string_view bytes = {}) {
  using beast::http::error;
  if (ec == error::header_limit) return {431, "The header is larger than this server takes."};
  if (ec == error::body_limit) return {413, "The body is larger than this server takes."};
  if (ec == error::bad_version && names_other_version(bytes))
    return {505, "Only HTTP/1.0 and HTTP/1.1 are spoken here."};
  return {400, "The message is malformed: " + ec.message() + "."};
}

// What both directions share: limits over the whole header, and Beast's errors as ours.
template <bool is_request, class message_type>
struct parser_state {
  using reader_type = reader<is_request, message_type>;

  http_limits limits;
  std::optional<reader_type> current{std::in_place};
  std::optional<http_parse_failure> failed;
  std::size_t header_bytes = 0;

  explicit parser_state(http_limits l) : limits(l) { prepare(); }

  void prepare() {
    current->eager(true);
    current->header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    current->body_limit(limits.body_bytes_max);
  }

  void reset() {
    current.emplace();
    header_bytes = 0;
    prepare();
  }

  std::size_t feed(std::string_view bytes) {
    if (failed || current->is_done()) return 0;
    std::size_t used = 0;
    if constexpr (is_request) {
      // RFC 9112, section 2.2: empty lines before a request line are ignored.
      while (!current->got_some() && bytes.substr(used, 2) == "\r\n") used += 2;
      if (used == bytes.size()) return used;
    }
    bool in_header = !current->is_header_done();
    error_code ec;
    std::size_t taken = current->put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), ec);
    used += taken;
    if (in_header) header_bytes += taken;
    if (ec && ec != beast::http::error::need_more) {
      failed = failure_of(ec, bytes);
    } else if (!current->is_header_done() && header_bytes + (bytes.size() - used) > limits.header_bytes_max) {
      failed = failure_of(beast::http::error::header_limit);
    } else if (!current->is_done() && bytes.size() - used > limits.header_bytes_max) {
      failed = http_parse_failure{400, "A chunk's header or the trailer is larger than this server takes."};
    } else if (in_header && current->is_header_done()) {
      check_header();
    }
    return used;
  }

  void check_header() {
    if (current->has_transfer_encoding && !current->chunked())
      failed = http_parse_failure{501, "Of the transfer encodings only chunked is known here."};
    else if (current->has_transfer_encoding && !current->http11)
      failed = http_parse_failure{400, "HTTP/1.0 has no Transfer-Encoding."};
    else if (is_request && (current->hosts > 1 || (current->hosts == 0 && current->http11)))
      failed = http_parse_failure{400, "Exactly one Host field is needed."};
  }

  message_type take() {
    message_type message = std::move(current->message);
    reset();
    return message;
  }
};

// Origin form as it is; absolute form (to a proxy) without its scheme and authority.
void split_target(http_request& request) {
  std::string_view target = request.target;
  if (std::size_t scheme = target.find("://"); !target.starts_with('/') && scheme != std::string_view::npos) {
    std::size_t path = target.find_first_of("/?", scheme + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  std::size_t question = target.find('?');
  request.path = percent_decode(target.substr(0, question));
  if (question != std::string_view::npos) request.query = parse_query(target.substr(question + 1));
}

}  // namespace

std::string_view reason_phrase(int status) {
  auto known = beast::http::int_to_status(static_cast<unsigned>(status));
  return known == beast::http::status::unknown ? std::string_view() : view(beast::http::obsolete_reason(known));
}

struct http_request_parser::state : parser_state<true, http_request> {
  using parser_state::parser_state;
};

http_request_parser::http_request_parser(http_limits limits) : _state(std::make_unique<state>(limits)) {}
http_request_parser::~http_request_parser() = default;
std::size_t http_request_parser::feed(std::string_view bytes) { return _state->feed(bytes); }
bool http_request_parser::header_done() const { return _state->current->is_header_done(); }
bool http_request_parser::done() const { return !_state->failed && _state->current->is_done(); }
const std::optional<http_parse_failure>& http_request_parser::failure() const { return _state->failed; }
const http_request& http_request_parser::message() const { return _state->current->message; }
bool http_request_parser::keep_alive() const { return _state->current->keep_alive(); }
bool http_request_parser::is_http11() const { return _state->current->http11; }

http_request http_request_parser::take() {
  http_request request = _state->take();
  split_target(request);
  return request;
}

struct http_response_parser::state : parser_state<false, http_response> {
  bool no_body;

  state(http_limits l, bool skip_body) : parser_state(l), no_body(skip_body) { current->skip(no_body); }
};

http_response_parser::http_response_parser(http_limits limits, bool no_body)
    : _state(std::make_unique<state>(limits, no_body)) {}
http_response_parser::~http_response_parser() = default;
std::size_t http_response_parser::feed(std::string_view bytes) { return _state->feed(bytes); }

void http_response_parser::end_of_stream() {
  if (_state->failed || done()) return;
  error_code ec = beast::http::error::partial_message;
  if (_state->current->got_some()) _state->current->put_eof(ec);
  if (ec) _state->failed = failure_of(ec);
}

bool http_response_parser::header_done() const { return _state->current->is_header_done(); }
bool http_response_parser::done() const { return !_state->failed && _state->current->is_done(); }
const std::optional<http_parse_failure>& http_response_parser::failure() const { return _state->failed; }
const http_response& http_response_parser::message() const { return _state->current->message; }
bool http_response_parser::keep_alive() const { return _state->current->keep_alive(); }
std::string http_response_parser::take_body() { return std::exchange(_state->current->message.body, {}); }

http_response http_response_parser::take() {
  if (_state->current->message.status / 100 != 1) return std::move(_state->current->message);
  http_response interim = _state->take();
  _state->current->skip(_state->no_body);
  return interim;
}

}  // namespace mes::runtime
