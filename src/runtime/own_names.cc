#include "runtime/own_names.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/lower_case.h"

namespace mes::runtime {

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool is_loopback(std::string_view address) {
  constexpr std::string_view mapped = "::ffff:";
  if (address.starts_with(mapped)) address.remove_prefix(mapped.size());
  in_addr v4{};
  if (inet_pton(AF_INET, std::string(address).c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return address == "localhost" || address == "::1";
}

bool is_own_name(std::string_view host, const std::vector<std::string>& others) {
  const std::string name = lower_case(without_port(host));
  return host.empty() || is_loopback(name) || name.ends_with(".localhost") ||
         std::ranges::find(others, name) != others.end();
}

std::vector<std::string> names_in(std::string_view list) {
  constexpr std::string_view between = ", \t";
  std::vector<std::string> names;
  for (std::size_t at = list.find_first_not_of(between); at < list.size();) {
    const std::size_t end = std::min(list.find_first_of(between, at), list.size());
    const std::string_view one = list.substr(at, end - at);
    names.push_back(lower_case(one.starts_with('[') ? without_port(one) : one));
    at = list.find_first_not_of(between, end);
  }
  return names;
}

std::string host_name() {
  std::array<char, 256> text{};
  return gethostname(text.data(), text.size() - 1) == 0 ? lower_case(text.data()) : std::string();
}

}  // namespace mes::runtime
