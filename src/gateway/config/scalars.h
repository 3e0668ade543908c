// What a plain scalar of a YAML file stands for, as lyaml (Kong's reader) takes it: the types of YAML 1.1, with octal,
// binary, hexadecimal and sexagesimal numbers, without y and n.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "wire/yaml/yaml.h"

namespace mes::gateway {

// nullopt: something else. A quoted scalar is always text.
std::optional<bool> as_boolean(const wire::yaml_node& node);
std::optional<double> as_number(const wire::yaml_node& node);
bool is_bare(const wire::yaml_node& node);  // [] or {}: Lua has one table for both

boost::json::value number_value(double value);                // an integer where it is whole
boost::json::value plain_value(const wire::yaml_node& node);  // without a schema: what YAML says it is

std::string describe(const wire::yaml_node& node);  // "the number 3", "a list": for messages

}  // namespace mes::gateway
