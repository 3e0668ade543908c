// Kong's regular expressions (Rust's regex crate: no look-around, no back references) as RE2 takes them.
#pragma once

#include <re2/re2.h>

#include <string>
#include <string_view>

namespace mes::gateway {

const RE2::Options& pattern_options();  // quiet, with a bound on memory

// "(?<id>…)" becomes "(?P<id>…)", and an escaped character that RE2 takes for no punctuation loses its backslash.
std::string pattern_of(std::string_view expression);

// What would match something else than in Rust, which has classes in classes and operations between them; "" if nothing
// does.
std::string check_classes(std::string_view expression);

// "~/a/(?<id>\d+)", anchored at the start.
std::string regex_of_path(std::string_view path);
// "~*Value" of a route's header: compared with values in lower case.
std::string header_pattern_of(std::string_view value);

}  // namespace mes::gateway
