// Production totals: reports, pieces and minutes, by part, resource, worker, report type, order, and period.
#pragma once

#include <boost/json/object.hpp>

#include "services/reporting/model.h"
#include "store/database.h"

namespace mes::reporting {

// {"data":[{"key","reports","completed","rejected","mrb","reported_minutes","busy_minutes"}],
//  "totals":{the same figures,"work_orders","ordered","packed"}}
//
// busy_minutes: the union of the reports' intervals on each resource, overlaps counted once, summed over resources.
// packed: completed pieces of packing operations. With a period, work_orders and ordered are those of orders that
// have a report in it.
boost::json::object production(store::session& db, group_by group, const period& when);

// {"data":[{"work_order","part","started_at","ended_at","lead_time_minutes"}]}: first start to last end.
boost::json::object lead_times(store::session& db);

// Reject rate = rejected / (completed + rejected + mrb); null with its reason where nothing was reported.
boost::json::object key_figures(store::session& db, const period& when);

// Orders by state.
boost::json::object work_in_process(store::session& db);

}  // namespace mes::reporting
