#include "mes/roles.h"

#include <vector>

#include "bus/role.h"
#include "console/role.h"
#include "gateway/role.h"
#include "platform/simulate/simulate.h"
#include "services/auth/module.h"
#include "services/integration/module.h"
#include "services/material/module.h"
#include "services/quality/module.h"
#include "services/reporting/module.h"
#include "services/resource/module.h"
#include "services/traceability/module.h"
#include "services/work_order/module.h"
#include "telemetry/role.h"

namespace mes {

std::span<const runtime::role_definition> roles() {
  static const std::vector<runtime::role_definition> table = {
      telemetry::role(), auth::role(),         integration::role(), material::role(),
      reporting::role(), traceability::role(), bus::role(),         console::role(),
      gateway::role(),   work_order::role(),   resource::role(),    platform::simulate_role(),
      quality::role(),
  };
  return table;
}

const runtime::role_definition* find_role(std::string_view name) {
  for (const runtime::role_definition& role : roles())
    if (role.name == name) return &role;
  return nullptr;
}

}  // namespace mes
