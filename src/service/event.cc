#include "service/event.h"

#include <boost/json/serialize.hpp>
#include <charconv>

#include "wire/json/schema.h"

namespace mes::service {

runtime::kafka_record to_record(const event& e) {
  runtime::kafka_record r;
  r.topic = e.type;
  r.key = e.aggregate_id;
  r.value = json::serialize(e.data);
  r.headers = {{"content-type", "application/json"},
               {"ce_specversion", "1.0"},
               {"ce_id", e.id.to_string()},
               {"ce_source", e.source},
               {"ce_type", e.type},
               {"ce_time", e.time.to_string()},
               {"ce_subject", e.aggregate_id},
               {"ce_aggregateversion", std::to_string(e.aggregate_version)},
               {"ce_requestid", e.request_id},
               {"ce_userid", e.user}};
  if (e.trace) r.headers.emplace_back("traceparent", e.trace->to_traceparent());
  r.timestamp_ms = e.time.ms();
  return r;
}

result<event> from_record(const runtime::kafka_record& record) {
  event e;
  e.type = record.topic;
  e.aggregate_id = record.key;
  auto id = uuid::parse(record.header("ce_id"));
  if (!id) return fail(error_code::corrupt, "header ce_id is missing or no UUID");
  e.id = *id;
  auto time = instant::parse(record.header("ce_time"));
  e.time = time ? *time : instant::from_ms(record.timestamp_ms);
  e.source = record.header("ce_source");
  e.request_id = record.header("ce_requestid");
  e.user = record.header("ce_userid");
  e.trace = observe::trace_context::parse(record.header("traceparent"));
  std::string_view version = record.header("ce_aggregateversion");
  std::from_chars(version.data(), version.data() + version.size(), e.aggregate_version);
  auto value = wire::parse_json(record.value);
  if (!value) return fail(error_code::corrupt, "the value is not valid JSON: " + value.error().message);
  if (!value->is_object()) return fail(error_code::corrupt, "the value is no JSON object");
  e.data = std::move(value->as_object());
  return e;
}

}  // namespace mes::service
