// The other ways in for spans, beside OTLP over HTTP: each protocol's message to rows, and its own form of answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/grpc_server.h"
#include "runtime/http.h"
#include "runtime/http_server.h"
#include "telemetry/ingest/probe.h"
#include "telemetry/parts/store.h"
#include "wire/otlp/span_record.h"

namespace mes::telemetry {

// Stores them; `finished` gets how many were refused for want of an id. Thread-safe.
void store_spans(store& into, ingest_probe& probe, const std::vector<wire::otlp::resource_record>& records,
                 store::durability wanted, std::function<void(result<std::uint64_t> rejected)> finished);

// Jaeger's collector, port 14268: POST /api/traces with a Thrift batch (binary). 202 once it is on disk.
void receive_jaeger_batch(store& into, ingest_probe& probe, const runtime::http_request& request,
                          runtime::http_responder responder);

// Zipkin's collector, port 9411: POST /api/v2/spans (JSON, protobuf) and /api/v1/spans (JSON, Thrift). 202 likewise.
void receive_zipkin_spans(store& into, ingest_probe& probe, const runtime::http_request& request,
                          runtime::http_responder responder);

// gRPC: OTLP's TraceService on 4317; Jaeger's CollectorService and SamplingManager on 14250; grpc.health.v1 on both.
void receive_call(store& into, ingest_probe& probe, const std::string& method, const std::string& message,
                  runtime::grpc_responder responder);

// What a client's tracer asks before it samples, port 5778: GET /sampling?service=NAME. Everything is wanted.
runtime::http_response answer_sampling(const runtime::http_request& request);

// A datagram of a client library to the agent: UDP 5775 and 6831 (compact), 6832 (binary).
void receive_datagram(store& into, ingest_probe& probe, std::string_view bytes, bool compact);

inline constexpr std::size_t spans_bytes_max = 16u << 20;  // of one request, packed or not

}  // namespace mes::telemetry
