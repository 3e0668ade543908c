#include "gateway/config/checks.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/uuid.h"
#include "gateway/router/path.h"
#include "gateway/router/patterns.h"

namespace mes::gateway {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_word(std::string_view text) {  // letters, digits, _ and -
  return !text.empty() && std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; });
}
// Beyond Kong: placeholders stand in many files where a template engine fills a value in before.
bool is_host_character(char c) {
  return is_alphanumeric(c) || std::string_view("-_.${}").find(c) != std::string_view::npos;
}

// kong/tools/utils.lua, normalize_ip
enum class address_kind : std::uint8_t { name, ipv4, ipv6 };
struct address {
  address_kind kind = address_kind::name;
  bool has_port = false;
  std::string wrong = {};  // "" = fine
  bool bad_port = false;
};

std::optional<std::uint32_t> port_of(std::string_view text) {
  std::uint32_t port = 0;
  if (!is_digits(text) || text.size() > 9) return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), port);
  return port <= 65535 ? std::optional(port) : std::nullopt;
}

bool is_ip(int family, std::string_view text) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(family, std::string(text).c_str(), bytes.data()) == 1;
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  while (true) {
    std::size_t dot = text.find('.');
    std::string_view part = text.substr(0, dot);
    std::uint32_t value = 0;
    if (!is_digits(part) || part.size() > 3) return false;
    std::from_chars(part.data(), part.data() + part.size(), value);
    if (value > 255 || ++parts > 4) return false;
    if (dot == std::string_view::npos) return parts == 4;
    text.remove_prefix(dot + 1);
  }
}

address parse_ipv6(std::string_view text) {
  address a{.kind = address_kind::ipv6};
  std::string_view inner = text;
  if (text.starts_with('[')) {
    std::size_t end = text.find(']');
    inner = text.substr(1, end == std::string_view::npos ? end : end - 1);
    std::string_view rest = end == std::string_view::npos ? std::string_view("?") : text.substr(end + 1);
    if (!rest.empty()) {
      a.has_port = rest.front() == ':';
      a.bad_port = a.has_port && !port_of(rest.substr(1));
      if (!a.has_port) a.wrong = "invalid ipv6 address";
    }
  }
  if (!is_ip(AF_INET6, inner)) a.wrong = fmt::format("invalid ipv6 address: {}", text);
  return a;
}

address parse_address(std::string_view text) {
  if (text.find("${") != std::string_view::npos) return {};  // a placeholder may hold anything
  if (std::ranges::count(text, ':') > 1) return parse_ipv6(text);
  std::size_t colon = text.rfind(':');
  bool ported = colon != std::string_view::npos && is_digits(text.substr(colon + 1));
  std::string_view host = ported ? text.substr(0, colon) : text;
  address a{.has_port = ported, .bad_port = ported && !port_of(text.substr(colon + 1))};
  if (!host.empty() && std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; })) {
    a.kind = address_kind::ipv4;
    if (!is_ipv4(host)) a.wrong = fmt::format("invalid ipv4 address: {}", text);
    return a;
  }
  bool fine = !host.empty() && std::ranges::all_of(host, is_host_character);
  for (std::string_view left = host; fine && !left.empty();) {
    std::size_t dot = left.find('.');
    std::string_view segment = left.substr(0, dot);
    fine = !segment.empty() && !segment.ends_with('-');
    left = dot == std::string_view::npos ? std::string_view() : left.substr(dot + 1);
  }
  if (!fine) a.wrong = fmt::format("invalid hostname: {}", text);
  return a;
}

std::string wrong_percent(std::string_view path) {
  for (std::size_t i = path.find('%'); i != std::string_view::npos; i = path.find('%', i + 1))
    if (i + 2 >= path.size() || !is_hex(path[i + 1]) || !is_hex(path[i + 2]))
      return fmt::format("invalid url-encoded value: '{}'", path.substr(i, 3));
  return "";
}

bool is_path_of_rfc3986(std::string_view path) {
  return path.starts_with('/') && std::ranges::all_of(path, [](char c) {
           return is_alphanumeric(c) || std::string_view(".-_~/%:@!$&'()*+,;=").find(c) != std::string_view::npos;
         });
}

std::string wrong_name(std::string_view text) {
  address a = parse_address(text);
  if (a.bad_port || (a.wrong.empty() && a.has_port)) return "must not have a port";
  if (!a.wrong.empty()) return fmt::format("invalid value: {}", text);
  return a.kind == address_kind::name ? "" : "must not be an IP";
}

std::string bad_name(std::string_view what, std::string_view text) {
  return is_word(text)
             ? ""
             : fmt::format("bad {} name '{}', allowed characters are A-Z, a-z, 0-9, '_', and '-'", what, text);
}

}  // namespace

bool is_placeholder(std::string_view text) { return text.find('$') != std::string_view::npos; }

std::string check_name(std::string_view text) {
  bool fine = !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '-' || c == '_' || c == '~' || static_cast<unsigned char>(c) >= 128;
  });
  return fine ? ""
              : fmt::format(
                    "invalid value '{}': the only accepted ascii characters are alphanumerics or ., -, _, and ~", text);
}

std::string check_tag(std::string_view text) {
  bool fine = !text.empty() && std::ranges::all_of(text, [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte >= 32 && byte != 127 && byte <= 244 && c != ',' && c != '/';
  });
  return fine ? ""
              : fmt::format("invalid tag '{}': expected printable ascii (except `,` and `/`) or valid utf-8 sequences",
                            text);
}

std::string check_uuid(std::string_view text) { return uuid::parse(text) ? "" : "expected a valid UUID"; }

