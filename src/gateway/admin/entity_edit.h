// One entity as it is to be, checked by the tables that a file is checked by, and against all others.
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "gateway/admin/refusal.h"
#include "gateway/config/document.h"

namespace mes::gateway {

struct entity_edit {
  const document& all;
  const entity_kind& kind;
  boost::json::object wanted;  // what is given; references are {"id": …} or {"name": …}
  std::string id;              // that it is to have
  entity_ptr before;           // that it replaces
  bool seal = true;            // a password in it is plain text
  instant now;
};

// Types, values and rules of the entity alone; defaults are filled in, references stand as ids.
std::expected<boost::json::object, refusal> read_edit(const entity_edit& edit);
// What it shares with no other, and whether what it refers to is there.
std::optional<refusal> check_among(const document& all, const entity_kind& kind, const boost::json::object& entity);

}  // namespace mes::gateway
