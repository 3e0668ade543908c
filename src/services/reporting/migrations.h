// The reporting service's read models.
#pragma once

#include "store/database.h"

namespace mes::reporting {

// Quantities are in millionths, times in microseconds since 1970.
inline constexpr store::migration migrations[] = {
    {10, "read models",
     "CREATE TABLE orders (id TEXT PRIMARY KEY, version BIGINT NOT NULL, number TEXT NOT NULL, part TEXT NOT NULL,"
     " quantity BIGINT NOT NULL, state TEXT NOT NULL);\n"
     "CREATE TABLE reports (id TEXT PRIMARY KEY, work_order_id TEXT NOT NULL, work_order TEXT NOT NULL,"
     " part TEXT NOT NULL, operation TEXT NOT NULL, operation_kind TEXT NOT NULL, resource TEXT NOT NULL,"
     " worker TEXT NOT NULL, report_type TEXT NOT NULL, started_at BIGINT NOT NULL, ended_at BIGINT NOT NULL,"
     " completed BIGINT NOT NULL, rejected BIGINT NOT NULL, mrb BIGINT NOT NULL);\n"
     "CREATE INDEX reports_started_at ON reports (started_at);\n"
     "CREATE INDEX reports_work_order ON reports (work_order_id, started_at);\n"
     "CREATE TABLE revision (id BIGINT PRIMARY KEY, number BIGINT NOT NULL);\n"
     "INSERT INTO revision (id, number) VALUES (1, 0);\n"
     "CREATE TABLE audit (id TEXT PRIMARY KEY, at BIGINT NOT NULL, user_id TEXT NOT NULL, service TEXT NOT NULL,"
     " action TEXT NOT NULL, resource_id TEXT NOT NULL, request_id TEXT NOT NULL, record TEXT NOT NULL);\n"
     "CREATE INDEX audit_request ON audit (request_id);\n"
     "CREATE TABLE notifications (id TEXT PRIMARY KEY, at BIGINT NOT NULL, record TEXT NOT NULL, read_at BIGINT);\n"
     "CREATE TABLE rendered (id TEXT PRIMARY KEY, requested_at BIGINT NOT NULL, requested_by TEXT NOT NULL,"
     " request TEXT NOT NULL, revision BIGINT NOT NULL, sha256 TEXT NOT NULL, content TEXT NOT NULL)"},
};

}  // namespace mes::reporting
