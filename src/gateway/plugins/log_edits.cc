#include "gateway/plugins/log_edits.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <string_view>
#include <utility>

namespace mes::gateway {
namespace {

namespace json = boost::json;

// Lua's list is a table with the keys 1, 2, …: one that gets a name as well is written as an object.
json::object& as_table(json::value& list) {
  json::object table;
  std::size_t index = 0;
  for (json::value& item : list.get_array()) table[std::to_string(++index)] = std::move(item);
  return list = std::move(table), list.get_object();
}

// The table that the key's last part is in; nullptr: there is none, and none is to be made.
result<json::object*> table_of(json::object& record, std::string_view path, const log_edit& edit) {
  json::object* at = &record;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    const std::string_view part = path.substr(0, dot);
    path.remove_prefix(dot + 1);
    json::value* next = at->if_contains(part);
    if (!next) {
      if (edit.how == log_edit::mode::replace) return nullptr;
      next = &((*at)[part] = json::object{});
    }
    if (!next->is_object() && !next->is_array())
      return fail(error_code::invalid_argument,
                  fmt::format("the key '{}' leads through '{}', which is no table", edit.key, part));
    at = next->is_array() ? &as_table(*next) : &next->get_object();
  }
  return at;
}

}  // namespace

bool is_too_deep(std::string_view key) { return std::ranges::count(key, '.') >= key_parts_max; }

result<void> apply(const log_edits& edits, json::object& record) {
  for (const log_edit& edit : edits.list) {
    auto table = table_of(record, edit.key, edit);
    if (!table) return fail(table.error());
    if (!*table) continue;
    const std::string_view last = std::string_view(edit.key).substr(edit.key.rfind('.') + 1);
    const bool there = (*table)->contains(last);
    if (edit.how != log_edit::mode::set && there != (edit.how == log_edit::mode::replace)) continue;
    if (edit.value)
      (**table)[last] = *edit.value;
    else
      (*table)->erase(last);
  }
  return {};
}

}  // namespace mes::gateway
