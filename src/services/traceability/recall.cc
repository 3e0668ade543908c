#include "services/traceability/recall.h"

#include <boost/json/array.hpp>
#include <map>

#include "services/traceability/graph.h"

namespace mes::traceability {
namespace json = boost::json;
namespace {

bool in_window(store::session& db, const std::string& id, const recall_request& request, instant as_of) {
  if (!request.from && !request.to) return true;
  instant from = request.from.value_or(instant{INT64_MIN}), to = request.to.value_or(instant{INT64_MAX});
  direction back = request.towards == direction::forward ? direction::backward : direction::forward;
  for (const edge& e : edges_of(db, id, back, as_of))
    if (e.valid_from >= from && e.valid_from < to) return true;
  return false;
}

}  // namespace

json::object simulate_recall(store::session& db, const recall_request& request, instant as_of) {
  std::map<std::string, json::array> by_kind;
  json::array gaps;
  quantity exposed;
  for (const reached& r : walk(db, request.roots, request.towards, depth_max, as_of)) {
    if (!in_window(db, r.at.id, request, as_of)) continue;
    if (!r.at.known) gaps.push_back(json::string(r.at.id));
    if (r.at.kind == "order")
      for (const step& s : steps_of(db, "work_order", r.at.key, as_of)) exposed += s.completed;
    by_kind[r.at.kind].push_back(to_json(r));
  }
  json::object affected;
  for (const char* kind : {"lot", "serial", "order", "inspection", "ncr"})
    affected[std::string(kind) + "s"] = json::array();
  for (auto& [kind, nodes] : by_kind) affected[kind + "s"] = std::move(nodes);
  json::array roots;
  for (const std::string& root : request.roots) {
    roots.push_back(json::string(root));
    if (!is_known(db, root, as_of)) gaps.push_back(json::string(root));
  }
  return {{"roots", std::move(roots)},
          {"direction", wire::name_of_enum(request.towards)},
          {"as_of", as_of.to_string()},
          {"affected", std::move(affected)},
          {"reported_quantity", wire::codec<quantity>::encode(exposed)},
          {"gaps", std::move(gaps)}};
}

}  // namespace mes::traceability
