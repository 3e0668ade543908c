// The genealogy's values: nodes, edges, steps, and what a recall simulation asks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/quantity.h"
#include "wire/json/schema.h"

namespace mes::traceability {

struct node {
  std::string id;    // "lot:L-3"
  std::string kind;  // order, part, lot, serial, equipment, person, inspection, ncr
  std::string key;
  bool known = false;
};

struct edge {
  std::string id;  // of the event that told of it: an edge is added once
  std::string from, to;
  std::string kind;  // consumed-into, produced-by, split, merged, installed, inspected-by
  quantity amount;
  std::string uom;
  instant valid_from;
  std::optional<instant> valid_to;
  std::string request_id;
};

// One operation report of an order.
struct step {
  std::string id, work_order_id, work_order, part, operation, resource, worker, report_type;
  instant started_at, ended_at;
  quantity completed, rejected, mrb;
  instant recorded_at;
  std::string request_id, user_id;
};

enum class direction { forward, backward };  // towards products, towards materials

struct recall_request {
  std::vector<std::string> roots;  // node ids
  direction towards = direction::forward;
  std::optional<instant> as_of;     // the state of knowledge; now if absent
  std::optional<instant> from, to;  // only what happened in this window
};

}  // namespace mes::traceability

namespace mes::wire {
template <>
std::span<const std::string_view> enum_names<traceability::direction>();
template <>
const schema<traceability::step>& describe<traceability::step>();
template <>
const schema<traceability::recall_request>& describe<traceability::recall_request>();
}  // namespace mes::wire
