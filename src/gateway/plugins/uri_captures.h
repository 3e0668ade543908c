// What a route's regular expressions caught of a request.
#pragma once

#include <boost/json/object.hpp>

#include "gateway/plugins/plugin.h"

namespace mes::gateway {

// By name, and by number from "1"; "0" is all that matched. A group that has no part in it is not there. Empty if the
// route has no group.
boost::json::object uri_captures(const plugin_context& c);

}  // namespace mes::gateway
