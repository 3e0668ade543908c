// OTLP/HTTP: POST /v1/traces in protobuf or JSON, answered when the spans are durable.
#pragma once

#include "runtime/http_server.h"
#include "telemetry/ingest/probe.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry {

inline constexpr std::size_t export_bytes_max = 16u << 20;  // packed or unpacked

// For a loop's thread: does not block.
void receive_export(store& into, ingest_probe& probe, const runtime::http_request& request,
                    runtime::http_responder responder);

}  // namespace mes::telemetry
