#include "gateway/http/trailers.h"

#include <algorithm>
#include <array>

#include "gateway/http/field_id.h"

namespace mes::gateway {
namespace {

// What no trailer may carry beside the fields that the gateway writes itself.
constexpr auto forbidden = std::to_array<std::string_view>({"content-encoding",
                                                            "content-range",
                                                            "set-cookie",
                                                            "cache-control",
                                                            "max-forwards",
                                                            "range",
                                                            "if-match",
                                                            "if-none-match",
                                                            "if-modified-since",
                                                            "if-unmodified-since",
                                                            "if-range",
                                                            "www-authenticate",
                                                            "proxy-authorization",
                                                            "proxy-authenticate",
                                                            "age",
                                                            "expires",
                                                            "location",
                                                            "retry-after",
                                                            "vary",
                                                            "warning",
                                                            "apikey"});

}  // namespace

bool may_trail(std::string_view name) {
  switch (field_id_of(name)) {
    case field_id::other:
      break;
    default:
      return false;
  }
  if (name.starts_with(':')) return false;
  return std::ranges::none_of(forbidden, [&](std::string_view f) { return equals_ignoring_case(f, name); });
}

field_lines parse_trailers(std::string_view lines) {
  field_lines out;
  while (!lines.empty()) {
    std::size_t end = lines.find("\r\n");
    std::string_view line = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view{} : lines.substr(end + 2);
    std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view name = line.substr(0, colon), value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    if (may_trail(name)) out.push_back({std::string(name), std::string(value)});
  }
  return out;
}

}  // namespace mes::gateway
