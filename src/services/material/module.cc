#include "services/material/module.h"

#include "services/material/handlers.h"
#include "services/material/migrations.h"

namespace mes::material {

const service::service_definition& definition() {
  static const service::service_definition d{.name = "material",
                                             .port = 3011,
                                             .base_path = base_path,
                                             .migrations = migrations,
                                             .define = [](service::api& api) {
                                               define_parts(api);
                                               define_lots(api);
                                               define_inventory(api);
                                               define_serials(api);
                                               define_consumers(api);
                                             }};
  return d;
}

const runtime::role_definition& role() {
  static const runtime::role_definition r{.name = "material",
                                          .summary = "Parts, lots, serial numbers and what there is of them",
                                          .settings = service::settings,
                                          .run = [](runtime::process& p) { return service::run(p, definition()); }};
  return r;
}

}  // namespace mes::material
