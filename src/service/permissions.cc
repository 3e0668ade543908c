#include "service/permissions.h"

#include <algorithm>

namespace mes::service {

std::span<const role_permissions> role_table() {
  static const std::vector<role_permissions> table = {
      {"admin", "Everything, users and keys included", {"*"}},
      {"planner",
       "Plans and releases orders, keeps parts, routings and equipment",
       {"workorders:*", "parts:*", "equipment:*", "quality:read", "traceability:read", "dashboard:*",
        "integration:read"}},
      {"operator",
       "Starts, reports and completes work",
       {"workorders:read", "workorders:execute", "parts:read", "parts:execute", "equipment:read", "equipment:execute",
        "quality:read", "traceability:read", "dashboard:read"}},
      {"inspector",
       "Inspects, decides on nonconforming material",
       {"quality:*", "workorders:read", "workorders:execute", "parts:read", "parts:execute", "equipment:read",
        "traceability:*", "dashboard:read"}},
      {"integration",
       "Machines: imports, ERP, PLM and SCADA",
       {"workorders:*", "parts:*", "equipment:*", "quality:read", "quality:write", "traceability:read",
        "dashboard:read", "integration:*"}},
      {"viewer",
       "Reads",
       {"workorders:read", "parts:read", "equipment:read", "quality:read", "traceability:read", "dashboard:read",
        "integration:read"}},
  };
  return table;
}

namespace {

bool covers(std::string_view granted, std::string_view wanted) {
  if (granted == "*" || granted == wanted) return true;
  if (!granted.ends_with(":*")) return false;
  return wanted.starts_with(granted.substr(0, granted.size() - 1));
}

}  // namespace

bool allowed(const std::vector<std::string>& roles, std::string_view permission) {
  return std::ranges::any_of(role_table(), [&](const role_permissions& row) {
    return std::ranges::find(roles, row.role) != roles.end() &&
           std::ranges::any_of(row.permissions, [&](std::string_view granted) { return covers(granted, permission); });
  });
}

}  // namespace mes::service
