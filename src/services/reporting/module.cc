#include "services/reporting/module.h"

#include "services/reporting/consumers.h"
#include "services/reporting/handlers.h"
#include "services/reporting/migrations.h"

namespace mes::reporting {
namespace {

// Tells consoles that figures changed, at most once a period, and nothing while they do not.
void define_refresh(service::api& surface) {
  surface.every(std::chrono::seconds(5), "announce changed figures",
                [last = std::make_shared<std::string>()](service::command& c) -> result<void> {
                  std::string now = revision_of(c.db);
                  if (std::exchange(*last, now) == now) return {};
                  c.emit("reporting.dashboard-refresh", "production", 0, {{"view", "production"}, {"revision", now}});
                  return {};
                });
}

}  // namespace

const service::service_definition& definition() {
  static const service::service_definition d{.name = "reporting",
                                             .port = 3014,
                                             .base_path = "/api/v1/dashboard",
                                             .migrations = migrations,
                                             .define = [](service::api& surface) {
                                               define_dashboard(surface);
                                               define_reports(surface);
                                               define_consumers(surface);
                                               define_refresh(surface);
                                             }};
  return d;
}

const runtime::role_definition& role() {
  static const runtime::role_definition r{.name = "reporting",
                                          .summary = "Production totals, key figures, audit and notifications",
                                          .settings = service::settings,
                                          .run = [](runtime::process& p) { return service::run(p, definition()); }};
  return r;
}

}  // namespace mes::reporting
