// Members of an event's data, for consumers: lenient, since producers may add members and leave out optional ones.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/quantity.h"
#include "wire/json/schema.h"

namespace mes::service {
namespace json = boost::json;

// T as in schemas: std::string, bool, std::int64_t, quantity, instant. No value: absent, null, or of another type.
template <class T>
std::optional<T> member_of(const json::object& data, std::string_view name) {
  const json::value* v = data.if_contains(name);
  if (!v || v->is_null()) return std::nullopt;
  T out{};
  wire::decode_errors errors;
  wire::codec<T>::decode(*v, out, wire::field_rules{}, "", errors);
  if (!errors.empty()) return std::nullopt;
  return out;
}

inline std::string text_of(const json::object& data, std::string_view name) {
  return member_of<std::string>(data, name).value_or("");
}
inline bool flag_of(const json::object& data, std::string_view name) {
  return member_of<bool>(data, name).value_or(false);
}

}  // namespace mes::service
