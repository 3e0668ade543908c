#include "gateway/plugins/media_type.h"

#include "base/lower_case.h"
#include "gateway/http/head.h"

namespace mes::gateway {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<media_type> media_type::parse(std::string_view text) {
  std::size_t end = text.find(';');
  std::string_view whole = trimmed(text.substr(0, end));
  std::size_t slash = whole.find('/');
  media_type out;
  if (whole == "*") {
    out.type = out.subtype = "*";
  } else {
    if (slash == std::string_view::npos) return std::nullopt;
    out.type = lower_case(whole.substr(0, slash));
    out.subtype = lower_case(whole.substr(slash + 1));
    if (!is_token(out.type) || !is_token(out.subtype)) return std::nullopt;
  }
  while (end != std::string_view::npos) {
    text.remove_prefix(end + 1);
    end = text.find(';');
    std::string_view one = trimmed(text.substr(0, end));
    std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    std::string_view value = one.substr(equals + 1);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
    out.parameters[lower_case(one.substr(0, equals))] = lower_case(value);
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
