#include "runtime/http_url.h"

#include <algorithm>
#include <charconv>

#include "runtime/http.h"

namespace mes::runtime {
namespace {

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!equal_ignoring_case(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool has_control_or_space(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

bool read_port(std::string_view text, std::uint16_t& port) {
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  return ec == std::errc() && end == text.data() + text.size() && port != 0;
}

bool read_authority(std::string_view authority, http_url& url) {
  std::size_t host_end = authority.starts_with('[') ? authority.find(']') : authority.find(':');
  if (authority.starts_with('[')) {
    if (host_end == std::string_view::npos) return false;
    url.host = authority.substr(1, host_end - 1);
    authority.remove_prefix(host_end + 1);
  } else {
    url.host = authority.substr(0, host_end);
    authority.remove_prefix(url.host.size());
  }
  if (url.host.empty() || url.host.find('@') != std::string::npos) return false;
  if (authority.empty()) return true;
  return authority[0] == ':' && read_port(authority.substr(1), url.port);
}

}  // namespace

result<http_url> parse_http_url(std::string_view text) {
  auto bad = [&](std::string_view expected) {
    return fail(error_code::invalid_argument,
                "\"" + std::string(text) + "\" is not a URL of the form " + std::string(expected));
  };
  http_url url;
  std::string_view rest = text;
  if (has_control_or_space(rest)) return bad("http://host:port/path, without spaces");
  if (take_prefix(rest, "unix:")) {
    std::size_t colon = rest.find(":/");
    if (!rest.starts_with('/') || colon == std::string_view::npos) return bad("unix:/path/to/socket:/path");
    url.socket_path = rest.substr(0, colon);
    url.target = rest.substr(colon + 1);
    return url;
  }
  url.tls = take_prefix(rest, "https://");
  if (url.tls)
    url.port = 443;
  else if (!take_prefix(rest, "http://"))
    return bad("http://host:port/path");
  rest = rest.substr(0, rest.find('#'));
  std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  rest.remove_prefix(authority.size());
  if (!read_authority(authority, url)) return bad("http://host:port/path");
  url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return url;
}

std::string http_url::host_field() const {
  if (!socket_path.empty()) return "localhost";
  std::string field = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) field += ":" + std::to_string(port);
  return field;
}

std::string http_url::address() const {
  if (!socket_path.empty()) return "unix:" + socket_path;
  return (tls ? "https://" : "http://") + host + ":" + std::to_string(port);
}

}  // namespace mes::runtime
