// Tables of the material service. Never changed once released: a change is a new row.
#pragma once

#include "store/database.h"

namespace mes::material {

inline constexpr store::migration migrations[] = {
    {10, "parts and lots", R"(
CREATE TABLE parts (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  part_number TEXT NOT NULL UNIQUE);
CREATE TABLE part_revisions (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  part TEXT NOT NULL, revision TEXT NOT NULL, UNIQUE (part, revision));
CREATE TABLE boms (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  part TEXT NOT NULL, revision TEXT NOT NULL, UNIQUE (part, revision));
CREATE TABLE lots (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  lot_number TEXT NOT NULL UNIQUE, part TEXT NOT NULL, state TEXT NOT NULL, work_order TEXT, expires_at BIGINT);
CREATE INDEX lots_part ON lots (part, id);
CREATE INDEX lots_expiry ON lots (state, expires_at);
CREATE TABLE movements (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  lot_id TEXT NOT NULL, lot TEXT NOT NULL, part TEXT NOT NULL, kind TEXT NOT NULL, quantity BIGINT NOT NULL,
  work_order TEXT);
CREATE INDEX movements_lot ON movements (lot_id, id);
CREATE INDEX movements_part ON movements (part, id);
CREATE INDEX movements_work_order ON movements (work_order, id);
CREATE TABLE reservations (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  lot_id TEXT NOT NULL, lot TEXT NOT NULL, work_order TEXT NOT NULL, state TEXT NOT NULL, quantity BIGINT NOT NULL);
CREATE INDEX reservations_lot ON reservations (lot_id, state);
CREATE INDEX reservations_work_order ON reservations (work_order, state);
CREATE TABLE serials (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  part TEXT NOT NULL, serial TEXT NOT NULL, state TEXT NOT NULL, work_order TEXT, UNIQUE (part, serial));
CREATE TABLE counters (name TEXT PRIMARY KEY, last_used BIGINT NOT NULL);
CREATE TABLE settled_gates (gate TEXT PRIMARY KEY, at BIGINT NOT NULL);
)"},
};

}  // namespace mes::material
