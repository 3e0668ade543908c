#include "telemetry/ingest/otlp_receiver.h"

#include <memory>

#include "observe/log.h"
#include "telemetry/ingest/span_rows.h"
#include "wire/gzip/gunzip.h"
#include "wire/otlp/otlp_json.h"
#include "wire/otlp/otlp_reader.h"

namespace mes::telemetry {
namespace {

namespace otlp = wire::otlp;
using runtime::http_request;
using runtime::http_responder;
using runtime::http_response;

constexpr std::string_view protobuf_type = "application/x-protobuf", json_type = "application/json";

// google.rpc.Code, which the bodies of errors carry.
int rpc_code(int http_status) {
  switch (http_status) {
    case 400:
    case 413:
      return 3;  // INVALID_ARGUMENT
    case 503:
      return 14;  // UNAVAILABLE
    case 404:
    case 405:
    case 415:
      return 12;  // UNIMPLEMENTED
    default:
      return 13;  // INTERNAL
  }
}

http_response status_answer(bool json, int status, std::string_view message) {
  http_response response;
  response.status = status;
  response.headers.set("Content-Type", json ? json_type : protobuf_type);
  if (json) {
    response.body = "{\"code\":" + std::to_string(rpc_code(status)) + ",\"message\":";
    observe::append_json_string(response.body, message);
    response.body += '}';
  } else {
    response.body = otlp::status_message(rpc_code(status), message);
  }
  if (status == 503) response.headers.set("Retry-After", "1");
  return response;
}

http_response accepted(bool json, std::uint64_t rejected) {
  constexpr std::string_view why = "spans without a trace id or a span id";
  http_response response;
  response.headers.set("Content-Type", json ? json_type : protobuf_type);
  if (!json)
    response.body = otlp::export_response(rejected, why);
  else
    response.body = rejected == 0 ? R"({"partialSuccess":{}})"
                                  : R"({"partialSuccess":{"rejectedSpans":")" + std::to_string(rejected) +
                                        R"(","errorMessage":")" + std::string(why) + "\"}}";
  return response;
}

int status_of(const error& e) {
  if (e.code == error_code::corrupt || e.code == error_code::invalid_argument) return 400;
  // A full disk may get room again: exporters try 503 again, and nothing else of 5xx.
  if (e.code == error_code::unavailable || e.code == error_code::storage_full) return 503;
  return http_status_of(e.code);
}

result<span_batch> decode(const http_request& request, bool json) {
  std::string unpacked;
  std::string_view body = request.body;
  std::string_view encoding = request.headers.get("Content-Encoding");
  if (encoding == "gzip" || encoding == "deflate") {
    auto inflated = wire::gunzip(body, export_bytes_max);
    if (!inflated) return fail(std::move(inflated.error()));
    unpacked = std::move(*inflated);
    body = unpacked;
  } else if (!encoding.empty() && encoding != "identity") {
    return fail(error_code::unsupported_media_type, "Content-Encoding must be gzip or deflate");
  }
  if (!json) return rows_of_export(body, request.received);
  auto protobuf = otlp::export_from_json(body);
  if (!protobuf) return fail(std::move(protobuf.error()));
  return rows_of_export(*protobuf, request.received);
}

}  // namespace

void receive_export(store& into, ingest_probe& probe, const http_request& request, http_responder responder) {
  std::string_view type = request.headers.get("Content-Type");
  type = type.substr(0, type.find(';'));
  bool json = type == json_type;
  if (request.path != "/v1/traces") return responder.send(status_answer(json, 404, "only /v1/traces is served"));
  if (request.method != "POST") return responder.send(status_answer(json, 405, "only POST is served"));
  if (!json && type != protobuf_type)
    return responder.send(status_answer(json, 415, "Content-Type must be application/x-protobuf or application/json"));
  auto batch = decode(request, json);
  if (!batch) return responder.send(status_answer(json, status_of(batch.error()), batch.error().message));
  probe.spans(batch->accepted, batch->rejected);
  if (batch->accepted == 0) return responder.send(accepted(json, batch->rejected));
  auto waiting = std::make_shared<http_responder>(std::move(responder));
  std::vector<row_batch> batches;
  batches.push_back(std::move(batch->rows));
  auto taken =
      into.append(std::move(batches), store::durability::synced,
                  [waiting, json, rejected = batch->rejected](result<appended> stored) {
                    waiting->send(stored ? accepted(json, rejected)
                                         : status_answer(json, status_of(stored.error()), stored.error().message));
                  });
  if (taken) return;
  probe.refused();
  waiting->send(status_answer(json, status_of(taken.error()), taken.error().message));
}

}  // namespace mes::telemetry
