#include "services/quality/module.h"

#include "services/quality/handlers.h"
#include "services/quality/migrations.h"

namespace mes::quality {

const service::service_definition& definition() {
  static const service::service_definition row = {.name = "quality",
                                                  .port = 3010,
                                                  .base_path = base_path,
                                                  .migrations = migrations,
                                                  .define = [](service::api& api) {
                                                    define_inspections(api);
                                                    define_ncrs(api);
                                                    define_capas(api);
                                                    define_first_articles(api);
                                                    define_signatures(api);
                                                    define_statistics(api);
                                                    define_consumers(api);
                                                  }};
  return row;
}

const runtime::role_definition& role() {
  static const runtime::role_definition row = {
      .name = "quality",
      .summary = "Inspections, nonconformances, CAPAs, first articles and signatures",
      .settings = service::settings,
      .run = [](runtime::process& process) { return service::run(process, definition()); }};
  return row;
}

}  // namespace mes::quality
