// The role `telemetry`: takes spans and log lines, keeps them, answers Jaeger's and Elasticsearch's queries.
#pragma once

#include "runtime/process.h"

namespace mes::telemetry {

const runtime::role_definition& role();

}  // namespace mes::telemetry
