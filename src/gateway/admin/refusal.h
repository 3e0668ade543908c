// The Admin API's errors as Kong words them (kong/db/errors.lua, kong/api/endpoints.lua).
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/diagnostic.h"

namespace mes::gateway {

struct refusal {
  int status = 400;
  boost::json::object body;
};

// Where in an entity a finding is: "config.minute", "paths[0]"; "" = the entity as a whole.
void add_reason(boost::json::object& fields, std::string_view path, const std::string& reason);

refusal schema_violation(const boost::json::object& fields);
refusal primary_key_violation(std::string_view id);
refusal unique_violation(const boost::json::object& keys);
refusal invalid_primary_key();
refusal invalid_reference(std::string_view field, std::string_view id, std::string_view parent);
refusal unresolved_reference(std::string_view field, std::string_view by, std::string_view value,
                             std::string_view parent);
refusal still_referenced(std::string_view parent, std::string_view child);
refusal no_such_entity(std::string_view by, std::string_view value);
refusal invalid_offset(std::string_view offset);
refusal invalid_size(std::string_view why);
refusal invalid_tags(std::string_view why);
refusal plain(int status, std::string_view message);  // {"message": …}

// As Penlight's pretty.write has a table, which Kong's messages quote: {id="…"}.
std::string lua_text(const boost::json::value& value);

}  // namespace mes::gateway
