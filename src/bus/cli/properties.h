// Java's .properties files, as Kafka's tools read them (java.util.Properties.load).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mes::bus::cli {

struct property {
  std::size_t line = 0;  // where it begins, from 1 on
  std::string key, value;
};

// Comments (# and !), =, : or white space between key and value, lines that go on after a backslash, escapes with
// \uXXXX. What is no escape is the character itself, so that nothing is wrong.
std::vector<property> parse_properties(std::string_view text);

}  // namespace mes::bus::cli
