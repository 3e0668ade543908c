// Kong's endpoints for entities, all of them by the table of entities: /services, /services/{}, /services/{}/routes,
// /services/{}/routes/{}, /routes/{}/service; GET, POST, PUT, PATCH, DELETE (kong/api/endpoints.lua).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/admin/admin.h"

namespace mes::gateway {

// Nothing if there is no such endpoint.
std::optional<runtime::http_response> answer_entities(const admin_view& view, const runtime::http_request& request,
                                                      const std::vector<std::string>& segments);

// POST /schemas/{entity}/validate: whether one would be taken, apart from what others there are.
std::optional<refusal> validate_entity(const admin_view& view, const entity_kind& kind,
                                       const runtime::http_request& request);

}  // namespace mes::gateway
