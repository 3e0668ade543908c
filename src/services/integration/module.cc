#include "services/integration/module.h"

#include "services/integration/exchanges.h"
#include "services/integration/messages.h"
#include "services/integration/migrations.h"
#include "services/integration/webhooks.h"

namespace mes::integration {

const service::service_definition& definition() {
  static const service::service_definition d{.name = "integration",
                                             .port = 3015,
                                             .base_path = "/api/v1/integration",
                                             .migrations = migrations,
                                             .define = [](service::api& surface) {
                                               define_messages(surface);
                                               define_webhooks(surface);
                                               define_syncs(surface);
                                               define_scada(surface);
                                             }};
  return d;
}

const runtime::role_definition& role() {
  static const runtime::role_definition r{.name = "integration",
                                          .summary = "Messages with other systems, webhooks, ERP, PLM, SCADA",
                                          .settings = service::settings,
                                          .run = [](runtime::process& p) { return service::run(p, definition()); }};
  return r;
}

}  // namespace mes::integration
