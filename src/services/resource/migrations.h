// Tables of the resource service. Never changed once released: a change is a new row.
#pragma once

#include "store/database.h"

namespace mes::resource {

inline constexpr store::migration migrations[] = {
    {10, "equipment and its time", R"(
CREATE TABLE equipment (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  code TEXT NOT NULL UNIQUE, state TEXT NOT NULL);
CREATE TABLE state_changes (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  equipment_id TEXT NOT NULL, at BIGINT NOT NULL);
CREATE INDEX state_changes_equipment ON state_changes (equipment_id, at);
CREATE TABLE equipment_events (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  equipment_id TEXT NOT NULL, kind TEXT NOT NULL);
CREATE INDEX equipment_events_equipment ON equipment_events (equipment_id, id);
CREATE TABLE work_intervals (report_id TEXT PRIMARY KEY, equipment TEXT NOT NULL, worker TEXT NOT NULL,
  work_order_id TEXT NOT NULL, category TEXT NOT NULL, started BIGINT NOT NULL, ended BIGINT NOT NULL,
  completed BIGINT NOT NULL, rejected BIGINT NOT NULL, mrb BIGINT NOT NULL, planned_run_s BIGINT);
CREATE INDEX work_intervals_equipment ON work_intervals (equipment, started);
CREATE TABLE equipment_queue (operation_id TEXT PRIMARY KEY, equipment TEXT NOT NULL, work_order_id TEXT NOT NULL,
  work_order TEXT NOT NULL, part TEXT NOT NULL, operation TEXT NOT NULL, sequence BIGINT NOT NULL,
  state TEXT NOT NULL);
CREATE INDEX equipment_queue_order ON equipment_queue (work_order_id);
CREATE INDEX equipment_queue_equipment ON equipment_queue (equipment);
CREATE TABLE work_orders_seen (work_order_id TEXT PRIMARY KEY, version BIGINT NOT NULL, state TEXT NOT NULL);
CREATE TABLE maintenance_orders (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  number TEXT NOT NULL UNIQUE, equipment TEXT NOT NULL, state TEXT NOT NULL);
CREATE INDEX maintenance_orders_state ON maintenance_orders (state, id);
CREATE TABLE calendars (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  code TEXT NOT NULL UNIQUE);
CREATE TABLE oee_results (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  equipment TEXT NOT NULL, started BIGINT NOT NULL, ended BIGINT NOT NULL, revision BIGINT NOT NULL,
  UNIQUE (equipment, started, ended, revision));
)"},
    {11, "people", R"(
CREATE TABLE personnel (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  employee_id TEXT NOT NULL UNIQUE);
CREATE TABLE skills (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL, code TEXT NOT NULL UNIQUE);
CREATE TABLE certifications (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  person_id TEXT NOT NULL, code TEXT NOT NULL, state TEXT NOT NULL, valid_to BIGINT NOT NULL);
CREATE INDEX certifications_person ON certifications (person_id, id);
CREATE INDEX certifications_end ON certifications (state, valid_to);
CREATE TABLE assignments (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  employee_id TEXT NOT NULL, equipment TEXT NOT NULL, work_order_id TEXT, state TEXT NOT NULL);
CREATE INDEX assignments_state ON assignments (state, equipment);
CREATE INDEX assignments_order ON assignments (work_order_id);
)"},
    {12, "versions of queued operations", R"(
ALTER TABLE equipment_queue ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
)"},
};

}  // namespace mes::resource
