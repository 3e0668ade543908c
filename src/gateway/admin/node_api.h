// What the Admin API says of the process itself: kong/api/routes/kong.lua, health.lua and debug.lua.
#pragma once

#include <string>
#include <vector>

#include "gateway/admin/admin.h"

namespace mes::gateway {

// GET /
runtime::http_response show_information(const admin_view& view, const runtime::http_request& request,
                                        const std::vector<std::string>& segments);
// GET /status
runtime::http_response show_status(const admin_view& view, const runtime::http_request& request,
                                   const std::vector<std::string>& segments);
// GET /debug/node/log-level
runtime::http_response show_log_level(const admin_view& view, const runtime::http_request& request,
                                      const std::vector<std::string>& segments);
// PUT /debug/node/log-level/{level}
runtime::http_response set_log_level(const admin_view& view, const runtime::http_request& request,
                                     const std::vector<std::string>& segments);

}  // namespace mes::gateway
