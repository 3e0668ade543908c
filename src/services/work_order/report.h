// Rules of operation reports: live ones are strict, history is taken as reported and its violations are marked.
#pragma once

#include "services/work_order/change.h"
#include "services/work_order/inputs.h"

namespace mes::work_order {

struct reported {
  order_change change;
  operation_report report;
};

result<reported> report(work_order order, const report_input& input, const moment& at);

// A report with the negative quantities of `original`.
result<reported> reverse(work_order order, const operation_report& original, const reverse_report& input,
                         const moment& at);

// The same external_id may come again with the same content only.
bool same_content(const operation_report& stored, work_order& order, const report_input& input);

}  // namespace mes::work_order
