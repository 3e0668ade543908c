// What is wrong with a posted configuration, entity by entity, for tools (POST /config?flatten_errors=1; shape and
// words of kong/db/errors.lua, declarative_config_flattened).
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>

namespace mes::gateway {

struct flattened_errors {
  boost::json::array entities;  // each with its type, id, name, tags, itself and its `errors`
  boost::json::object fields;   // what is about no entity
};

// Of a configuration that was refused.
flattened_errors flatten_errors(const std::string& text);

}  // namespace mes::gateway
