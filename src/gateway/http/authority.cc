#include "gateway/http/authority.h"

#include <algorithm>

#include "base/lower_case.h"
#include "gateway/http/character_set.h"

namespace mes::gateway {
namespace {

constexpr character_set of_authority = letters_digits_and("-._~!$&'()*+,;=%:[]");
constexpr character_set of_target_name = letters_digits_and("-.");
constexpr character_set of_target_address = letters_digits_and("-._~!$&'()*+,;=:");

// What comes before the port; an address keeps its brackets.
std::string_view host_of(std::string_view authority) {
  if (!authority.starts_with('[')) return authority.substr(0, authority.find(':'));
  const std::size_t bracket = authority.find(']');
  return bracket == std::string_view::npos ? authority : authority.substr(0, bracket + 1);
}

bool is_target_host(std::string_view host) {
  if (!host.starts_with('[')) return all_of(host, of_target_name);
  return host.ends_with(']') && all_of(host.substr(1, host.size() - 2), of_target_address);
}

bool is_port(std::string_view text) {
  return text.starts_with(':') && std::ranges::all_of(text.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_authority(std::string_view text) {
  if (!all_of(text, of_authority) || text.find("..") != std::string_view::npos) return false;
  const std::string_view host = host_of(text);
  return !host.empty() && host != ".";
}

bool is_target_authority(std::string_view text) {
  const std::string_view host = host_of(text), port = text.substr(host.size());
  return is_authority(text) && is_target_host(host) && (port.empty() || is_port(port));
}

std::string_view without_port(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) return authority;
  return authority.substr(0, colon);
}

std::string normal_host(std::string_view authority) {
  std::string_view host = host_of(authority);
  if (host.ends_with('.')) host.remove_suffix(1);
  return lower_case(host);
}

}  // namespace mes::gateway
