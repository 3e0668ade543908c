#include "gateway/plugins/media_type.h"

#include <algorithm>

#include "base/lower_case.h"
#include "gateway/http/head.h"

namespace mes::gateway {
namespace {

void skip_spaces(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size())); }

std::string_view take(std::string_view& text, std::size_t size) {
  std::string_view taken = text.substr(0, size);
  text.remove_prefix(taken.size());
  return taken;
}

std::string_view take_token(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_token(text.substr(size, 1))) ++size;
  return take(text, size);
}

// Nothing: it is none.
std::optional<std::string_view> take_value(std::string_view& text) {
  if (!text.starts_with('"')) {
    std::string_view token = take_token(text);
    return token.empty() ? std::nullopt : std::optional(token);
  }
  text.remove_prefix(1);
  const std::size_t end = text.find('"');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view quoted = take(text, end);
  text.remove_prefix(1);
  return quoted;
}

}  // namespace

// Names are the same in either case; what parameters are is not.
std::optional<media_type> media_type::parse(std::string_view text) {
  media_type out;
  out.type = lower_case(take_token(text));
  if (text.starts_with('/')) {
    text.remove_prefix(1);
    out.subtype = lower_case(take_token(text));
  } else if (out.type == "*") {
    out.subtype = "*";
  }
  if (out.type.empty() || out.subtype.empty()) return std::nullopt;
  while (!text.empty()) {
    skip_spaces(text);
    if (!text.starts_with(';')) return std::nullopt;
    text.remove_prefix(1);
    skip_spaces(text);
    std::string_view name = take_token(text);
    if (name.empty() || !text.starts_with('=')) return std::nullopt;
    text.remove_prefix(1);
    auto value = take_value(text);
    if (!value) return std::nullopt;
    out.parameters[lower_case(name)] = *value;
  }
  return out;
}

// K:kong/tools/mime_type.lua.
bool includes(const media_type& wanted, const media_type& one) {
  if (wanted.type == "*") return true;
  if (wanted.type != one.type) return false;
  if (wanted.subtype == "*" || wanted.subtype == one.subtype) return true;
  return wanted.subtype.find('+') == std::string::npos && one.subtype.ends_with('+' + wanted.subtype);
}

}  // namespace mes::gateway
