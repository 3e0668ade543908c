#include "services/resource/module.h"

#include "services/resource/handlers.h"
#include "services/resource/migrations.h"

namespace mes::resource {

const service::service_definition& definition() {
  static const service::service_definition row = {.name = "resource",
                                                  .port = 3013,
                                                  .base_path = base_path,
                                                  .migrations = migrations,
                                                  .define = [](service::api& api) {
                                                    define_equipment(api);
                                                    define_people(api);
                                                    define_assignments(api);
                                                    define_maintenance(api);
                                                    define_oee(api);
                                                    define_consumers(api);
                                                  }};
  return row;
}

const runtime::role_definition& role() {
  static const runtime::role_definition row = {
      .name = "resource",
      .summary = "Equipment, its time and OEE, personnel, certifications and maintenance",
      .settings = service::settings,
      .run = [](runtime::process& process) { return service::run(process, definition()); }};
  return row;
}

}  // namespace mes::resource
