// Rules of one operation: its balance of pieces, its states, and when it becomes ready.
#pragma once

#include "base/error.h"
#include "services/work_order/change.h"

namespace mes::work_order {

// Rework reports count pieces that were counted before, so they take nothing new in.
quantity pieces_in(const operation& op);    // completed + rejected + mrb - reworked
quantity pieces_good(const operation& op);  // at most what came in
quantity pieces_bad(const operation& op);   // rejected or with the board, and not reworked since; may be negative

// How many pieces may come into `op`: what its predecessors have given, or the ordered quantity and its tolerance.
quantity pieces_available(const work_order& order, const operation& op);
quantity quantity_limit(const work_order& order);  // ordered + tolerance

// By id, sequence or name, in this order; of two with one name, the first that is not over. nullptr: there is none.
operation* find_operation(work_order& order, std::string_view which);

// Gives pending operations whose predecessors have output their turn. True if one moved.
bool move_queue(work_order& order);

// Operations from a routing or a request, as pending, sorted. Errors point into /operations.
result<std::vector<operation>> plan_operations(const std::vector<routing_operation>& steps, const moment& at);

// POST /{id}/operations/{op}/actions/{verb}
result<order_change> act_on_operation(work_order order, std::string_view which, operation_verb verb, const moment& at);

}  // namespace mes::work_order
