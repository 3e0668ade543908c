#include "gateway/router/path.h"

#include <array>
#include <vector>

#include "base/percent.h"

namespace mes::gateway {
namespace {

constexpr std::string_view reserved = "!*'();:@&=+$,/?%#[]";

// What may stand unescaped (ESCAPE_PATTERN in uri.lua).
constexpr std::array<bool, 256> plain_characters = [] {
  std::array<bool, 256> is{};
  for (int c = '0'; c <= '9'; ++c) is[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) is[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) is[static_cast<std::size_t>(c)] = true;
  for (char c : std::string_view("!#$&'()*+,/:;=?@[]-_.~%")) is[static_cast<unsigned char>(c)] = true;
  return is;
}();

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

std::string decode_unreserved(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto c = percent_decoded(path, i);
    if (!c) {
      out += path[i];
      continue;
    }
    if (reserved.find(*c) == std::string_view::npos) {
      out += *c;
    } else {
      out += '%';
      out += upper(path[i + 1]);
      out += upper(path[i + 2]);
    }
    i += 2;
  }
  return out;
}

// RFC 3986, section 5.2.4, segment by segment as Kong does it; a segment keeps its leading slash.
std::string remove_dot_segments(std::string_view path, bool merge_slashes) {
  std::vector<std::string_view> segments;
  auto up = [&] {
    if (!segments.empty()) segments.pop_back();
  };
  while (!path.empty()) {
    if (path == "/.") {
      path = "/";
    } else if (path == "/..") {
      path = "/";
      up();
    } else if (path == "." || path == "..") {
      path = {};
    } else if (path.starts_with("../")) {
      path.remove_prefix(3);
    } else if (path.starts_with("./") || path.starts_with("/./")) {
      path.remove_prefix(2);
    } else if (path.starts_with("/../")) {
      path.remove_prefix(3);
      up();
    } else if (merge_slashes && path.starts_with("//")) {
      path.remove_prefix(1);
    } else {
      std::size_t end = path.find('/', 1);
      segments.push_back(path.substr(0, end));
      path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
    }
  }
  std::string out;
  for (std::string_view segment : segments) out += segment;
  return out;
}

std::string_view without_leading_dots(std::string_view postfix) {
  if (postfix == "." || postfix == "..") return {};
  if (postfix.starts_with("./")) return postfix.substr(2);
  if (postfix.starts_with("../")) return postfix.substr(3);
  return postfix;
}

std::string stripped_path(std::string_view base, std::string_view path, std::string_view postfix) {
  bool base_ends = base.ends_with('/');
  std::string_view trunk = base_ends ? base.substr(0, base.size() - 1) : base;
  if (postfix.empty()) {
    if (base_ends) return std::string(base == "/" || path.ends_with('/') ? base : trunk);
    return path.size() > 1 && path.ends_with('/') ? std::string(base) + '/' : std::string(base);
  }
  std::string out(trunk);
  if (!postfix.starts_with('/')) out += '/';
  return out.append(postfix);
}

}  // namespace

std::string normalize_path(std::string_view path, bool merge_slashes) {
  if (path.empty() || path == "/") return std::string(path);
  std::string decoded = path.find('%') == std::string_view::npos ? std::string(path) : decode_unreserved(path);
  bool dots = decoded.find('.') != std::string::npos;
  if (!dots && !(merge_slashes && decoded.find("//") != std::string::npos)) return decoded;
  return remove_dot_segments(decoded, merge_slashes);
}

bool has_whole_escapes(std::string_view path) {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 3)) {
    if (!percent_decoded(path, at).value_or('\0')) return false;
  }
  return true;
}

bool is_plain_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  for (std::size_t i = 1; i < path.size(); ++i) {
    char c = path[i];
    if (!plain_characters[static_cast<unsigned char>(c)] || c == '%') return false;
    if ((c == '/' || c == '.') && path[i - 1] == '/') return false;
  }
  return true;
}

std::string escape_path(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (char c : path) {
    if (plain_characters[static_cast<unsigned char>(c)])
      out += c;
    else
      append_percent(out, c);
  }
  return out;
}

std::string upstream_path(std::string_view base, std::string_view path, std::string_view matched, bool strip_path) {
  if (base.empty()) base = "/";
  if (strip_path) return stripped_path(base, path, without_leading_dots(path.substr(matched.size())));
  if (base.ends_with('/')) return std::string(base).append(path.substr(1));
  return path == "/" ? std::string(base) : std::string(base).append(path);
}

}  // namespace mes::gateway
