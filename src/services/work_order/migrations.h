// Tables of the work-order service. Never changed once released: a change is a new row.
#pragma once

#include "store/database.h"

namespace mes::work_order {

inline constexpr store::migration migrations[] = {
    {10, "work orders, reports and timeline", R"(
CREATE TABLE work_orders (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  number TEXT NOT NULL UNIQUE, state TEXT NOT NULL, part TEXT NOT NULL);
CREATE INDEX work_orders_state ON work_orders (state, id);
CREATE INDEX work_orders_part ON work_orders (part, id);
CREATE TABLE work_order_reports (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  work_order_id TEXT NOT NULL, external_id TEXT UNIQUE, reverses TEXT UNIQUE,
  at BIGINT NOT NULL, user_id TEXT NOT NULL, request_id TEXT NOT NULL);
CREATE INDEX work_order_reports_order ON work_order_reports (work_order_id, version);
CREATE TABLE work_order_timeline (id TEXT PRIMARY KEY, work_order_id TEXT NOT NULL, version BIGINT NOT NULL,
  at BIGINT NOT NULL, user_id TEXT NOT NULL, request_id TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX work_order_timeline_order ON work_order_timeline (work_order_id, version);
CREATE TABLE work_order_gates (work_order_id TEXT NOT NULL, gate TEXT NOT NULL, PRIMARY KEY (work_order_id, gate));
)"},
    {11, "routings, schedules and the dispatch queue", R"(
CREATE TABLE routings (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  number TEXT NOT NULL, revision BIGINT NOT NULL, part TEXT NOT NULL, UNIQUE (number, revision));
CREATE TABLE production_schedules (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
  number TEXT NOT NULL UNIQUE, state TEXT NOT NULL);
CREATE TABLE dispatch_queue (operation_id TEXT PRIMARY KEY, work_order_id TEXT NOT NULL, work_order TEXT NOT NULL,
  part TEXT NOT NULL, operation TEXT NOT NULL, sequence BIGINT NOT NULL, resource TEXT NOT NULL, state TEXT NOT NULL,
  priority BIGINT NOT NULL, due BIGINT NOT NULL);
CREATE INDEX dispatch_queue_order ON dispatch_queue (work_order_id);
CREATE INDEX dispatch_queue_resource ON dispatch_queue (resource, priority, due);
)"},
    {12, "gates that are closed stay known", R"(
ALTER TABLE work_order_gates ADD COLUMN closed BIGINT NOT NULL DEFAULT 0;
)"},
};

}  // namespace mes::work_order
