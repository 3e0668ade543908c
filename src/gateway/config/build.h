// Between reading and using: entities as they were written, and the step that resolves them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/configuration.h"

namespace mes::gateway {

// Indexes of the entities that one is written inside of; -1 = none.
struct parents {
  int service = -1, route = -1, consumer = -1, upstream = -1;
};

struct raw_entity {
  record source;
  parents of;
};

struct raw_plugin : raw_entity {
  record config;
};

struct raw_entities {
  std::string format_version;
  bool transform = true;
  std::vector<record> services, consumers, upstreams;
  std::vector<raw_entity> routes, targets, jwt_secrets;
  std::vector<raw_plugin> plugins;
};

// Rules between fields and entities, references, ids. Findings go to `report`; the result is whole if it has no errors.
std::unique_ptr<configuration> build_configuration(raw_entities& raw, reporter& report);

// The place in "file:line:column: …", {1, 1} if there is none.
wire::yaml_mark mark_in(std::string_view message);

}  // namespace mes::gateway
