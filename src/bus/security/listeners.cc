#include "bus/security/listeners.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "base/trimmed.h"
#include "bus/net/address.h"
#include "runtime/config.h"

namespace mes::bus::security {
namespace {

constexpr std::array protocol_names = {std::string_view("PLAINTEXT"), std::string_view("SSL"),
                                       std::string_view("SASL_PLAINTEXT"), std::string_view("SASL_SSL")};

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (const auto part = trimmed(text.substr(0, comma)); !part.empty()) parts.push_back(part);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return parts;
}

const protocol* find_protocol(std::string_view name) {
  static constexpr std::array all = {protocol::plaintext, protocol::ssl, protocol::sasl_plaintext, protocol::sasl_ssl};
  const auto it = std::ranges::find(protocol_names, name);
  return it == protocol_names.end() ? nullptr : &all[static_cast<std::size_t>(it - protocol_names.begin())];
}

// Not all addresses at once, and nothing that no name or address has in it.
bool is_reachable(std::string_view host) {
  if (host.empty() || host == "0.0.0.0" || host == "::") return false;
  return std::ranges::all_of(
      host, [](char c) { return c > ' ' && c != 0x7f && std::string_view("/[]@,").find(c) == std::string_view::npos; });
}

struct endpoint {
  std::string name;
  std::string host;
  int port = 0;
};

// NAME://host:port, an IPv6 address in brackets.
result<endpoint> parse_endpoint(std::string_view setting, std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(runtime::wrong_setting(setting, fmt::format("{}: {}", text, why)));
  };
  endpoint e;
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return wrong("write it as NAME://host:port");
  e.name = text.substr(0, scheme);
  std::ranges::transform(e.name, e.name.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  const std::string_view address = text.substr(scheme + 3);
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return wrong("the port is missing");
  e.host = net::without_brackets(address.substr(0, colon));
  const std::string_view port = address.substr(colon + 1);
  const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), e.port);
  if (fault != std::errc{} || end != port.data() + port.size() || e.port < 0 || e.port > 65'535)
    return wrong("the port is a number from 0 to 65535");
  return e;
}

result<std::map<std::string, protocol, std::less<>>> parse_protocols(std::string_view text) {
  std::map<std::string, protocol, std::less<>> map;
  for (const std::string_view part : parts_of(text)) {
    const auto colon = part.find(':');
    const protocol* const p =
        colon == std::string_view::npos ? nullptr : find_protocol(trimmed(part.substr(colon + 1)));
    if (!p)
      return fail(runtime::wrong_setting(
          "listener_security_protocol_map",
          fmt::format("{}: write it as NAME:PROTOCOL, one of {}", part, fmt::join(protocol_names, ", "))));
    map[std::string(trimmed(part.substr(0, colon)))] = *p;
  }
  return map;
}

}  // namespace

std::string_view name_of(protocol p) { return protocol_names[static_cast<std::size_t>(p)]; }

result<std::vector<listener>> parse_listeners(const listener_settings& s) {
  auto protocols = parse_protocols(s.protocols);
  if (!protocols) return fail(std::move(protocols.error()));
  const auto wrong = [](std::string_view what) { return fail(runtime::wrong_setting("listeners", what)); };
  std::vector<listener> listeners;
  for (const std::string_view part : parts_of(s.listeners)) {
    auto e = parse_endpoint("listeners", part);
    if (!e) return fail(std::move(e.error()));
    if (std::ranges::count(listeners, e->name, &listener::name) > 0)
      return wrong(fmt::format("{} is named twice", e->name));
    const auto mapped = protocols->find(e->name);
    const protocol* const p = mapped != protocols->end() ? &mapped->second : find_protocol(e->name);
    if (!p)
      return wrong(fmt::format("{} is no protocol, and listener_security_protocol_map does not name it", e->name));
    const int port = e->port == 0 ? 0 : e->port + s.port_offset;
    if (port > 65'535) return wrong(fmt::format("{}: port {} with the offset", part, port));
    listeners.push_back({e->name, *p, e->host, static_cast<std::uint16_t>(port), "", 0});
  }
  if (listeners.empty()) return wrong("there is none");
  const auto wrong_advertised = [](std::string_view what) {
    return fail(runtime::wrong_setting("advertised_listeners", what));
  };
  for (const std::string_view part : parts_of(s.advertised)) {
    auto e = parse_endpoint("advertised_listeners", part);
    if (!e) return fail(std::move(e.error()));
    const auto at = std::ranges::find(listeners, e->name, &listener::name);
    if (at == listeners.end()) return wrong_advertised(fmt::format("{} is no listener", e->name));
    if (!is_reachable(e->host))
      return wrong_advertised(fmt::format("{}: clients cannot connect to that address", part));
    at->advertised_host = e->host;
    at->advertised_port = static_cast<std::uint16_t>(e->port);
  }
  if (s.advertised_host.empty()) return listeners;
  const std::string_view host = net::without_brackets(s.advertised_host);
  if (!is_reachable(host))
    return fail(runtime::wrong_setting(
        "advertised_host", fmt::format("{}: clients cannot connect to that; a name or an address", s.advertised_host)));
  for (listener& l : listeners)
    if (l.advertised_host.empty()) l.advertised_host = host;
  return listeners;
}

}  // namespace mes::bus::security
