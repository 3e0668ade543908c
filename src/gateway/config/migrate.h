// Files of the formats 1.1 and 2.1, as Kong 3 reads them: a path that looks like a regular expression gets a '~'.
#pragma once

#include <string>
#include <string_view>

#include "gateway/config/diagnostic.h"

namespace mes::gateway {

// One path of the old formats in the new form (kong/db/migrations/migrate_path_280_300.lua).
std::string migrate_path(std::string_view path);

// Rewrites the paths of top-level routes and of those nested in services, where Kong does
// (kong/db/declarative/migrations/route_path.lua); each that became a regular expression is a warning.
void migrate_paths(wire::yaml_node& root, reporter& report);

}  // namespace mes::gateway
