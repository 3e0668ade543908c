// The integration service's tables.
#pragma once

#include "store/database.h"

namespace mes::integration {

inline constexpr store::migration migrations[] = {
    {10, "messages, webhooks, syncs, SCADA points",
     "CREATE TABLE messages (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,"
     " direction TEXT NOT NULL, state TEXT NOT NULL, partner TEXT NOT NULL, external_id TEXT NOT NULL,"
     " next_attempt_at BIGINT, UNIQUE (direction, partner, external_id));\n"
     "CREATE INDEX messages_due ON messages (state, next_attempt_at);\n"
     "CREATE TABLE webhooks (id TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL);\n"
     "CREATE TABLE syncs (id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, request TEXT NOT NULL,"
     " requested_at BIGINT NOT NULL, completed_at BIGINT, records BIGINT NOT NULL, failed BIGINT NOT NULL);\n"
     "CREATE TABLE scada_points (id TEXT PRIMARY KEY, description TEXT NOT NULL, equipment TEXT NOT NULL,"
     " uom TEXT NOT NULL, counter BIGINT NOT NULL, last_value BIGINT, last_at BIGINT, total BIGINT NOT NULL,"
     " resets BIGINT NOT NULL);\n"
     "CREATE TABLE scada_seen (source TEXT NOT NULL, point TEXT NOT NULL, sequence BIGINT NOT NULL,"
     " PRIMARY KEY (source, point));\n"
     "CREATE TABLE scada_quarantine (source TEXT NOT NULL, point TEXT NOT NULL, readings BIGINT NOT NULL,"
     " last_at BIGINT NOT NULL, PRIMARY KEY (source, point))"},
};

}  // namespace mes::integration
