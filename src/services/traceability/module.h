// The traceability service: what was made where, when, by whom, from what. Port 3012, /api/v1/traceability.
#pragma once

#include "runtime/process.h"
#include "service/api.h"

namespace mes::traceability {

const service::service_definition& definition();
const runtime::role_definition& role();

}  // namespace mes::traceability
