// Any text as an expression of a route, as a pattern of a path, or as one of a header: no crash; an expression that is
// taken means the same when it is written out and read again.
//
// Input: a kind (1 byte), then the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/router/expression.h"
#include "gateway/router/patterns.h"

namespace {

using namespace mes::gateway;

void try_expression(std::string_view text) {
  auto read = parse_expression(text);
  if (!read) {
    if (read.error().message.empty()) std::abort();
    return;
  }
  std::string written = to_text(*read);
  auto again = parse_expression(written);
  if (!again || to_text(*again) != written) std::abort();
  route_query query{
      .method = "GET", .path = "/a/b", .host = "a.example:80", .https = true, .sni = "a.example", .query = "q=1&r"};
  route_subject subject(query);
  route_match first, second;
  if (matches(*read, subject, first) != matches(*again, subject, second)) std::abort();
  if (first.matched_bytes > query.path.size()) std::abort();
}

void try_pattern(const std::string& source) {
  RE2 pattern(source, pattern_options());
  if (pattern.ok()) (void)RE2::PartialMatch("/a/b/1", pattern);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 3) {
    case 0:
      try_expression(text);
      break;
    case 1:
      try_pattern(regex_of_path("~" + std::string(text)));
      break;
    default:
      try_pattern(header_pattern_of("~*" + std::string(text)));
  }
  return 0;
}
