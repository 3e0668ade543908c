// The work-order service: role and definition.
#pragma once

#include "runtime/process.h"
#include "service/api.h"

namespace mes::work_order {

const service::service_definition& definition();
const runtime::role_definition& role();

}  // namespace mes::work_order
