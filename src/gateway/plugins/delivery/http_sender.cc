#include "gateway/plugins/delivery/http_sender.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "gateway/http/chunk_decoder.h"
#include "gateway/http/head.h"
#include "runtime/http_url.h"

namespace mes::gateway {
namespace {

constexpr std::size_t answer_max = 256 << 10, shown_max = 64 << 10;

}  // namespace

result<http_url> http_url::parse(std::string_view text) {
  http_url out;
  auto wrong = [&] { return fail(error_code::invalid_argument, fmt::format("'{}' is no http or https URL", text)); };
  std::string_view rest = text;
  if (rest.starts_with("https://"))
    out.tls = true;
  else if (!rest.starts_with("http://"))
    return wrong();
  rest.remove_prefix(out.tls ? 8 : 7);
  out.port = out.tls ? 443 : 80;
  std::size_t slash = rest.find_first_of("/?");
  if (slash != std::string_view::npos) {
    out.path = rest.substr(slash);
    if (out.path.starts_with('?')) out.path.insert(0, "/");
    rest = rest.substr(0, slash);
  }
  if (std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    out.user = rest.substr(0, at);
    rest.remove_prefix(at + 1);
  }
  std::size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos) {
    auto [end, failure] = std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), out.port);
    if (failure != std::errc{} || end != rest.data() + rest.size()) return wrong();
    rest = rest.substr(0, colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  out.host = rest;
  return out.host.empty() ? wrong() : result<http_url>(std::move(out));
}

std::string check_http_url(std::string_view text) {
  auto url = http_url::parse(text);
  return url ? "" : url.error().message;
}

http_sender::options timeouts_of(const record& config) {
  const auto ms = [&](std::string_view name) { return std::chrono::milliseconds(config.integer(name)); };
  return {
      .connect_timeout = ms("connect_timeout"), .send_timeout = ms("send_timeout"), .read_timeout = ms("read_timeout")};
}

http_sender::http_sender(http_url url, options o)
    : _url(std::move(url)),
      _target{.host = _url.host, .port = _url.port, .tls = _url.tls, .verify = o.verify, .server_name = {}},
      _options(o) {}

result<http_answer> http_sender::send(std::string_view method, const fields& headers, std::string_view body,
                                      const wait_end& end) {
  const runtime::http_url where{.tls = _url.tls, .host = _url.host, .port = _url.port};
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", method, _url.path, where.host_field());
  for (const auto& [name, value] : headers) head += fmt::format("{}: {}\r\n", name, value);
  head += fmt::format("Content-Length: {}\r\n\r\n", body.size());
  bool idle_too_long = std::chrono::steady_clock::now() - _used > _options.keep_alive;
  if (_stream && (idle_too_long || !_stream->looks_alive())) _stream.reset();
  if (!_stream) {
    auto opened = blocking_stream::open(_target, {_options.connect_timeout, end});
    if (!opened) return fail(opened.error());
    _stream = std::move(*opened);
  }
  auto answer = exchange(head, body, end);
  if (!answer) _stream.reset();
  _used = std::chrono::steady_clock::now();
  return answer;
}

result<http_answer> http_sender::exchange(const std::string& head, std::string_view body, const wait_end& end) {
  std::string whole = head;
  whole += body;
  if (auto written = _stream->write_long(whole, _options.send_timeout, end); !written) return fail(written.error());
  return read_answer({_options.read_timeout, end});
}

result<http_answer> http_sender::read_answer(const deadline& until) {
  std::string text;
  std::array<char, 16 << 10> block;
  bool ended = false;
  auto more = [&]() -> result<void> {
    auto got = _stream->read(block.data(), block.size(), until);
    if (!got) return fail(got.error());
    ended = *got == 0;
    text.append(block.data(), *got);
    if (text.size() > answer_max) return fail(error_code::too_large, "the answer is too large");
    return {};
  };
  std::size_t scanned = 0;
  response_head head;
  while (true) {
    head_state found = find_head_end(text, scanned, line_ends::crlf_or_lf);
    if (found == head_state::bad) return fail(error_code::unavailable, "the answer is no HTTP");
    if (found == head_state::incomplete) {
      if (auto read = more(); !read) return fail(read.error());
      if (ended) return fail(error_code::unavailable, "the connection was closed before the answer");
      continue;
    }
    if (!parse_response_head(std::string_view(text).substr(0, scanned), false, head))
      return fail(error_code::unavailable, "the answer is no HTTP");
    if (head.status >= 200) break;
    text.erase(0, scanned);
    scanned = 0;
  }
  http_answer out{.status = head.status, .body = {}};
  bool keep = head.keep_alive && head.body != body_kind::until_close;
  std::uint64_t length = head.content_length;
  body_kind kind = head.body;
  text.erase(0, scanned);  // the head's views are gone with it
  chunk_decoder chunks(chunk_decoder::source::answer);
  while (kind == body_kind::chunked) {
    std::string_view rest = text, piece;
    chunk_decoder::status status;
    while ((status = chunks.next(rest, piece)) == chunk_decoder::status::data) out.body.append(piece);
    if (status == chunk_decoder::status::bad) return fail(error_code::unavailable, "the answer is no HTTP");
    if (status == chunk_decoder::status::done) break;
    text.assign(rest);
    if (auto read = more(); !read) return fail(read.error());
    if (ended || out.body.size() > answer_max) return fail(error_code::unavailable, "the answer was cut off");
  }
  while ((kind == body_kind::length && text.size() < length) || (kind == body_kind::until_close && !ended)) {
    if (auto read = more(); !read) return fail(read.error());
    if (ended && kind == body_kind::length) return fail(error_code::unavailable, "the answer was cut off");
  }
  if (kind == body_kind::length || kind == body_kind::until_close) out.body = std::move(text);
  if (out.body.size() > shown_max) out.body.resize(shown_max);
  if (!keep) _stream.reset();
  return out;
}

}  // namespace mes::gateway
