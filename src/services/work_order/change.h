// What a rule gives back: the record after it, and what to tell others and the timeline about it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/work_order/model.h"

namespace mes::work_order {

// What a rule may know of the world. `new_id` gives ids that sort by time.
struct moment {
  instant now;
  std::function<std::string()> new_id;
};

struct emitted {
  std::string topic;
  std::int64_t version;
  json::object data;
};

// A row of the timeline beside the reports, which are rows of it themselves.
struct timeline_note {
  std::int64_t version;
  std::string kind;  // "released", "on-hold"
  std::string detail;
};

// Event data of a work order, contracts/events/work-order.*.json: the state after the change.
struct event_operation {
  std::string id;
  std::int64_t sequence = 0;
  std::string name;
  operation_kind kind = operation_kind::production;
  operation_state state = operation_state::pending;
  std::optional<std::string> resource;
  std::optional<quantity> planned_run_s;
  quantity completed, rejected, mrb;
};

struct event_report {
  std::string id;
  std::optional<std::string> external_id;
  std::string operation_id;
  std::string operation;
  operation_kind kind = operation_kind::production;
  std::optional<std::string> resource, worker;
  report_type type = report_type::production;
  instant started_at, ended_at;
  quantity completed, rejected, mrb;
  bool rework = false;
  bool historical = false;
  std::optional<std::string> reverses;
  std::optional<std::vector<std::string>> violations;
  std::optional<quantity> planned_run_s;
};

struct order_event {
  std::string work_order_id;
  std::string number;
  std::string part;
  quantity quantity_ordered;
  std::string uom;
  order_state state = order_state::created;
  std::optional<std::string> change_type;  // of work-order.updated; more may come
  bool historical = false;
  quantity completed, rejected, mrb, packed;
  std::optional<std::int64_t> priority;
  std::optional<instant> planned_start, due;
  std::optional<std::string> reason;
  std::optional<std::vector<std::string>> hold_reasons;
  std::optional<std::vector<event_operation>> operations;
  std::optional<event_operation> operation;  // that the change is about
  std::optional<event_report> report;
};

struct schedule_event {
  std::string schedule_id;
  std::string number;
  schedule_state state = schedule_state::created;
  instant from, to;
  std::vector<schedule_entry> entries;
};

// One command's effect on one order. Every event raises the version by one, so that versions have no gaps.
struct order_change {
  work_order order;
  std::int64_t read_version = 0;  // 0: a new order
  std::vector<emitted> events;
  std::vector<timeline_note> notes;
  bool queue_changed = false;  // operations entered, left or moved in the dispatch queue

  explicit order_change(work_order from) : order(std::move(from)), read_version(order.version) {}

  void tell(std::string_view topic, order_event data, std::string detail = {});
  // work-order.updated
  void tell_update(std::string_view change_type, order_event data, std::string detail = {});
  void tell_report(const operation_report& report, const operation& of);
  order_event state_now() const;
};

event_operation event_of(const operation& op);

}  // namespace mes::work_order

namespace mes::wire {
template <>
const schema<work_order::event_operation>& describe<work_order::event_operation>();
template <>
const schema<work_order::event_report>& describe<work_order::event_report>();
template <>
const schema<work_order::order_event>& describe<work_order::order_event>();
template <>
const schema<work_order::schedule_event>& describe<work_order::schedule_event>();
}  // namespace mes::wire
