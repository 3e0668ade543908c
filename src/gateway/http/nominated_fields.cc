#include "gateway/http/nominated_fields.h"

#include <algorithm>

namespace mes::gateway {
namespace {

bool is_option(std::string_view token) {
  return equals_ignoring_case(token, "keep-alive") || equals_ignoring_case(token, "close") ||
         equals_ignoring_case(token, "upgrade");
}

bool before(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::lexicographical_compare(a, b, {}, lower, lower);
}

}  // namespace

nominated_fields::nominated_fields(const header_table& headers) {
  if (!headers.find(field_id::connection)) return;
  for (const header_view& h : headers) {
    if (h.id != field_id::connection || is_option(h.value)) continue;
    for_each_token(h.value, [&](std::string_view token) {
      if (!is_option(token)) _names.push_back(token);
    });
  }
  std::ranges::sort(_names, before);
}

bool nominated_fields::has(std::string_view name) const {
  return !_names.empty() && std::ranges::binary_search(_names, name, before);
}

}  // namespace mes::gateway
