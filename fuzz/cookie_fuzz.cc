// Any bytes as Cookie fields: what is found of a name is the value that its first pair has, and nothing else's.
//
// Input: a line with the name, then a line a field.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/http/cookie.h"

namespace {

using namespace mes::gateway;

std::string_view take_line(std::string_view& text) {
  std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return line;
}

// RFC 6265, section 4.2.1, looked at from the name outwards: blanks and a semicolon or the beginning in front of it,
// `=` behind it.
std::string_view expected_of(std::string_view field, std::string_view name) {
  for (std::size_t at = 0; (at = field.find(name, at)) != std::string_view::npos; ++at) {
    std::size_t end = at + name.size(), before = field.substr(0, at).find_last_not_of(' ');
    if (end >= field.size() || field[end] != '=') continue;
    if (before == std::string_view::npos || field[before] == ';')
      return field.substr(end + 1, field.find(';', end) - end - 1);
  }
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size), name = take_line(text), expected;
  const bool may_be_one = name.find(';') == std::string_view::npos && !name.starts_with(' ');
  header_table headers;
  headers.clear();
  while (!text.empty()) {
    std::string_view field = take_line(text);
    if (!headers.add({.name = "Cookie", .value = field, .id = field_id::cookie})) break;
    headers.add({.name = "X-Cookie", .value = "a=not this", .id = field_id::other});
    if (expected.empty() && may_be_one) expected = expected_of(field, name);
  }
  if (cookie_of(headers, name) != expected) std::abort();
  return 0;
}
