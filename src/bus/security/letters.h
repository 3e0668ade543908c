// Upper and lower case as Java has it, of all of Unicode's letters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mes::bus::security {

enum class letter_case : std::uint8_t { lower, upper };

// What is no UTF-8 stays as it is.
std::string in_case(letter_case wanted, std::string_view text);

}  // namespace mes::bus::security
