// contracts/topics.yaml: the platform's topics.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "bus/broker.h"

namespace mes::bus {

// The error has all that is wrong, one "file:line:column: what" a line.
result<std::vector<topic_spec>> parse_topics(std::string_view text, std::string_view file_name);

std::string_view built_in_topics();  // the file as it was when this binary was built

}  // namespace mes::bus
