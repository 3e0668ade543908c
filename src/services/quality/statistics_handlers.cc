#include "service/replies.h"
#include "services/quality/handlers.h"
#include "services/quality/repository.h"
#include "services/quality/statistics.h"

namespace mes::quality {

using service::http_command;
using service::reply;

namespace {

result<reply> record_lot_handler(http_command& c, const record_lot& input) {
  auto known = sampling_states().find_by(c.db, "key", input.key);
  sampling_state next = after_lot(known.value_or(sampling_state{.id = new_id(), .key = input.key}), input);
  known ? sampling_states().update(c.db, next) : sampling_states().insert(c.db, next);
  return service::reply_with(next);
}

result<reply> spc_handler(http_command&, const spc_request& input) {
  auto chart = chart_of(input);
  if (!chart) return std::unexpected(chart.error());
  return reply{.body = to_json(*chart)};
}

}  // namespace

void define_statistics(service::api& api) {
  api.post<record_lot, sampling_state>("/sampling-states",
                                       {.id = "recordLot",
                                        .summary = "Lot accepted or rejected: the severity of sampling that follows",
                                        .permission = "quality:write"},
                                       record_lot_handler);
  api.get<sampling_state>("/sampling-states",
                          {.id = "listSamplingStates",
                           .summary = "Severity of sampling by part and source",
                           .permission = "quality:read",
                           .query = {{"key", "Only this key"}},
                           .paged = true},
                          service::list_of(sampling_states(), {"key"}));
  api.post<spc_request>("/spc",
                        {.id = "computeChart",
                         .summary = "Control chart and capability of the values given; nothing is stored",
                         .permission = "quality:read",
                         .audited = false},
                        spc_handler);
}

}  // namespace mes::quality
