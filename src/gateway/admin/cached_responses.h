// What proxy-cache keeps: looking at it, and letting go of it (kong/plugins/proxy-cache/api.lua).
#pragma once

#include <string>
#include <vector>

#include "gateway/admin/admin.h"

namespace mes::gateway {

// GET /proxy-cache/{key} or /proxy-cache/{plugin}/caches/{key}
runtime::http_response show_cached(const admin_view& view, const runtime::http_request& request,
                                   const std::vector<std::string>& segments);
// DELETE of the same
runtime::http_response forget_cached(const admin_view& view, const runtime::http_request& request,
                                     const std::vector<std::string>& segments);
// DELETE /proxy-cache
runtime::http_response forget_all_cached(const admin_view& view, const runtime::http_request& request,
                                         const std::vector<std::string>& segments);

}  // namespace mes::gateway
