// The tables of fields as Kong's /schemas shows its own, which decK and others fill defaults in by.
#pragma once

#include <boost/json/object.hpp>

#include "gateway/config/entities.h"
#include "gateway/plugins/plugin.h"

namespace mes::gateway {

boost::json::object describe_entity(const entity_kind& kind);
boost::json::object describe_plugin(const plugin_kind& kind);         // as an entity of that kind
boost::json::object describe_plugin_config(const plugin_kind& kind);  // its `config` alone

}  // namespace mes::gateway
