// The genealogy: what was made where, when, by whom, from what, with which request.
#pragma once

#include "store/database.h"

namespace mes::traceability {

// A node's id is "kind:key" ("order:WO-17", "lot:L-3"); `known` is 0 for a placeholder: named by an edge, not yet
// described by its owner. An edge runs in the direction of material: from what went in to what came out.
inline constexpr store::migration migrations[] = {
    {10, "genealogy",
     "CREATE TABLE nodes (id TEXT PRIMARY KEY, kind TEXT NOT NULL, node_key TEXT NOT NULL, known BIGINT NOT NULL,"
     " version BIGINT NOT NULL, attributes TEXT NOT NULL, first_seen BIGINT NOT NULL);\n"
     "CREATE TABLE edges (id TEXT PRIMARY KEY, from_node TEXT NOT NULL, to_node TEXT NOT NULL, kind TEXT NOT NULL,"
     " quantity BIGINT NOT NULL, uom TEXT NOT NULL, valid_from BIGINT NOT NULL, valid_to BIGINT,"
     " recorded_at BIGINT NOT NULL, request_id TEXT NOT NULL);\n"
     "CREATE INDEX edges_from ON edges (from_node);\n"
     "CREATE INDEX edges_to ON edges (to_node);\n"
     "CREATE TABLE steps (id TEXT PRIMARY KEY, work_order_id TEXT NOT NULL, work_order TEXT NOT NULL, part TEXT NOT "
     "NULL,"
     " operation TEXT NOT NULL, resource TEXT NOT NULL, worker TEXT NOT NULL, report_type TEXT NOT NULL,"
     " started_at BIGINT NOT NULL, ended_at BIGINT NOT NULL, completed BIGINT NOT NULL, rejected BIGINT NOT NULL,"
     " mrb BIGINT NOT NULL, recorded_at BIGINT NOT NULL, request_id TEXT NOT NULL, user_id TEXT NOT NULL);\n"
     "CREATE INDEX steps_work_order ON steps (work_order, started_at);\n"
     "CREATE INDEX steps_part ON steps (part, started_at);\n"
     "CREATE INDEX steps_resource ON steps (resource, started_at);\n"
     "CREATE INDEX steps_request ON steps (request_id);\n"
     "CREATE TABLE simulations (id TEXT PRIMARY KEY, at BIGINT NOT NULL, document TEXT NOT NULL)"},
    {11, "since when a node is known",
     "ALTER TABLE nodes ADD COLUMN known_at BIGINT;\n"
     "UPDATE nodes SET known_at = first_seen WHERE known = 1"},
};

}  // namespace mes::traceability
