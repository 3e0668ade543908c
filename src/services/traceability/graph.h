// The graph in the database: nodes and edges in, ancestors and descendants out.
#pragma once

#include <boost/json/object.hpp>

#include "services/traceability/model.h"
#include "store/database.h"

namespace mes::traceability {

inline constexpr int depth_max = 50;

std::string node_id(std::string_view kind, std::string_view key);

// A node that is only named becomes a placeholder; its owner's event makes it known. Attributes of the highest version
// stay.
void name_node(store::session& db, std::string_view kind, std::string_view key, instant now);
void describe_node(store::session& db, std::string_view kind, std::string_view key, std::int64_t version,
                   const boost::json::object& attributes, instant now);
// Whether its owner had described the node by then.
bool is_known(store::session& db, const std::string& id, instant as_of);
std::optional<boost::json::object> find_node(store::session& db, std::string_view id);

// unprocessable if it would close a cycle; installations are intervals, so that a re-install is none.
// false: the edge was there already.
result<bool> add_edge(store::session& db, const edge& e, instant now);

struct reached {
  node at;
  int depth = 0;
};
// Nodes that are reached from the roots along the edges known at `as_of`, each once at its least depth, roots left out.
std::vector<reached> walk(store::session& db, const std::vector<std::string>& roots, direction towards, int depth,
                          instant as_of);
std::vector<edge> edges_of(store::session& db, std::string_view node, direction towards, instant as_of);
boost::json::object to_json(const edge& e);
boost::json::object to_json(const reached& r);

void add_step(store::session& db, const step& s);
std::vector<step> steps_of(store::session& db, std::string_view column, std::string_view equals, instant as_of);

}  // namespace mes::traceability
