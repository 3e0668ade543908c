// What log plugins tell of an exchange: the JSON of Kong's kong.log.serialize (K:kong/pdk/log.lua).
#pragma once

#include <boost/json/object.hpp>

#include "base/error.h"
#include "gateway/plugins/plugin.h"

namespace mes::gateway {

// In the log phase, with what scripts have changed of it; an error if they cannot be applied. Authorization fields are
// redacted, as in Kong.
result<boost::json::object> log_record_of(const plugin_context& c);
result<std::string> log_line_of(
    const plugin_context& c);  // as text, whose bytes are UTF-8 whatever the client has sent

// A plugin with log records has this in header_filter, so that the answer's fields are kept.
inline void keep_for_log(plugin_context& c) {
  c.want_sent_head = true;
  c.passed_over = true;  // Kong's have no such phase
}

}  // namespace mes::gateway
