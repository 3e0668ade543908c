#include "services/traceability/module.h"

#include "services/traceability/consumers.h"
#include "services/traceability/handlers.h"
#include "services/traceability/migrations.h"

namespace mes::traceability {

const service::service_definition& definition() {
  static const service::service_definition d{.name = "traceability",
                                             .port = 3012,
                                             .base_path = "/api/v1/traceability",
                                             .migrations = migrations,
                                             .define = [](service::api& surface) {
                                               define_genealogy(surface);
                                               define_consumers(surface);
                                             }};
  return d;
}

const runtime::role_definition& role() {
  static const runtime::role_definition r{.name = "traceability",
                                          .summary = "What was made where, when, by whom, from what",
                                          .settings = service::settings,
                                          .run = [](runtime::process& p) { return service::run(p, definition()); }};
  return r;
}

}  // namespace mes::traceability
