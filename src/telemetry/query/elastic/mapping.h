// What fields there are, and of which type: _mapping and _field_caps.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "telemetry/parts/store.h"

namespace mes::telemetry::elastic {

// By index, then path: "keyword", "text", "date", "long", "float", "boolean". Complete: gathered from every row.
using field_types = std::map<std::string, std::map<std::string, std::string>>;
field_types types_of(const snapshot& seen);

std::string mapping_json(const field_types& types);
std::string field_caps_json(const field_types& types, std::string_view field_patterns);

}  // namespace mes::telemetry::elastic
