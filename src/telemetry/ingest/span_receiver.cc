#include "telemetry/ingest/span_receiver.h"

#include <fmt/format.h>

#include <memory>

#include "base/instant.h"
#include "telemetry/ingest/span_rows.h"
#include "wire/gzip/gunzip.h"
#include "wire/jaeger/jaeger.h"
#include "wire/zipkin/thrift.h"
#include "wire/zipkin/zipkin.h"

namespace mes::telemetry {
namespace {

using runtime::grpc_answer;
using runtime::grpc_responder;
using runtime::grpc_status;
using runtime::http_request;
using runtime::http_responder;
using runtime::http_response;
using wire::otlp::resource_record;

void store_rows(store& into, ingest_probe& probe, span_batch batch, store::durability wanted,
                std::function<void(result<std::uint64_t>)> finished) {
  probe.spans(batch.accepted, batch.rejected);
  if (batch.accepted == 0) return finished(batch.rejected);
  std::vector<row_batch> rows;
  rows.push_back(std::move(batch.rows));
  auto told = std::make_shared<std::function<void(result<std::uint64_t>)>>(std::move(finished));
  auto taken = into.append(std::move(rows), wanted, [told, rejected = batch.rejected](result<appended> stored) {
    if (stored)
      (*told)(rejected);
    else
      (*told)(fail(std::move(stored.error())));
  });
  if (taken) return;
  probe.refused();
  (*told)(fail(std::move(taken.error())));
}

// The status for what went wrong: a full disk may get room again, so senders are told to try again.
int http_status(const error& e) {
  if (e.code == error_code::corrupt || e.code == error_code::invalid_argument) return 400;
  return e.code == error_code::unavailable || e.code == error_code::storage_full ? 503 : http_status_of(e.code);
}

grpc_status rpc_status(const error& e) {
  switch (http_status(e)) {
    case 400:
    case 413:
      return grpc_status::invalid_argument;
    case 503:
      return grpc_status::unavailable;
    default:
      return grpc_status::internal;
  }
}

std::string_view media_type(const http_request& request) {
  const std::string_view type = request.headers.get("Content-Type");
  return type.substr(0, type.find(';'));
}

result<std::string> unpacked(const http_request& request) {
  const std::string_view encoding = request.headers.get("Content-Encoding");
  if (encoding.empty() || encoding == "identity") return std::string(request.body);
  if (encoding == "gzip" || encoding == "deflate") return wire::gunzip(request.body, spans_bytes_max);
  return fail(error_code::unsupported_media_type, "Content-Encoding must be gzip or deflate");
}

void answer_post(store& into, ingest_probe& probe, result<std::vector<resource_record>> records,
                 http_responder responder) {
  const auto refuse = [](const error& e) {
    http_response response = http_response::text(http_status(e), e.message + "\n");
    if (response.status == 503) response.headers.set("Retry-After", "1");
    return response;
  };
  if (!records) return responder.send(refuse(records.error()));
  auto waiting = std::make_shared<http_responder>(std::move(responder));
  store_spans(into, probe, *records, store::durability::synced,
              [waiting, refuse](const result<std::uint64_t>& rejected) {
                http_response accepted;
                accepted.status = 202;
                waiting->send(rejected ? std::move(accepted) : refuse(rejected.error()));
              });
}

result<std::vector<resource_record>> read_zipkin(const http_request& request, std::string_view body) {
  const std::string_view type = media_type(request);
  const bool old = request.path == "/api/v1/spans";
  result<std::vector<wire::zipkin::span>> spans;
  if (type == "application/json" || type.empty())
    spans = old ? wire::zipkin::read_json_v1(body) : wire::zipkin::read_json_v2(body);
  else if (type == "application/x-protobuf" && !old)
    spans = wire::zipkin::read_protobuf(body);
  else if (type == "application/x-thrift" && old)
    spans = wire::zipkin::read_thrift(body);
  else
    return fail(error_code::unsupported_media_type,
                fmt::format("Content-Type of {} must be application/json or {}", request.path,
                            old ? "application/x-thrift" : "application/x-protobuf"));
  if (!spans) return fail(std::move(spans.error()));
  return wire::zipkin::records_of(std::move(*spans));
}

constexpr std::string_view health_serving("\x08\x01", 2);  // HealthCheckResponse: 1 status = SERVING

// SamplingStrategyResponse: 1 strategyType = PROBABILISTIC (0, the default), 2 probabilisticSampling {1 samplingRate}.
constexpr std::string_view sample_everything("\x12\x09\x09\x00\x00\x00\x00\x00\x00\xf0\x3f", 11);

std::string export_answer(std::uint64_t rejected) {
  return wire::otlp::export_response(rejected, "spans without a trace id or a span id");
}

}  // namespace

void store_spans(store& into, ingest_probe& probe, const std::vector<resource_record>& records,
                 store::durability wanted, std::function<void(result<std::uint64_t>)> finished) {
  auto batch = rows_of_export(wire::otlp::write_export(records), instant::now());
  if (!batch) return finished(fail(std::move(batch.error())));
  store_rows(into, probe, std::move(*batch), wanted, std::move(finished));
}

void receive_jaeger_batch(store& into, ingest_probe& probe, const http_request& request, http_responder responder) {
  if (request.path != "/api/traces") return responder.send(http_response::text(404, "only /api/traces is served\n"));
  if (request.method != "POST") return responder.send(http_response::text(405, "only POST is served\n"));
  const std::string_view type = media_type(request);
  if (type != "application/x-thrift" && type != "application/vnd.apache.thrift.binary")
    return responder.send(http_response::text(
        400, fmt::format("Unsupported content type: {}; application/x-thrift is taken\n", type.substr(0, 100))));
  const auto body = unpacked(request);
  if (!body) return answer_post(into, probe, fail(body.error()), std::move(responder));
  auto batch = wire::jaeger::read_thrift_batch(*body, wire::thrift::encoding::binary);
  if (!batch) return answer_post(into, probe, fail(std::move(batch.error())), std::move(responder));
  answer_post(into, probe, std::vector{std::move(*batch)}, std::move(responder));
}

void receive_zipkin_spans(store& into, ingest_probe& probe, const http_request& request, http_responder responder) {
  if (request.path != "/api/v2/spans" && request.path != "/api/v1/spans")
    return responder.send(http_response::text(404, "only /api/v2/spans and /api/v1/spans are served\n"));
  if (request.method != "POST") return responder.send(http_response::text(405, "only POST is served\n"));
  const auto body = unpacked(request);
  if (!body) return answer_post(into, probe, fail(body.error()), std::move(responder));
  answer_post(into, probe, read_zipkin(request, *body), std::move(responder));
}

void receive_call(store& into, ingest_probe& probe, const std::string& method, const std::string& message,
                  grpc_responder responder) {
  if (method == "/grpc.health.v1.Health/Check")
    return responder.send({grpc_status::ok, "", std::string(health_serving)});
  if (method == "/jaeger.api_v2.SamplingManager/GetSamplingStrategy")
    return responder.send({grpc_status::ok, "", std::string(sample_everything)});
  const bool otlp = method == "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
  if (!otlp && method != "/jaeger.api_v2.CollectorService/PostSpans")
    return responder.send({grpc_status::unimplemented, fmt::format("There is no method {}", method), ""});
  auto waiting = std::make_shared<grpc_responder>(std::move(responder));
  auto finished = [waiting, otlp](const result<std::uint64_t>& rejected) {
    if (!rejected) return waiting->send({rpc_status(rejected.error()), rejected.error().message, ""});
    waiting->send({grpc_status::ok, "", otlp ? export_answer(*rejected) : ""});
  };
  if (otlp) {
    auto batch = rows_of_export(message, instant::now());
    if (!batch) return finished(fail(std::move(batch.error())));
    return store_rows(into, probe, std::move(*batch), store::durability::synced, std::move(finished));
  }
  const auto records = wire::jaeger::read_post_spans(message);
  if (!records) return finished(fail(records.error()));
  store_spans(into, probe, *records, store::durability::synced, std::move(finished));
}

http_response answer_sampling(const http_request& request) {
  if (request.path == "/baggageRestrictions") return http_response::json(200, "[]");
  if (request.path != "/sampling" && request.path != "/") return http_response::text(404, "404 page not found\n");
  std::size_t services = 0;
  for (const auto& [key, value] : request.query)
    if (key == "service" && !value.empty()) ++services;
  if (services != 1) return http_response::text(400, "'service' parameter must be provided once\n");
  // "/" is the form that clients of before 2017 read: an enumeration as its number.
  return http_response::json(
      200, request.path == "/" ? R"({"strategyType":0,"probabilisticSampling":{"samplingRate":1}})"
                               : R"({"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":1}})");
}

void receive_datagram(store& into, ingest_probe& probe, std::string_view bytes, bool compact) {
  using wire::thrift::encoding;
  const auto records = wire::jaeger::read_agent_call(bytes, compact ? encoding::compact : encoding::binary);
  if (!records) return probe.datagram_refused();
  // Nobody waits for an answer: what cannot be stored is counted.
  store_spans(into, probe, *records, store::durability::soon, [&probe](const result<std::uint64_t>& stored) {
    if (!stored) probe.refused();
  });
}

}  // namespace mes::telemetry
