#include "gateway/config/shorthands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <charconv>

#include "gateway/config/checks.h"
#include "gateway/router/expression.h"

namespace mes::gateway {
namespace {

bool has(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

// As LuaSocket's url.parse takes a URL apart, which Kong uses.
struct url_parts {
  std::string_view protocol, host, port, path;
};

url_parts split_url(std::string_view url) {
  url_parts out;
  url = url.substr(0, url.find('#'));
  std::size_t colon = url.find(':');
  bool scheme =
      colon != std::string_view::npos && colon > 0 && std::ranges::all_of(url.substr(0, colon), [](char c) {
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '+' || c == '-' || c == '.';
      });
  if (scheme) {
    out.protocol = url.substr(0, colon);
    url.remove_prefix(colon + 1);
  }
  std::string_view authority;
  if (url.starts_with("//")) {
    url.remove_prefix(2);
    std::size_t end = url.find_first_of("/?");
    authority = url.substr(0, end);
    url = end == std::string_view::npos ? std::string_view() : url.substr(end);
  }
  out.path = url.substr(0, url.find('?'));
  if (std::size_t at = authority.find('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  std::size_t port = authority.rfind(':');
  if (port != std::string_view::npos && authority.find(']', port) == std::string_view::npos) {
    out.port = authority.substr(port + 1);
    authority = authority.substr(0, port);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  out.host = authority;
  return out;
}

// "http://host:port/path" in place of the single fields, whose rules hold for the parts.
void expand_url(record& source, const std::string& what, reporter& report) {
  static constexpr auto known =
      std::to_array<std::string_view>({"grpc", "grpcs", "http", "https", "tcp", "tls", "tls_passthrough", "udp"});
  std::string url = source.text("url");
  wire::yaml_mark mark = source.mark_of("url");
  auto wrong = [&](std::string_view why) { report.error(mark, fmt::format("{}, url: {}", what, why)); };
  url_parts parts = split_url(url);
  if (parts.host.empty() && is_placeholder(url)) parts = {.protocol = "http", .host = url, .port = {}, .path = {}};
  std::uint32_t port = parts.protocol == "https" ? 443 : 80;
  if (!parts.port.empty()) {
    const char* end = parts.port.data() + parts.port.size();
    auto [stop, failure] = std::from_chars(parts.port.data(), end, port);
    if (is_placeholder(parts.port))
      port = parts.protocol == "https" ? 443 : 80;
    else if (failure != std::errc{} || stop != end || port > 65535)
      wrong(fmt::format("'{}' is no port", parts.port));
  }
  std::string protocol(!parts.protocol.empty() ? parts.protocol : port == 443 ? "https" : "http");
  if (std::ranges::find(known, protocol) == known.end())
    wrong(fmt::format("'{}' is none of {}", protocol, fmt::join(known, ", ")));
  if (parts.host.empty())
    wrong("there is no host in it; a url is protocol://host[:port][/path]");
  else if (std::string why = check_host(parts.host); !why.empty())
    wrong(why);
  if (!parts.path.empty() && !parts.host.empty())  // without a host, the text is no path that somebody meant
    if (std::string why = check_path(parts.path); !why.empty()) wrong(why);
  source.values["protocol"] = protocol;
  source.values["host"] = std::string(parts.host);
  source.values["port"] = static_cast<std::int64_t>(port);
  source.values["path"] =
      parts.path.empty() ? boost::json::value(nullptr) : boost::json::value(std::string(parts.path));
  for (std::string_view member : {"protocol", "host", "port", "path"}) source.marks.emplace(member, mark);
}

// One of the sets of protocols that a route may draw from.
struct protocol_family {
  std::vector<std::string_view> members;
  std::vector<std::string_view> forbidden;  // matchers that make no sense
  std::vector<std::string_view> needed;     // one of them at least
  bool sni = true;                          // snis count among the needed ones if a member with TLS is there
  std::string_view named = {};              // what needs them, as Kong says it; "" = the member at hand
};

const std::vector<protocol_family>& protocol_families() {
  static const std::vector<protocol_family> table = {
      {.members = {"http", "https"},
       .forbidden = {"sources", "destinations"},
       .needed = {"methods", "hosts", "headers", "paths"}},
      {.members = {"tcp", "tls", "udp"},
       .forbidden = {"methods", "hosts", "paths", "headers"},
       .needed = {"sources", "destinations", "snis"},
       .sni = false,
       .named = "'tcp', 'tls' or 'udp'"},
      {.members = {"tls_passthrough"},
       .forbidden = {"methods", "hosts", "paths", "headers"},
       .needed = {"snis"},
       .sni = false},
      {.members = {"grpc", "grpcs"},
       .forbidden = {"methods", "sources", "destinations"},
       .needed = {"hosts", "headers", "paths"}},
  };
  return table;
}

void check_family(const record& source, const protocol_family& family, const std::vector<std::string>& protocols,
                  const std::string& what, reporter& report) {
  std::string names = fmt::format("'{}'", fmt::join(family.members, "' or '"));
  for (std::string_view member : family.forbidden)
    if (!source.is_empty(member))
      report.error(source.mark_of(member),
                   fmt::format("{}: cannot set '{}' when 'protocols' is {}", what, member, names));
  std::vector<std::string_view> needed = family.needed;
  bool tls = has(protocols, "https") || has(protocols, "grpcs");
  if (family.sni && tls) needed.push_back("snis");
  if (std::ranges::none_of(needed, [&](std::string_view member) { return !source.is_empty(member); }))
    report.error(source.mark,
                 fmt::format("{}: must set one of '{}' when 'protocols' is {}", what, fmt::join(needed, "', '"),
                             family.named.empty() ? fmt::format("'{}'", tls && family.sni ? family.members.back()
                                                                                          : family.members.front())
                                                  : std::string(family.named)));
}

void check_protocols(record& source, const std::string& what, reporter& report) {
  std::vector<std::string> protocols = source.strings("protocols");
  const protocol_family* chosen = nullptr;
  for (const protocol_family& family : protocol_families()) {
    if (std::ranges::none_of(family.members, [&](std::string_view m) { return has(protocols, m); })) continue;
    if (chosen) {
      report.error(source.mark_of("protocols"),
                   fmt::format("{}: these sets are mutually exclusive: ('http', 'https'), ('tcp', 'tls', 'udp'), "
                               "('tls_passthrough'), ('grpc', 'grpcs')",
                               what));
      return;
    }
    chosen = &family;
  }
  if (!chosen) return;
  if (chosen->members.front() == "grpc") {
    if (source.given("strip_path") && source.flag("strip_path"))
      report.error(source.mark_of("strip_path"),
                   fmt::format("{}: cannot set 'strip_path' when 'protocols' is 'grpc' or 'grpcs'", what));
    source.values["strip_path"] = false;
  }
  check_family(source, *chosen, protocols, what, report);
  if (!source.is_empty("snis") && std::ranges::none_of(protocols, [](const std::string& p) {
        return p == "https" || p == "grpcs" || p == "tls" || p == "tls_passthrough";
      }))
    report.error(source.mark_of("snis"),
                 fmt::format("{}: 'snis' can only be set when 'protocols' is 'grpcs', 'https', 'tls' or "
                             "'tls_passthrough'",
                             what));
}

}  // namespace

std::vector<std::string_view> replaced_by_url(const wire::yaml_node& node) {
  const wire::yaml_node* url = node.find("url");
  if (!url || url->is_null()) return {};
  return {"protocol", "host", "port", "path"};
}

void finish_service(record& source, const std::string& what, reporter& report) {
  if (source.given("url"))
    expand_url(source, what, report);
  else if (source.is_null("host"))
    report.error(source.mark, fmt::format("{}: host or url is missing", what), "required field missing", "host");
  std::string protocol = source.text("protocol");
  if (protocol != "http" && protocol != "https" && !source.is_empty("path"))
    report.error(source.mark_of("path"), fmt::format("{}: a service of protocol {} has no path", what, protocol));
  if (protocol != "https" && protocol != "tls")
    for (std::string_view member : {"client_certificate", "tls_verify", "tls_verify_depth", "ca_certificates"})
      if (!source.is_null(member))
        report.error(source.mark_of(member), fmt::format("{}: {} needs protocol https", what, member));
}

namespace {

// A route of the flavour `expressions` (kong/db/schema/entities/routes.lua): the expression stands for all matchers.
void check_expression(const record& source, const std::string& what, reporter& report) {
  for (std::string_view member : {"methods", "hosts", "paths", "headers", "snis", "sources", "destinations"})
    if (!source.is_empty(member))
      report.error(source.mark_of(member),
                   fmt::format("{}: '{}' cannot stand beside 'expression', which says all", what, member));
  if (auto parsed = parse_expression(source.text("expression")); !parsed)
    report.error(source.mark_of("expression"),
                 fmt::format("{}: Router Expression failed validation: {}", what, parsed.error().message));
}

}  // namespace

void finish_route(record& source, const std::string& what, reporter& report) {
  if (source.given("expression")) {
    check_expression(source, what, report);
    return;
  }
  if (source.given("priority"))
    report.error(source.mark_of("priority"), fmt::format("{}: 'priority' is for routes with an 'expression'", what));
  check_protocols(source, what, report);
  for (const auto& [name, values] : source.string_map("headers")) {
    // No request has one of no values; as a matcher it would be one that all requests fit.
    if (values.empty())
      report.error(source.mark_of("headers"),
                   fmt::format("{}, headers, {}: there is no value; give one, or take the header out", what, name));
    for (const std::string& value : values)
      if (std::string wrong = check_header_value(value); !wrong.empty())
        report.error(source.mark_of("headers"), fmt::format("{}, headers, {}: {}", what, name, wrong));
  }
  if (source.text("path_handling") == "v1")
    report.warning(
        source.mark_of("path_handling"),
        fmt::format("{}: path_handling v1 has no effect, as with Kong's router traditional_compatible", what));
}

void finish_key(record& source, const std::string& what, reporter& report) {
  bool jwk = !source.is_null("jwk");
  bool pem = !source.is_null("pem.private_key") || !source.is_null("pem.public_key");
  if (jwk == pem) report.error(source.mark, fmt::format("{}: exactly one of 'jwk' and 'pem' must be set", what));
  if (!jwk) return;
  boost::system::error_code failure;
  boost::json::value parsed = boost::json::parse(source.text("jwk"), failure);
  const boost::json::object* key = failure ? nullptr : parsed.if_object();
  if (!key)
    report.error(source.mark_of("jwk"), fmt::format("{}: could not json decode jwk string", what));
  else if (const auto* kid = key->if_contains("kid"); !kid || *kid != source.at("kid"))
    report.error(source.mark_of("jwk"), fmt::format("{}: kid in jwk.kid must be equal to keys.kid", what));
}

}  // namespace mes::gateway
