#include "gateway/proxy/real_ip.h"

#include <string_view>
#include <vector>

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

}  // namespace

std::string real_client(const header_table& headers, const real_ip_options& options) {
  std::vector<std::string_view> said;
  for (const header_view& h : headers)
    if (equals_ignoring_case(h.name, options.header))
      for_each_token(h.value, [&](std::string_view token) { said.push_back(address_of(token)); });
  while (options.recursive && said.size() > 1 && options.trusted.contains(said.back())) said.pop_back();
  return said.empty() || !ip_range::parse_address(said.back()) ? std::string() : std::string(said.back());
}

}  // namespace mes::gateway
