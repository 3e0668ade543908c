// JSON as Lua's cjson writes it: numbers with 14 significant digits, "/" as "\/".
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace mes::gateway {

std::string cjson_encode(const boost::json::value& value);
std::string cjson_encode(std::string_view text);

}  // namespace mes::gateway
