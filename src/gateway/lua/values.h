// Values between Lua and JSON, as cjson turns one into the other.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>

struct lua_State;

namespace mes::gateway {

// null inside of an object or a list is left out, so that `route.hosts or …` is what it looks like. A Lua error where
// memory ends.
void push_value(lua_State* state, const boost::json::value& value);

// Of what is at `index`; nil: nothing. `wrong` is what JSON has no form of: a function, a table as a key, a number that
// is none, a list with great holes, what is nested a hundred deep, a table twice (as Kong), or more than `bytes_left`,
// from which it is taken; nullptr: nothing.
std::optional<boost::json::value> value_at(lua_State* state, int index, std::size_t& bytes_left, const char*& wrong);

}  // namespace mes::gateway
