#include "gateway/http/cookie.h"

namespace mes::gateway {

namespace {

std::string_view cookie_in(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    std::size_t end = cookies.find(';');
    std::string_view pair = cookies.substr(0, end);
    cookies = end == std::string_view::npos ? std::string_view{} : cookies.substr(end + 1);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
  }
  return {};
}

}  // namespace

std::string_view cookie_of(const header_table& headers, std::string_view name) {
  for (const header_view& h : headers)
    if (h.id == field_id::cookie)
      if (std::string_view value = cookie_in(h.value, name); !value.empty()) return value;
  return {};
}

}  // namespace mes::gateway
