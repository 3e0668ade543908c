#include "services/traceability/model.h"

#include <array>

namespace mes::wire {
using namespace mes::traceability;

template <>
std::span<const std::string_view> enum_names<direction>() {
  static constexpr std::array<std::string_view, 2> names = {"forward", "backward"};
  return names;
}
template <>
const schema<step>& describe<step>() {
  static const auto s = schema<step>("Step")
                            .field("id", &step::id)
                            .field("work_order_id", &step::work_order_id)
                            .field("work_order", &step::work_order)
                            .field("part", &step::part)
                            .field("operation", &step::operation)
                            .field("resource", &step::resource)
                            .field("worker", &step::worker)
                            .field("report_type", &step::report_type)
                            .field("started_at", &step::started_at)
                            .field("ended_at", &step::ended_at)
                            .field("completed", &step::completed)
                            .field("rejected", &step::rejected)
                            .field("mrb", &step::mrb)
                            .field("recorded_at", &step::recorded_at)
                            .field("request_id", &step::request_id, {.doc = "X-Request-ID of the report"})
                            .field("user_id", &step::user_id);
  return s;
}
template <>
const schema<recall_request>& describe<recall_request>() {
  static const auto s =
      schema<recall_request>("RecallRequest")
          .field("roots", &recall_request::roots,
                 {.doc = "Node ids such as lot:L-3", .min_length = 1, .max_length = 100})
          .field("direction", &recall_request::towards, {.required = false})
          .field("as_of", &recall_request::as_of, {.doc = "The state of knowledge at that moment; now if absent"})
          .field("from", &recall_request::from, {.doc = "Only what happened from here"})
          .field("to", &recall_request::to, {.doc = "Only what happened before"});
  return s;
}

}  // namespace mes::wire
