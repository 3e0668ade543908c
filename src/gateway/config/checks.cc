#include "gateway/config/checks.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/uuid.h"
#include "gateway/http/head.h"
#include "gateway/router/path.h"

namespace mes::gateway {
namespace {

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}
bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// "$NAME" stands in many files where a template engine fills a value in before Kong reads them; it is a legal name for
// Kong's own check too.
bool is_host_character(char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '$'; }

}  // namespace

std::string check_name(std::string_view text) {
  bool fine = !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '-' || c == '_' || c == '~' || static_cast<unsigned char>(c) >= 128;
  });
  return fine ? ""
              : fmt::format(
                    "invalid value '{}': the only accepted ascii characters are alphanumerics or ., -, _, and ~", text);
}

std::string check_uuid(std::string_view text) {
  return uuid::parse(text) ? "" : fmt::format("'{}' is not a valid uuid", text);
}

std::string check_host(std::string_view text) {
  if (text.empty()) return "length must be at least 1";
  if (text.front() == '[') return text.back() == ']' ? "" : fmt::format("invalid value: {}", text);
  if (std::ranges::count(text, ':') > 1)  // IPv6
    return std::ranges::all_of(text, [](char c) { return is_hex(c) || c == ':' || c == '.'; })
               ? ""
               : fmt::format("invalid value: {}", text);
  if (text.find(':') != std::string_view::npos) return "must not have a port";
  return std::ranges::all_of(text, is_host_character) ? "" : fmt::format("invalid value: {}", text);
}

std::string check_wildcard_host(std::string_view text) {
  std::string_view host = text;
  if (auto colon = text.rfind(':'); colon != std::string_view::npos && is_digits(text.substr(colon + 1)))
    host = text.substr(0, colon);
  if (std::ranges::count(host, '*') > 1) return "invalid wildcard: must have at most one wildcard";
  if (host.find('*') != std::string_view::npos && !host.starts_with("*.") && !host.ends_with(".*"))
    return "invalid wildcard: must be placed at leftmost or rightmost label";
  std::string plain(host);
  std::ranges::replace(plain, '*', 'w');
  return check_host(plain);
}

std::string check_path(std::string_view text) {
  if (!text.starts_with('/')) return "should start with: /";
  if (text.find("//") != std::string_view::npos) return "must not have empty segments";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))
        return fmt::format("invalid url-encoded value: '{}'", text.substr(i, 3));
    } else if (!is_alphanumeric(text[i]) &&
               std::string_view(".-_~/:@!$&'()*+,;=").find(text[i]) == std::string_view::npos) {
      return fmt::format("invalid path: '{}' (characters outside of the reserved list of RFC 3986 found)", text);
    }
  }
  return "";
}

std::string check_router_path(std::string_view text) {
  if (!text.starts_with('/') && !text.starts_with("~/")) return "should start with: / (fixed path) or ~/ (regex path)";
  if (text.starts_with('/')) {
    if (std::string wrong = check_path(text); !wrong.empty()) return wrong;
    std::string normal = normalize_path(text, true);
    return normal == text ? "" : fmt::format("non-normalized path, consider use '{}' instead", normal);
  }
  if (text.find("//") != std::string_view::npos) return "must not have empty segments";
  RE2 expression(regex_of_path(text), RE2::Quiet);
  return expression.ok() ? "" : fmt::format("invalid regex: '{}' ({})", text.substr(1), expression.error());
}

std::string check_method(std::string_view text) {
  bool fine = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
  return fine ? "" : fmt::format("invalid value: {} (a method is upper case letters)", text);
}

std::string check_header_name(std::string_view text) {
  return is_token(text) ? "" : fmt::format("bad header name '{}', allowed characters are those of a token", text);
}

std::string check_target(std::string_view text) {
  if (text.starts_with('['))
    return text.find(']') != std::string_view::npos ? "" : fmt::format("Invalid target ('{}')", text);
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos || std::ranges::count(text, ':') > 1) return check_host(text);
  std::string_view port = text.substr(colon + 1);
  std::uint32_t number = 0;
  std::from_chars(port.data(), port.data() + port.size(), number);
  if (!is_digits(port) || port.size() > 5 || number > 65535)
    return fmt::format("Invalid target ('{}'); not a valid hostname or ip address", text);
  return check_host(text.substr(0, colon));
}

std::string check_url(std::string_view text) {
  return text.find("://") == std::string_view::npos ? "missing scheme in url" : "";
}

}  // namespace mes::gateway
