// Who may do what: roles and their permissions, one table for all services, tokens and the console.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mes::service {

struct role_permissions {
  std::string_view role;
  std::string_view doc;
  std::vector<std::string_view> permissions;  // "workorders:write"; "quality:*" and "*" match all below
};

std::span<const role_permissions> role_table();
bool allowed(const std::vector<std::string>& roles, std::string_view permission);

}  // namespace mes::service
