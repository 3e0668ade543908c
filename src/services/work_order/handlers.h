// The operations of the work-order service, one function a route: decode, rule, repository, encode.
#pragma once

#include "service/api.h"
#include "services/work_order/inputs.h"

namespace mes::work_order {

// Each adds its routes to the table.
void define_orders(service::api& api);
void define_operations(service::api& api);
void define_reports(service::api& api);
void define_planning(service::api& api);
void define_consumers(service::api& api);

result<service::reply> create_order_handler(service::http_command& c, const create_order& input);
result<service::reply> report_handler(service::http_command& c, const report_input& input);

}  // namespace mes::work_order
