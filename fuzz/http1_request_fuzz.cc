// HTTP/1.1 heads and chunked bodies: whatever comes, no crash, and what is taken means one thing only.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/http/chunk_decoder.h"
#include "gateway/http/head.h"
#include "gateway/router/path.h"

namespace {

using namespace mes::gateway;

void check(bool fine) {
  if (!fine) std::abort();
}

void fuzz_request(std::string_view data) {
  std::size_t scanned = 0;
  if (find_head_end(data, scanned) != head_state::complete) return;
  auto request = std::make_unique<request_head>();
  if (parse_request_head(data.substr(0, scanned), *request) != 0) return;
  check(is_token(request->method) && !request->target.empty());
  check(!(request->headers.find(field_id::content_length) && request->headers.find(field_id::transfer_encoding)));
  for (const header_view& h : request->headers) {
    check(is_token(h.name));
    check(h.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
  std::string normal = normalize_path(request->target.substr(0, request->target.find('?')), true);
  check(normalize_path(escape_path(normal), true).find("/../") == std::string::npos);
}

void fuzz_response(std::string_view data) {
  std::size_t scanned = 0;
  if (find_head_end(data, scanned, line_ends::crlf_or_lf) != head_state::complete) return;
  auto response = std::make_unique<response_head>();
  if (!parse_response_head(data.substr(0, scanned), false, *response)) return;
  check(response->status >= 100 && response->status <= 999);
  check(response->body != body_kind::chunked || !response->headers.find(field_id::content_length));
  for (const header_view& h : response->headers) {
    check(is_token(h.name));
    check(h.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
}

// A body decodes to the same bytes whether it comes at once or byte by byte.
std::string decode(std::string_view data, std::size_t step, chunk_decoder::source from, chunk_decoder::status& last) {
  chunk_decoder decoder(from);
  std::string body;
  for (std::size_t at = 0; at < data.size(); at += step) {
    std::string_view in = data.substr(at, step), piece;
    while ((last = decoder.next(in, piece)) == chunk_decoder::status::data) body += piece;
    if (last != chunk_decoder::status::more) return body;
  }
  return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz_request(text);
  fuzz_response(text);
  for (auto from : {chunk_decoder::source::request, chunk_decoder::source::answer}) {
    chunk_decoder::status whole = chunk_decoder::status::more, single = whole;
    std::string at_once = decode(text, size + 1, from, whole);
    std::string by_byte = decode(text, 1, from, single);
    // Bounds on extensions may bite at different bytes; what was decoded until then is the same.
    check(at_once.starts_with(by_byte) || by_byte.starts_with(at_once));
  }
  return 0;
}
