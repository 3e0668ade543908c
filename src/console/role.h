// The role `console`: the platform's pages on Grafana's, Kibana's and Kafka UI's ports.
#pragma once

#include "runtime/process.h"

namespace mes::console {

const runtime::role_definition& role();

}  // namespace mes::console
