// The integration service: messages with other systems, webhooks, ERP, PLM, SCADA. Port 3015, /api/v1/integration.
#pragma once

#include "runtime/process.h"
#include "service/api.h"

namespace mes::integration {

const service::service_definition& definition();
const runtime::role_definition& role();

}  // namespace mes::integration
