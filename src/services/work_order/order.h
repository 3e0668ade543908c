// Rules of a work order's life: values in, the change or what forbids it out.
#pragma once

#include "services/work_order/change.h"
#include "services/work_order/inputs.h"

namespace mes::work_order {

// `from` is the revision that input.routing chose.
result<order_change> create(const create_order& input, const std::optional<routing>& from, const moment& at);

result<order_change> release(work_order order, const moment& at);
result<order_change> dispatch(work_order order, const dispatch_order& input, const moment& at);
result<order_change> start(work_order order, const moment& at);
result<order_change> complete(work_order order, const complete_order& input, const moment& at);
// `open_gates`: nonconformances and the like that wait for quality.
result<order_change> close(work_order order, const std::vector<std::string>& open_gates, const moment& at);
result<order_change> cancel(work_order order, const cancel_order& input, const moment& at);

// Reasons that begin with "ncr:", "inspection:" or "fai:" belong to quality: it alone sets and lifts them.
enum class hold_by : std::uint8_t { people, quality };
result<order_change> hold(work_order order, const std::string& reason, hold_by who, const moment& at);
// Without a reason: lifts all that people have set.
result<order_change> resume(work_order order, const std::optional<std::string>& reason, hold_by who, const moment& at);

// PATCH: quantity and dates, while the order is not over.
result<order_change> alter(work_order order, const change_order& input, const moment& at);
result<order_change> add(work_order order, const add_operation& input, const moment& at);

// released = finished + not conforming + in process
struct balance {
  quantity released, finished, nonconforming, in_process;
};
balance balance_of(const work_order& order);

}  // namespace mes::work_order
