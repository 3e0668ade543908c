// What clients send to the work-order service.
#pragma once

#include "services/work_order/model.h"

namespace mes::work_order {

struct routing_choice {
  std::string number;
  std::optional<std::int64_t> revision;  // absent: the latest
};

struct create_order {
  std::string number;
  std::string part;
  quantity quantity_ordered;
  std::string uom = "pcs";
  std::int64_t priority = 5;
  std::int64_t tolerance_percent = 0;
  std::optional<instant> planned_start, due;
  std::optional<std::vector<routing_operation>> operations;
  std::optional<routing_choice> routing;
  bool historical = false;
};

struct change_order {
  std::optional<quantity> quantity_ordered;
  std::optional<instant> planned_start, due;
  std::optional<std::int64_t> priority;
};

struct operation_resource {
  std::string operation;  // id, sequence or name
  std::string resource;
};
struct dispatch_order {
  std::optional<std::vector<operation_resource>> resources;
};
struct hold_order {
  std::string reason;
};
struct resume_order {
  std::optional<std::string> reason;  // absent: every hold that people have set
};
struct complete_order {
  bool short_close = false;  // fewer pieces than ordered are accounted for, and that is meant
  std::optional<std::string> reason;
};
struct cancel_order {
  std::string reason;
};

struct add_operation {
  std::optional<std::int64_t> sequence;  // absent: behind the last one
  std::string name;
  operation_kind kind = operation_kind::production;
  std::optional<std::string> resource;
  std::optional<std::vector<std::int64_t>> predecessors;
  std::optional<quantity> planned_run_s;
  bool rework = false;
};

struct report_input {
  std::string operation;  // id, sequence or name
  std::optional<operation_kind> kind;
  std::optional<std::string> resource, worker;
  report_type type = report_type::production;
  instant started_at, ended_at;
  quantity completed, rejected, mrb;
  bool rework = false;
  std::optional<std::string> external_id;
  bool historical = false;
  std::optional<std::string> note;
};

struct reverse_report {
  std::string note;
};

struct create_routing {
  std::string number;
  std::string part;
  std::vector<routing_operation> operations;
};

struct create_schedule {
  std::string number;
  instant from, to;
  std::vector<schedule_entry> entries;
};

}  // namespace mes::work_order

namespace mes::wire {
template <>
const schema<work_order::routing_choice>& describe<work_order::routing_choice>();
template <>
const schema<work_order::create_order>& describe<work_order::create_order>();
template <>
const schema<work_order::change_order>& describe<work_order::change_order>();
template <>
const schema<work_order::operation_resource>& describe<work_order::operation_resource>();
template <>
const schema<work_order::dispatch_order>& describe<work_order::dispatch_order>();
template <>
const schema<work_order::hold_order>& describe<work_order::hold_order>();
template <>
const schema<work_order::resume_order>& describe<work_order::resume_order>();
template <>
const schema<work_order::complete_order>& describe<work_order::complete_order>();
template <>
const schema<work_order::cancel_order>& describe<work_order::cancel_order>();
template <>
const schema<work_order::add_operation>& describe<work_order::add_operation>();
template <>
const schema<work_order::report_input>& describe<work_order::report_input>();
template <>
const schema<work_order::reverse_report>& describe<work_order::reverse_report>();
template <>
const schema<work_order::create_routing>& describe<work_order::create_routing>();
template <>
const schema<work_order::create_schedule>& describe<work_order::create_schedule>();
}  // namespace mes::wire
