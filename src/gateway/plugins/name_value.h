// "name:value" entries of the transformers' lists, as Lua's "^([^:]+):*(.-)$" splits them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/schema.h"

namespace mes::gateway {

struct name_value {
  std::string name, value;

  static name_value parse(std::string_view entry);
};

// The list `field_name` ("add.headers") of a configuration.
std::vector<name_value> name_values(const record& config, std::string_view field_name);

// Checks of single entries: "" if fine.
std::string check_has_value(std::string_view entry);          // a name and a value
std::string check_header_entry(std::string_view entry);       // a header's name, and a colon
std::string check_header_entry_name(std::string_view entry);  // a header's name
std::string check_two_headers(std::string_view entry);        // "old:new", both names of headers
std::string check_colon(std::string_view entry);              // a colon after something

}  // namespace mes::gateway
