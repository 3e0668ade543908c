#include "services/work_order/module.h"

#include "services/work_order/handlers.h"
#include "services/work_order/migrations.h"

namespace mes::work_order {

const service::service_definition& definition() {
  static const service::service_definition row = {.name = "work-order",
                                                  .port = 3009,
                                                  .base_path = "/api/v1/workorders",
                                                  .migrations = migrations,
                                                  .define = [](service::api& api) {
                                                    define_orders(api);
                                                    define_operations(api);
                                                    define_reports(api);
                                                    define_planning(api);
                                                    define_consumers(api);
                                                  }};
  return row;
}

const runtime::role_definition& role() {
  static const runtime::role_definition row = {
      .name = "work-order",
      .summary = "Work orders, operations, reports, routings and schedules",
      .settings = service::settings,
      .run = [](runtime::process& process) { return service::run(process, definition()); }};
  return row;
}

}  // namespace mes::work_order
