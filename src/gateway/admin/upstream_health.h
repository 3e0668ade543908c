// How an upstream's targets are, and setting it by hand (kong/api/routes/upstreams.lua).
#pragma once

#include <string>
#include <vector>

#include "gateway/admin/admin.h"

namespace mes::gateway {

// GET /upstreams/{}/health
runtime::http_response show_health(const admin_view& view, const runtime::http_request& request,
                                   const std::vector<std::string>& segments);
// PUT /upstreams/{}/targets/{}[/{address}]/healthy or …/unhealthy
runtime::http_response set_health(const admin_view& view, const runtime::http_request& request,
                                  const std::vector<std::string>& segments);

}  // namespace mes::gateway
