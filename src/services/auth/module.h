// The auth service: users, logins, tokens and their keys. Port 3008, /api/v1/auth.
#pragma once

#include "runtime/process.h"
#include "service/api.h"

namespace mes::auth {

const service::service_definition& definition();
const runtime::role_definition& role();

}  // namespace mes::auth
