// Work orders, their operations and reports, routings and schedules: types, and the state machines as tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/quantity.h"
#include "service/state_machine.h"
#include "wire/json/schema.h"

namespace mes::work_order {
namespace json = boost::json;

enum class order_state : std::uint8_t {
  created,
  released,
  dispatched,
  started,
  on_hold,
  completed,
  closed,
  cancelled,
};
enum class order_verb : std::uint8_t { release, dispatch, start, hold, resume, complete, close, cancel };

enum class operation_state : std::uint8_t {
  pending,
  ready,
  dispatched,
  setup,
  running,
  paused,
  completed,
  skipped,
  blocked,
};
enum class operation_verb : std::uint8_t { make_ready, dispatch, set_up, start, pause, complete, skip, block, unblock };

enum class operation_kind : std::uint8_t { production, setup, inspection, packing, other };
enum class report_type : std::uint8_t { production, setup, breakdown };
enum class schedule_state : std::uint8_t { created, dispatched };
enum class schedule_verb : std::uint8_t { dispatch };

// A hold remembers the state that it came from: of the rows of `resume`, that one holds.
inline constexpr service::transition<order_state, order_verb> order_transitions[] = {
    {order_state::created, order_verb::release, order_state::released},
    {order_state::created, order_verb::cancel, order_state::cancelled},
    {order_state::released, order_verb::dispatch, order_state::dispatched},
    {order_state::released, order_verb::hold, order_state::on_hold},
    {order_state::released, order_verb::cancel, order_state::cancelled},
    {order_state::dispatched, order_verb::start, order_state::started},
    {order_state::dispatched, order_verb::hold, order_state::on_hold},
    {order_state::dispatched, order_verb::cancel, order_state::cancelled},
    {order_state::started, order_verb::hold, order_state::on_hold},
    {order_state::started, order_verb::complete, order_state::completed},
    {order_state::started, order_verb::cancel, order_state::cancelled},
    {order_state::on_hold, order_verb::hold, order_state::on_hold},  // one more reason
    {order_state::on_hold, order_verb::resume, order_state::started},
    {order_state::on_hold, order_verb::resume, order_state::dispatched},
    {order_state::on_hold, order_verb::resume, order_state::released},
    {order_state::on_hold, order_verb::cancel, order_state::cancelled},
    {order_state::completed, order_verb::close, order_state::closed},
};

inline constexpr service::transition<operation_state, operation_verb> operation_transitions[] = {
    {operation_state::pending, operation_verb::make_ready, operation_state::ready},
    {operation_state::pending, operation_verb::skip, operation_state::skipped},
    {operation_state::ready, operation_verb::dispatch, operation_state::dispatched},
    {operation_state::ready, operation_verb::skip, operation_state::skipped},
    {operation_state::ready, operation_verb::block, operation_state::blocked},
    {operation_state::dispatched, operation_verb::set_up, operation_state::setup},
    {operation_state::dispatched, operation_verb::start, operation_state::running},
    {operation_state::dispatched, operation_verb::skip, operation_state::skipped},
    {operation_state::dispatched, operation_verb::block, operation_state::blocked},
    {operation_state::setup, operation_verb::start, operation_state::running},
    {operation_state::running, operation_verb::pause, operation_state::paused},
    {operation_state::running, operation_verb::complete, operation_state::completed},
    {operation_state::paused, operation_verb::start, operation_state::running},
    {operation_state::paused, operation_verb::complete, operation_state::completed},
    {operation_state::paused, operation_verb::block, operation_state::blocked},
    {operation_state::blocked, operation_verb::unblock, operation_state::ready},
};

inline constexpr service::transition<schedule_state, schedule_verb> schedule_transitions[] = {
    {schedule_state::created, schedule_verb::dispatch, schedule_state::dispatched},
};

struct operation {
  std::string id;
  std::int64_t sequence = 0;  // unique in its order; predecessors name it
  std::string name;
  operation_kind kind = operation_kind::production;
  std::optional<std::string> resource;  // planned
  std::vector<std::int64_t> predecessors;
  std::optional<quantity> planned_run_s;  // per piece
  operation_state state = operation_state::pending;
  quantity completed, rejected, mrb;  // as reported, rework reports included
  quantity reworked;                  // completed + rejected + mrb of the rework reports alone
  std::int64_t reports = 0;
};

struct routing_reference {
  std::string id;
  std::string number;
  std::int64_t revision = 0;
};

struct work_order {
  std::string id;
  std::int64_t version = 0;  // = number of events told about it
  std::string number;
  std::string part;
  quantity quantity_ordered;
  std::string uom;
  std::int64_t priority = 5;           // 0 first … 9 last
  std::int64_t tolerance_percent = 0;  // of overproduction
  order_state state = order_state::created;
  std::optional<order_state> held_from;
  std::vector<std::string> hold_reasons;
  std::optional<routing_reference> routing;  // frozen: the operations are its copy
  std::vector<operation> operations;
  std::optional<instant> planned_start, due;
  instant created_at;
  std::optional<instant> released_at, started_at, completed_at;
  quantity completed, rejected, mrb, reworked;  // sums over all reports of all operations
  quantity packed;                              // completed at operations of kind packing
  std::int64_t reports = 0;
  std::optional<instant> first_report_at, last_report_at;  // earliest start, latest end
  std::optional<instant> first_packed_at;
  bool historical = false;  // has reports from before its time here: never held by others
};

// An immutable record; a correction is a report with negative quantities that names the one it reverses.
struct operation_report {
  std::string id;
  std::int64_t version = 0;  // of the order, after it
  std::string work_order_id;
  std::string work_order;  // number
  std::string operation_id;
  std::string operation;
  operation_kind kind = operation_kind::production;
  std::optional<std::string> resource, worker;
  report_type type = report_type::production;
  instant started_at, ended_at;
  quantity completed, rejected, mrb;
  bool rework = false;
  bool historical = false;
  std::optional<std::string> external_id;
  std::optional<std::string> note;
  std::optional<std::string> reverses;  // id of the report
  std::vector<std::string> violations;  // rules that history breaks
  instant created_at;
};

struct routing_operation {
  std::int64_t sequence = 0;
  std::string name;
  operation_kind kind = operation_kind::production;
  std::optional<std::string> resource;
  std::optional<std::vector<std::int64_t>> predecessors;  // absent: the one before; []: none
  std::optional<quantity> planned_run_s;
};

// A revision never changes; the next one is a record of its own.
struct routing {
  std::string id;
  std::int64_t version = 0;
  std::string number;
  std::int64_t revision = 1;
  std::string part;
  std::vector<routing_operation> operations;
  instant created_at;
};

struct schedule_entry {
  std::string work_order;  // number or id
  std::optional<std::string> operation;
  std::optional<std::string> resource;
  std::optional<instant> start, end;
};

struct production_schedule {
  std::string id;
  std::int64_t version = 0;
  std::string number;
  schedule_state state = schedule_state::created;
  instant from, to;
  std::vector<schedule_entry> entries;
  instant created_at;
};

}  // namespace mes::work_order

