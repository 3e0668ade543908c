// Which endpoint of entities a path is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/entities.h"

namespace mes::gateway {

struct entity_place {
  const entity_kind* kind = nullptr;  // of what is asked for
  std::string key;                    // its id or name; "" = all of them
  const entity_kind* parent = nullptr;
  std::string parent_key;
  // /services/{}/routes: the routes' field that names the service. /routes/{}/service: the route's (by_parent).
  const field* link = nullptr;
  bool by_parent = false;

  bool is_list() const { return key.empty() && !by_parent; }
};

std::string_view path_name_of(const entity_kind& kind);    // "key-auths"
std::string_view nested_name_of(const entity_kind& kind);  // "key-auth"

std::optional<entity_place> find_place(const std::vector<std::string>& segments);

}  // namespace mes::gateway
