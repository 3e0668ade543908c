#include "runtime/own_names.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/lower_case.h"

namespace mes::runtime {
namespace {

// The name in "name:port".
std::string_view without_port(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

}  // namespace

bool is_loopback(std::string_view address) {
  in_addr v4{};
  if (inet_pton(AF_INET, std::string(address).c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return address == "localhost" || address == "::1";
}

bool is_own_name(std::string_view host, const std::vector<std::string>& others) {
  const std::string name = lower_case(without_port(host));
  return host.empty() || is_loopback(name) || std::ranges::find(others, name) != others.end();
}

std::vector<std::string> names_in(std::string_view list) {
  constexpr std::string_view between = ", \t";
  std::vector<std::string> names;
  for (std::size_t at = list.find_first_not_of(between); at < list.size();) {
    const std::size_t end = std::min(list.find_first_of(between, at), list.size());
    names.push_back(lower_case(list.substr(at, end - at)));
    at = list.find_first_not_of(between, end);
  }
  return names;
}

std::string host_name() {
  std::array<char, 256> text{};
  return gethostname(text.data(), text.size() - 1) == 0 ? lower_case(text.data()) : std::string();
}

}  // namespace mes::runtime
