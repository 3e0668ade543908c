// The material service: parts, lots, serial numbers and what there is of them. Port 3011, /api/v1/parts.
#pragma once

#include "runtime/process.h"
#include "service/api.h"

namespace mes::material {

const service::service_definition& definition();
const runtime::role_definition& role();

}  // namespace mes::material
