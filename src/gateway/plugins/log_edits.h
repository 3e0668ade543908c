// What scripts change of an exchange's log record (K:kong/pdk/log.lua, set_serialize_value). Edits stay with the
// exchange: log plugins that run later see those of earlier ones.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mes::gateway {

struct log_edit {
  // set: whether it is there or not; add: unless it is; replace: if it is.
  enum class mode : std::uint8_t { set, add, replace };

  std::string key;  // "request.headers.x": dots lead into tables, which are made where they are missing
  mode how = mode::set;
  std::optional<boost::json::value> value;  // nothing: what is there goes away
};

struct log_edits {
  std::vector<log_edit> list;
  std::size_t bytes_left = 8 << 20;  // for values that scripts still set
};

constexpr std::ptrdiff_t key_parts_max = 100;
bool is_too_deep(std::string_view key);  // more parts than that: each is a table in the one before

// An error where a key leads through what is no table: Kong makes no record then.
result<void> apply(const log_edits& edits, boost::json::object& record);

}  // namespace mes::gateway
