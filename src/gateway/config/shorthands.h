// Shorthands of services and routes, and their rules between fields
// (kong/db/schema/entities/services.lua, routes.lua, routes_subschemas.lua, keys.lua).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/schema.h"

namespace mes::gateway {

// `url` stands for protocol, host, port and path, which do not count beside it.
std::vector<std::string_view> replaced_by_url(const wire::yaml_node& node);
void finish_service(record& source, const std::string& what, reporter& report);
void finish_route(record& source, const std::string& what, reporter& report);
void finish_key(record& source, const std::string& what, reporter& report);

}  // namespace mes::gateway
