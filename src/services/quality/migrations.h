// Tables of the quality service. Never changed once released: a change is a new row.
#pragma once

#include "store/database.h"

namespace mes::quality {

inline constexpr store::migration migrations[] = {
    {10, "inspections and nonconformances", R"(
CREATE TABLE numbers (kind TEXT PRIMARY KEY, last BIGINT NOT NULL);
CREATE TABLE inspection_plans (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  number TEXT NOT NULL, revision BIGINT NOT NULL, part TEXT NOT NULL, UNIQUE (number, revision));
CREATE TABLE inspections (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  number TEXT NOT NULL UNIQUE, state TEXT NOT NULL, part TEXT NOT NULL, work_order_id TEXT);
CREATE INDEX inspections_order ON inspections (work_order_id, id);
CREATE INDEX inspections_state ON inspections (state, id);
CREATE TABLE ncrs (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  number TEXT NOT NULL UNIQUE, state TEXT NOT NULL, part TEXT NOT NULL, work_order_id TEXT, severity TEXT NOT NULL);
CREATE INDEX ncrs_order ON ncrs (work_order_id, id);
CREATE INDEX ncrs_state ON ncrs (state, id);
CREATE TABLE capas (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  number TEXT NOT NULL UNIQUE, state TEXT NOT NULL);
)"},
    {11, "first articles, signatures and sampling", R"(
CREATE TABLE first_articles (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  fair_id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, part_number TEXT NOT NULL);
CREATE TABLE signatures (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  record_id TEXT NOT NULL, state TEXT NOT NULL);
CREATE INDEX signatures_record ON signatures (record_id, id);
CREATE INDEX signatures_state ON signatures (state, id);
CREATE TABLE used_tokens (jti TEXT PRIMARY KEY, expires BIGINT NOT NULL);
CREATE TABLE sampling_states (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE);
)"},
};

}  // namespace mes::quality
