// Elasticsearch 8.10's REST interface, as far as log clients use it (query.h and search_request.h list what is served).
#pragma once

#include "runtime/http_server.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry::elastic {

// Answers, or hands the responder to the store, which answers when documents are durable. Blocks while it reads: not
// for a loop's thread. Thread-safe.
void answer(store& documents, const runtime::http_request& request, runtime::http_responder responder);

}  // namespace mes::telemetry::elastic
