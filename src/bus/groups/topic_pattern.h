// Regular expressions over topic names, as consumers subscribe by them: RE2 syntax, the whole name.
#pragma once

#include <optional>
#include <string>

#include "bus/groups/topic_set.h"
#include "bus/groups/topic_view.h"

namespace mes::bus::groups {

// What is wrong with it; nothing: it can be used.
std::optional<std::string> check_pattern(const std::string& regex);
topic_set matching_topics(const std::string& regex, const topic_view& topics);

}  // namespace mes::bus::groups
