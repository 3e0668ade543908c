// Where work orders are kept. Writes are part of the caller's transaction; events go out with it.
#pragma once

#include "service/collection.h"
#include "service/context.h"
#include "services/work_order/change.h"

namespace mes::work_order {

moment moment_of(const service::command& c);

// By id or number.
result<work_order> get_order(store::session& db, std::string_view id_or_number);
result<json::object> list_orders(store::session& db, const service::page_request& page,
                                 const std::vector<service::column_filter>& filters);

// The order, its notes, its place in the dispatch queue and its events.
void save(service::command& c, const order_change& change);

// Of an order: reports by version. `false`: the external_id is taken, nothing is stored.
bool insert_report(service::command& c, const operation_report& report);
result<operation_report> get_report(store::session& db, std::string_view id);
std::optional<operation_report> find_report_by_external_id(store::session& db, std::string_view external_id);
bool is_reversed(store::session& db, std::string_view report_id);
result<json::object> list_reports(store::session& db, const service::page_request& page, const std::string& order_id);

// Notes and reports of an order, oldest first.
json::object timeline(store::session& db, const service::page_request& page, const std::string& order_id);
void note(service::command& c, const work_order& order, std::string kind, std::string detail);

// What quality has open about an order. Topics have no order among each other: a gate that was closed first does not
// open any more. open_gate: true if it is open now and was not before.
bool open_gate(store::session& db, const std::string& order_id, const std::string& gate);
void close_gate(store::session& db, const std::string& order_id, const std::string& gate);
std::vector<std::string> open_gates(store::session& db, const std::string& order_id);

const service::collection<routing>& routings();
std::optional<routing> find_routing(store::session& db, const std::string& number,
                                    std::optional<std::int64_t> revision);
const service::collection<production_schedule>& schedules();

// Operations that can be worked on now, most urgent first; "" = of all resources.
json::array dispatch_queue(store::session& db, const std::string& resource);

}  // namespace mes::work_order
