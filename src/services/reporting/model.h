// What reporting keeps of others' events, and the shapes of its answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/quantity.h"
#include "wire/json/schema.h"

namespace mes::reporting {

// One operation report, as the work-order service told of it ("work-order.updated", change_type "reported").
struct operation_report {
  std::string id;
  std::string operation, operation_kind, resource, worker, report_type;
  instant started_at, ended_at;
  quantity completed, rejected, mrb;
};

// A period of production by the reports' start: from ≤ started_at < to.
struct period {
  std::int64_t from_us = INT64_MIN;
  std::int64_t to_us = INT64_MAX;
  bool is_all() const { return from_us == INT64_MIN && to_us == INT64_MAX; }
};

enum class group_by { none, part, resource, worker, report_type, work_order };

struct report_request {
  std::string kind;  // "production" or "lead-times"
  std::optional<group_by> group;
  std::optional<instant> from, to;
};

}  // namespace mes::reporting

namespace mes::wire {
template <>
std::span<const std::string_view> enum_names<reporting::group_by>();
template <>
const schema<reporting::report_request>& describe<reporting::report_request>();
}  // namespace mes::wire
