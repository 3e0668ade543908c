// Recall simulation: what would a recall of these lots, serials or orders reach? Changes nothing.
#pragma once

#include <boost/json/object.hpp>

#include "services/traceability/model.h"
#include "store/database.h"

namespace mes::traceability {

// The same request and as_of give the same answer. Placeholders are listed as gaps of the knowledge.
boost::json::object simulate_recall(store::session& db, const recall_request& request, instant as_of);

}  // namespace mes::traceability
