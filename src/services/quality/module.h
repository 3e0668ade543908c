// The quality service: role and definition.
#pragma once

#include "runtime/process.h"
#include "service/api.h"

namespace mes::quality {

const service::service_definition& definition();
const runtime::role_definition& role();

}  // namespace mes::quality
