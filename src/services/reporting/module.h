// The reporting service: production totals, key figures, audit and notifications. Port 3014, /api/v1/dashboard.
#pragma once

#include "runtime/process.h"
#include "service/api.h"

namespace mes::reporting {

const service::service_definition& definition();
const runtime::role_definition& role();

}  // namespace mes::reporting
