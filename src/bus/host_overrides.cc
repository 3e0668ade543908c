#include "bus/host_overrides.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/split.h"
#include "bus/log/number_text.h"
#include "bus/net/address.h"

namespace mes::bus {
namespace {

bool is_address(const std::string& text) {
  in6_addr any{};
  return inet_pton(AF_INET, text.c_str(), &any) == 1 || inet_pton(AF_INET6, text.c_str(), &any) == 1;
}

}  // namespace

result<std::map<std::string, std::size_t>> parse_host_overrides(std::string_view text) {
  std::map<std::string, std::size_t> overrides;
  if (log::trimmed(text).empty()) return overrides;
  for (const std::string_view entry : split(text, ',')) {
    const std::string_view one = log::trimmed(entry);
    const auto colon = one.rfind(':');
    const std::string_view host = net::without_brackets(one.substr(0, colon));
    const auto count =
        colon == std::string_view::npos ? std::nullopt : log::parse_number<std::int32_t>(one.substr(colon + 1));
    if (!is_address(std::string(host)) || !count || *count < 0)
      return fail(error_code::invalid_argument,
                  fmt::format("'{}' is not ADDRESS:CONNECTIONS, as 10.0.0.7:200 or [::1]:200", one));
    overrides[net::canonical_address(std::string(host))] = static_cast<std::size_t>(*count);
  }
  return overrides;
}

}  // namespace mes::bus
