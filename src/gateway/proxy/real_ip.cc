#include "gateway/proxy/real_ip.h"

#include <ranges>
#include <string_view>

namespace mes::gateway {
namespace {

// An entry of X-Forwarded-For may have a port.
std::string_view address_of(std::string_view text) {
  if (text.starts_with('[')) {
    std::size_t end = text.find(']');
    return end == std::string_view::npos ? text : text.substr(1, end - 1);
  }
  std::size_t colon = text.find(':');
  return colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos ? text.substr(0, colon)
                                                                                                : text;
}

// The last word of a list, which is left without it; they are parted by commas and, as in nginx, by blanks.
std::string_view take_last(std::string_view& list) {
  constexpr std::string_view between = ", \t";
  list = list.substr(0, list.find_last_not_of(between) + 1);
  std::string_view last = list.substr(list.find_last_of(between) + 1);
  list.remove_suffix(last.size());
  return last;
}

}  // namespace

// As ngx_http_get_forwarded_addr: from the last one on, as far as they can be read and those behind are trusted.
std::string real_client(const header_table& headers, const real_ip_options& options) {
  std::string_view client;
  for (const header_view& h : std::views::reverse(headers)) {
    if (!equals_ignoring_case(h.name, options.header)) continue;
    std::string_view said = h.value;
    do {
      std::string_view one = address_of(take_last(said));
      if (!ip_range::parse_address(one)) return std::string(client);
      client = one;
      if (!options.recursive || !options.trusted.contains(client)) return std::string(client);
    } while (!said.empty());
  }
  return std::string(client);
}

}  // namespace mes::gateway
