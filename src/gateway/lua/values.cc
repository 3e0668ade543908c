#include "gateway/lua/values.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <lua.hpp>
#include <string_view>

namespace mes::gateway {
namespace {

namespace json = boost::json;

constexpr int table_depth_max = 100;
constexpr double list_holes_max = 10;  // cjson's encode_sparse_array: more, and less than every second one is there

json::value read(lua_State* l, int index, int depth, const char*& wrong);

std::string key_text(lua_State* l, int index) {
  if (lua_type(l, index) == LUA_TNUMBER) return fmt::format("{:.14g}", lua_tonumber(l, index));
  std::size_t bytes = 0;
  const char* text = lua_tolstring(l, index, &bytes);
  return {text, bytes};
}

// The greatest of the keys if all of them are whole and positive; 0: it is no list.
double list_length(lua_State* l, int index, const char*& wrong) {
  double greatest = 0, count = 0;
  for (lua_pushnil(l); lua_next(l, index) != 0; lua_pop(l, 1)) {
    const double key = lua_type(l, -2) == LUA_TNUMBER ? lua_tonumber(l, -2) : 0;
    if (key < 1 || std::floor(key) != key) return lua_pop(l, 2), 0;
    greatest = std::max(greatest, key);
    ++count;
  }
  if (greatest > list_holes_max && greatest > 2 * count) wrong = "an excessively sparse list";
  return wrong ? 0 : greatest;
}

json::value read_table(lua_State* l, int index, int depth, const char*& wrong) {
  if (depth >= table_depth_max || lua_checkstack(l, 4) == 0) return wrong = "a table that is nested too deep", nullptr;
  const double length = list_length(l, index, wrong);
  if (length > 0) {
    json::array list;
    for (int i = 1; i <= static_cast<int>(length) && !wrong; ++i) {
      lua_rawgeti(l, index, i);
      list.push_back(read(l, lua_gettop(l), depth + 1, wrong));
      lua_pop(l, 1);
    }
    return list;
  }
  json::object out;
  if (wrong) return out;
  for (lua_pushnil(l); lua_next(l, index) != 0; lua_pop(l, 1)) {
    if (lua_type(l, -2) != LUA_TNUMBER && lua_type(l, -2) != LUA_TSTRING) wrong = "a key that is no text and no number";
    if (wrong) return lua_pop(l, 2), out;
    out[key_text(l, -2)] = read(l, lua_gettop(l), depth + 1, wrong);
  }
  return out;
}

json::value read(lua_State* l, int index, int depth, const char*& wrong) {
  switch (lua_type(l, index)) {
    case LUA_TNIL:
      return nullptr;
    case LUA_TBOOLEAN:
      return lua_toboolean(l, index) != 0;
    case LUA_TNUMBER:
      if (!std::isfinite(lua_tonumber(l, index))) wrong = "a number that is NaN or infinite";
      return lua_tonumber(l, index);
    case LUA_TSTRING: {
      std::size_t bytes = 0;
      const char* text = lua_tolstring(l, index, &bytes);
      return json::value(std::string_view(text, bytes));
    }
    case LUA_TTABLE:
      return read_table(l, index, depth, wrong);
    default:
      return wrong = "what is no nil, number, text, boolean or table", nullptr;
  }
}

void push_text(lua_State* l, std::string_view text) { lua_pushlstring(l, text.data(), text.size()); }

}  // namespace

void push_value(lua_State* l, const json::value& value) {
  luaL_checkstack(l, 4, "too many values");
  if (const auto* text = value.if_string()) {
    push_text(l, *text);
  } else if (const auto* object = value.if_object()) {
    lua_createtable(l, 0, static_cast<int>(object->size()));
    for (const auto& [name, member] : *object) {
      if (member.is_null()) continue;
      push_text(l, name);
      push_value(l, member);
      lua_rawset(l, -3);
    }
  } else if (const auto* list = value.if_array()) {
    lua_createtable(l, static_cast<int>(list->size()), 0);
    int index = 0;
    for (const json::value& item : *list) {
      push_value(l, item);
      lua_rawseti(l, -2, ++index);
    }
  } else if (value.is_bool()) {
    lua_pushboolean(l, value.get_bool() ? 1 : 0);
  } else if (value.is_number()) {
    lua_pushnumber(l, value.to_number<double>());
  } else {
    lua_pushnil(l);
  }
}

std::optional<json::value> value_at(lua_State* l, int index, const char*& wrong) {
  wrong = nullptr;
  if (lua_isnoneornil(l, index)) return std::nullopt;
  return read(l, index, 0, wrong);
}

}  // namespace mes::gateway