namespace mes::wire {
template <>
std::span<const std::string_view> enum_names<work_order::order_state>();
template <>
std::span<const std::string_view> enum_names<work_order::order_verb>();
template <>
std::span<const std::string_view> enum_names<work_order::operation_state>();
template <>
std::span<const std::string_view> enum_names<work_order::operation_verb>();
template <>
std::span<const std::string_view> enum_names<work_order::operation_kind>();
template <>
std::span<const std::string_view> enum_names<work_order::report_type>();
template <>
std::span<const std::string_view> enum_names<work_order::schedule_state>();
template <>
std::span<const std::string_view> enum_names<work_order::schedule_verb>();
template <>
const schema<work_order::operation>& describe<work_order::operation>();
template <>
const schema<work_order::routing_reference>& describe<work_order::routing_reference>();
template <>
const schema<work_order::work_order>& describe<work_order::work_order>();
template <>
const schema<work_order::operation_report>& describe<work_order::operation_report>();
template <>
const schema<work_order::routing_operation>& describe<work_order::routing_operation>();
template <>
const schema<work_order::routing>& describe<work_order::routing>();
template <>
const schema<work_order::schedule_entry>& describe<work_order::schedule_entry>();
template <>
const schema<work_order::production_schedule>& describe<work_order::production_schedule>();
}  // namespace mes::wire
