// What log plugins tell of an exchange: the JSON of Kong's kong.log.serialize (K:kong/pdk/log.lua).
#pragma once

#include <boost/json/object.hpp>

#include "gateway/config/schema.h"
#include "gateway/plugins/plugin.h"

namespace mes::gateway {

// In the log phase. Authorization fields are redacted, as in Kong.
boost::json::object log_record_of(const plugin_context& c);
std::string log_line_of(const plugin_context& c);  // as text, whose bytes are UTF-8 whatever the client has sent

// A plugin with log records has this in header_filter, so that the answer's fields are kept.
inline void keep_for_log(plugin_context& c) { c.want_sent_head = true; }

// Log plugins' `custom_fields_by_lua`: Lua is not run here; an empty mapping is fine.
field custom_fields_by_lua();

}  // namespace mes::gateway