std::string check_host(std::string_view text) {
  address a = parse_address(text);
  if (a.bad_port || (a.wrong.empty() && a.has_port)) return "must not have a port";
  return a.wrong.empty() ? "" : fmt::format("invalid value: {}", text);
}

std::string check_target(std::string_view text) {
  address a = parse_address(text);
  return a.wrong.empty() && !a.bad_port
             ? ""
             : fmt::format("Invalid target ('{}'); not a valid hostname or ip address", text);
}

std::string check_wildcard_host(std::string_view text) {
  if (std::ranges::count(text, '*') > 1) return "invalid wildcard: must have at most one wildcard";
  std::string_view host = text;
  if (auto colon = text.rfind(':'); colon != std::string_view::npos && is_digits(text.substr(colon + 1)))
    host = text.substr(0, colon);
  if (host.find('*') != std::string_view::npos && !host.starts_with("*.") && !host.ends_with(".*"))
    return "invalid wildcard: must be placed at leftmost or rightmost label";
  std::string plain(text);
  if (auto star = plain.find('*'); star != std::string::npos) plain.replace(star, 1, "abc");
  address a = parse_address(plain);
  return a.bad_port ? "invalid port number" : a.wrong.empty() ? "" : fmt::format("invalid hostname: {}", text);
}

std::string check_wildcard_sni(std::string_view text) {
  if (std::ranges::count(text, '*') > 1) return "only one wildcard must be specified";
  std::string plain(text);
  if (auto star = plain.find('*'); star != std::string::npos) {
    if (star != 0 && star + 1 != plain.size()) return "wildcard must be leftmost or rightmost character";
    plain.replace(star, 1, "wildcard");
  }
  return wrong_name(plain);
}

std::string check_sni(std::string_view text) { return wrong_name(text); }

std::string check_upstream_name(std::string_view text) {
  address a = parse_address(text);
  if (!a.wrong.empty() || a.bad_port) return fmt::format("Invalid name ('{}'); must be a valid hostname", text);
  if (a.kind != address_kind::name) return fmt::format("Invalid name ('{}'); no ip addresses allowed", text);
  return a.has_port ? fmt::format("Invalid name ('{}'); no port allowed", text) : "";
}

std::string check_ip_or_cidr(std::string_view text) {
  std::size_t slash = text.find('/');
  std::string_view ip = text.substr(0, slash);
  bool v4 = is_ip(AF_INET, ip), v6 = is_ip(AF_INET6, ip);
  bool fine = v4 || v6;
  if (fine && slash != std::string_view::npos) {
    auto bits = port_of(text.substr(slash + 1));
    fine = bits && *bits <= (v4 ? 32 : 128);
  }
  return fine ? "" : fmt::format("invalid ip or cidr range: '{}'", text);
}

std::string check_path(std::string_view text) {
  if (!text.starts_with('/')) return "should start with: /";
  if (text.find("//") != std::string_view::npos) return "must not have empty segments";
  if (!is_path_of_rfc3986(text))
    return fmt::format("invalid path: '{}' (characters outside of the reserved list of RFC 3986 found)", text);
  return wrong_percent(text);
}

std::string check_router_path(std::string_view text) {
  if (!text.starts_with('/') && !text.starts_with("~/")) return "should start with: / (fixed path) or ~/ (regex path)";
  if (text.find("//") != std::string_view::npos) return "must not have empty segments";
  if (text.starts_with('/')) {
    if (is_path_of_rfc3986(text))
      if (std::string wrong = wrong_percent(text); !wrong.empty()) return wrong;
    std::string normal = normalize_path(text, true);
    return normal == text ? "" : fmt::format("non-normalized path, consider use '{}' instead", normal);
  }
  if (std::string wrong = check_classes(text); !wrong.empty())
    return fmt::format("invalid regex: '{}' ({})", text.substr(1), wrong);
  RE2 expression(regex_of_path(text), pattern_options());
  return expression.ok() ? "" : fmt::format("invalid regex: '{}' ({})", text.substr(1), expression.error());
}

std::string check_method(std::string_view text) {
  bool fine = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
  return fine ? "" : fmt::format("invalid value: {} (a method is upper case letters)", text);
}

std::string check_header_name(std::string_view text) { return bad_name("header", text); }

std::string check_route_header(std::string_view text) {
  if (text.size() == 4 &&
      std::ranges::equal(text, std::string_view("host"), [](char a, char b) { return (a | 0x20) == b; }))
    return "cannot contain 'host' header, which must be specified in the 'hosts' attribute";
  return check_header_name(text);
}

std::string check_header_value(std::string_view text) {
  if (!text.starts_with("~*")) return "";
  if (std::string wrong = check_classes(text); !wrong.empty())
    return fmt::format("invalid regex: '{}' ({})", text.substr(2), wrong);
  RE2 expression(header_pattern_of(text), pattern_options());
  return expression.ok() ? "" : fmt::format("invalid regex: '{}' ({})", text.substr(2), expression.error());
}

std::string check_cookie_name(std::string_view text) { return bad_name("cookie", text); }

// A letter first, a letter or digit last, hyphens between.
std::string check_vault_prefix(std::string_view text) {
  static const RE2 shape("[a-z][a-z0-9-]*[a-z0-9]+");
  if (text == "env") return "must not be one of: env";
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), shape) ? ""
                                                                           : fmt::format("invalid value: {}", text);
}

std::string check_vault_name(std::string_view text) {
  return text == "env" ? ""
                       : fmt::format(
                             "vault '{}' is not installed; there is env, for environment variables (the others "
                             "are Kong Enterprise's)",
                             text);
}

std::string check_variable_prefix(std::string_view text) {
  bool fine = is_word(text) && !is_digit(text.front());
  return fine ? "" : fmt::format("invalid value: {}", text);
}

}  // namespace mes::gateway
