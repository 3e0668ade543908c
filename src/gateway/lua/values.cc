#include "gateway/lua/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <lua.hpp>
#include <string_view>
#include <unordered_set>

namespace mes::gateway {
namespace {

namespace json = boost::json;

constexpr int table_depth_max = 100;
constexpr double list_holes_max = 10;  // cjson's encode_sparse_array: more, and less than every second one is there

// Of one value. What is short in Lua may be long here: texts that are shared there are copied.
struct reading {
  std::size_t bytes_left;
  const char* wrong = nullptr;  // why it cannot be had
  std::unordered_set<const void*> tables = {};

  bool take(std::size_t bytes) {
    if (bytes > bytes_left) wrong = "more than a record may hold";
    bytes_left -= std::min(bytes, bytes_left);
    return !wrong;
  }
};

json::value read(lua_State* l, int index, int depth, reading& r);

std::string key_text(lua_State* l, int index) {
  if (lua_type(l, index) == LUA_TNUMBER) return fmt::format("{:.14g}", lua_tonumber(l, index));
  std::size_t bytes = 0;
  const char* text = lua_tolstring(l, index, &bytes);
  return {text, bytes};
}

// The greatest of the keys if all of them are whole and positive; 0: it is no list.
double list_length(lua_State* l, int index, reading& r) {
  double greatest = 0, count = 0;
  for (lua_pushnil(l); lua_next(l, index) != 0; lua_pop(l, 1)) {
    const double key = lua_type(l, -2) == LUA_TNUMBER ? lua_tonumber(l, -2) : 0;
    if (key < 1 || std::floor(key) != key) return lua_pop(l, 2), 0;
    greatest = std::max(greatest, key);
    ++count;
  }
  if (greatest > list_holes_max && greatest > 2 * count) r.wrong = "an excessively sparse list";
  return r.wrong ? 0 : greatest;
}

// As Kong, which takes each table once: one that is in itself has no end, and those that are in others twice double
// with each level.
json::value read_table(lua_State* l, int index, int depth, reading& r) {
  if (depth >= table_depth_max || lua_checkstack(l, 4) == 0)
    return r.wrong = "a table that is nested too deep", nullptr;
  if (!r.tables.insert(lua_topointer(l, index)).second) return r.wrong = "the same table twice", nullptr;
  const double length = list_length(l, index, r);
  if (length > 0) {
    json::array list;
    for (int i = 1; i <= static_cast<int>(length) && !r.wrong; ++i) {
      lua_rawgeti(l, index, i);
      list.push_back(read(l, lua_gettop(l), depth + 1, r));
      lua_pop(l, 1);
    }
    return list;
  }
  json::object out;
  if (r.wrong) return out;
  for (lua_pushnil(l); lua_next(l, index) != 0; lua_pop(l, 1)) {
    if (lua_type(l, -2) != LUA_TNUMBER && lua_type(l, -2) != LUA_TSTRING)
      r.wrong = "a key that is no text and no number";
    if (r.wrong) return lua_pop(l, 2), out;
    const std::string key = key_text(l, -2);
    r.take(key.size());
    out[key] = read(l, lua_gettop(l), depth + 1, r);
  }
  return out;
}

json::value read(lua_State* l, int index, int depth, reading& r) {
  if (!r.take(sizeof(json::value))) return nullptr;
  switch (lua_type(l, index)) {
    case LUA_TNIL:
      return nullptr;
    case LUA_TBOOLEAN:
      return lua_toboolean(l, index) != 0;
    case LUA_TNUMBER:
      if (!std::isfinite(lua_tonumber(l, index))) r.wrong = "a number that is NaN or infinite";
      return lua_tonumber(l, index);
    case LUA_TSTRING: {
      std::size_t bytes = 0;
      const char* text = lua_tolstring(l, index, &bytes);
      return r.take(bytes) ? json::value(std::string_view(text, bytes)) : nullptr;
    }
    case LUA_TTABLE:
      return read_table(l, index, depth, r);
    default:
      return r.wrong = "what is no nil, number, text, boolean or table", nullptr;
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

std::optional<json::value> value_at(lua_State* l, int index, std::size_t& bytes_left, const char*& wrong) {
  wrong = nullptr;
  if (lua_isnoneornil(l, index)) return std::nullopt;
  reading r{.bytes_left = bytes_left};
  json::value value = read(l, index, 0, r);
  bytes_left = r.bytes_left;
  wrong = r.wrong;
  return value;
}

}  // namespace mes::gateway
