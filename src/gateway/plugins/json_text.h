// JSON as Lua's cjson reads and writes it: up to 1000 levels, texts of any bytes, all numbers of strtod (0x1f, NaN);
// numbers with 14 significant digits, "/" as "\/".
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace mes::gateway {

// Bodies are read by this: what a service may understand and this does not goes around the plugins that change it.
std::optional<boost::json::value> cjson_decode(std::string_view text);
// A request's: error_code::too_large beyond a million values, which take some thirty times the memory of "0,0,0".
result<boost::json::value> cjson_decode_body(std::string_view text);
// Where cjson refuses a number this writes one that is JSON: 1e999 beyond doubles, null for NaN.
std::string cjson_encode(const boost::json::value& value);
std::string cjson_encode(std::string_view text);

}  // namespace mes::gateway
