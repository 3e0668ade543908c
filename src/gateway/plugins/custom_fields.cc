#include "gateway/plugins/custom_fields.h"

#include <fmt/format.h>

#include "gateway/plugins/log_edits.h"

namespace mes::gateway {
namespace {

std::string check_field(std::string_view text) {
  const std::string wrong = check_lua({lua_script::kind::log_field, std::string(text)});
  return wrong.empty() ? "" : "Error parsing function: " + wrong;
}

std::string check_field_name(std::string_view name) {
  if (is_too_deep(name)) return fmt::format("a name has {} parts at most", key_parts_max);
  return name.empty() ? "length must be at least 1" : "";
}

}  // namespace

field custom_fields_by_lua() {
  return {.name = "custom_fields_by_lua",
          .type = field_type::text_map,
          .check = check_field,
          .check_key = check_field_name};
}

custom_fields::custom_fields(const plugin_entry& entry) : _plugin(entry.name) {
  if (entry.config.is_null("custom_fields_by_lua")) return;
  for (const auto& [name, source] : entry.config.at("custom_fields_by_lua").get_object())
    _fields.push_back({name, std::make_unique<lua_script>(lua_script::kind::log_field,
                                                          std::string(std::string_view(source.get_string())))});
}

bool custom_fields::apply(plugin_context& c) const {
  if (_fields.empty()) return true;
  lua_turn turn(*c.lua, c);
  for (const custom_field& f : _fields)
    if (auto set = turn.set_field(f.name, *f.script); !set) {
      c.lua->complain(f.script.get(), fmt::format("[{}] custom_fields_by_lua, {}: {}; no record is sent", _plugin,
                                                  f.name, set.error().message));
      return false;
    }
  return true;
}

}  // namespace mes::gateway
