// Where equipment, people and their time are kept. Writes are part of the caller's transaction.
#pragma once

#include "service/collection.h"
#include "service/context.h"
#include "services/resource/events.h"
#include "services/resource/oee.h"

namespace mes::resource {

const service::collection<equipment>& all_equipment();
const service::collection<person>& all_personnel();
const service::collection<skill>& skills();
const service::collection<certification>& certifications();
const service::collection<assignment>& assignments();
const service::collection<maintenance_order>& maintenance_orders();
const service::collection<calendar>& calendars();
const service::collection<state_change>& state_changes();
const service::collection<equipment_event>& equipment_events();

std::string new_id();

// By id or code; by id or employee id.
result<equipment> get_equipment(store::session& db, std::string_view id_or_code);
result<person> get_person(store::session& db, std::string_view id_or_employee_id);

// Made when a report names what nobody has entered.
void ensure_equipment(service::command& c, const std::string& code);
void ensure_person(service::command& c, const std::string& employee_id);

// Emits about the record and counts it in event_version; the caller stores the record.
template <class T, class Data>
void tell(service::command& c, T& about, std::string topic, const Data& data) {
  c.emit(std::move(topic), about.id, ++about.event_version, wire::to_json(data));
}
void tell_status(service::command& c, equipment& of, std::optional<time_category> previous);

// ---- reported work
struct reported_work {
  std::string report_id, equipment, worker, work_order_id;
  work_interval interval;
  quantity completed, rejected, mrb;
  std::optional<quantity> planned_run_s;
};
void add_work(store::session& db, const reported_work& w);
void remove_work(store::session& db, const std::string& report_id);
// Stretches that touch the window.
std::vector<work_interval> work_of(store::session& db, const std::string& equipment, instant from, instant to);
// Reports that ended in the window.
std::vector<counted_report> counted_reports(store::session& db, const std::string& equipment, instant from, instant to);

// Changes in the window and the last one before it, in order of time.
std::vector<state_change> changes_of(store::session& db, const std::string& equipment_id, instant from, instant to);
std::vector<slice> slices_of(store::session& db, const equipment& of, instant from, instant to);

// The calendar that names the equipment, else the one for all.
std::optional<calendar> calendar_of(store::session& db, const std::string& equipment_code);

// ---- what stands in front of the equipment
struct queued_operation {
  std::string operation_id, equipment, work_order_id, work_order, part, operation;
  std::int64_t sequence = 0;
  std::string state;         // "gone": it cannot be worked on (any more)
  std::int64_t version = 0;  // of its work order: topics have no order among each other, older ones change nothing
};
void put_in_queue(store::session& db, const queued_operation& q);
json::array queue_of(store::session& db, const std::string& equipment_code);
std::vector<std::string> orders_on(store::session& db, const std::string& equipment_code);

// An order that is over leaves the queue for good.
void forget_order(store::session& db, const std::string& work_order_id, std::int64_t version, const std::string& state);
bool is_over(store::session& db, const std::string& work_order_id);

}  // namespace mes::resource
