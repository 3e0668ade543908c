// Kong's entities as tables of fields.
#pragma once

#include "gateway/config/schema.h"

namespace mes::gateway {

const schema& service_fields();
const schema& route_fields();
const schema& consumer_fields();
const schema& plugin_fields();  // `config` is the plugin's own
const schema& upstream_fields();
const schema& target_fields();
const schema& jwt_secret_fields();
const schema& top_level_fields();

// Lists of entities that Kong knows and we have no use for yet, each with why.
struct absent_entity {
  std::string_view name;
  std::string_view why;
};
const std::vector<absent_entity>& absent_entities();

}  // namespace mes::gateway
