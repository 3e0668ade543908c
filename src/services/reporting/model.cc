#include "services/reporting/model.h"

#include <array>

namespace mes::wire {
using namespace mes::reporting;

template <>
std::span<const std::string_view> enum_names<group_by>() {
  static constexpr std::array<std::string_view, 6> names = {"none",   "part",        "resource",
                                                            "worker", "report_type", "work_order"};
  return names;
}
template <>
const schema<report_request>& describe<report_request>() {
  static const auto s = schema<report_request>("ReportRequest")
                            .field("kind", &report_request::kind, {.doc = "production or lead-times", .max_length = 32})
                            .field("group_by", &report_request::group)
                            .field("from", &report_request::from)
                            .field("to", &report_request::to);
  return s;
}

}  // namespace mes::wire
