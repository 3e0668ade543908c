// Rules of nonconformances: it closes only when dispositions cover the quantity and all of them are executed.
#pragma once

#include "base/error.h"
#include "services/quality/inputs.h"

namespace mes::quality {

result<ncr> change(ncr n, ncr_verb verb);
result<ncr> contain(ncr n, const contain_ncr& input);
result<ncr> decide(ncr n, const decide_ncr& input, const std::string& user, instant now);
result<ncr> execute(ncr n, const execute_disposition& input, const std::string& user, instant now);
result<ncr> verify(ncr n);
result<ncr> close(ncr n, instant now);

// What a work order's report of rejected or questionable pieces opens, with ids that follow from the report's.
// nullopt: it has none. Quantities in `data` as in contracts/events/work-order.updated.json.
struct report_findings {
  inspection failed;
  ncr nonconformance;
};
std::optional<report_findings> findings_of(const json::object& data, const std::string& request_id, instant now);
std::string ncr_id_of_report(const std::string& report_id);

}  // namespace mes::quality
