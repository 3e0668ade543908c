#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include <optional>

#include "wire/jaeger/jaeger.h"
#include "wire/jaeger/record.h"
#include "wire/otlp/base64.h"

namespace mes::wire::jaeger {
namespace {

using otlp::attribute_value;
using protozero::pbf_reader;

// KeyValue: 1 key, 2 v_type, 3 v_str, 4 v_bool, 5 v_int64, 6 v_float64, 7 v_binary.
std::pair<std::string, attribute_value> read_tag(pbf_reader in) {
  enum type : std::int32_t { string_type = 0, bool_type = 1, int64_type = 2, float64_type = 3, binary_type = 4 };
  std::string key, text, bytes;
  std::int32_t type = string_type;
  bool flag = false;
  std::int64_t whole = 0;
  double number = 0;
  while (in.next()) {
    switch (in.tag()) {
      case 1:
        key = in.get_string();
        break;
      case 2:
        type = in.get_enum();
        break;
      case 3:
        text = in.get_string();
        break;
      case 4:
        flag = in.get_bool();
        break;
      case 5:
        whole = in.get_int64();
        break;
      case 6:
        number = in.get_double();
        break;
      case 7:
        bytes = in.get_bytes();
        break;
      default:
        in.skip();
    }
  }
  switch (type) {
    case bool_type:
      return {std::move(key), flag};
    case int64_type:
      return {std::move(key), whole};
    case float64_type:
      return {std::move(key), number};
    case binary_type:
      return {std::move(key), otlp::base64_encode(bytes)};
    default:
      return {std::move(key), std::move(text)};
  }
}

// google.protobuf.Timestamp and Duration: 1 seconds, 2 nanos. Before 1970, or negative, is none.
std::uint64_t read_time(pbf_reader in) {
  std::int64_t seconds = 0, nanos = 0;
  while (in.next()) {
    if (in.tag() == 1)
      seconds = in.get_int64();
    else if (in.tag() == 2)
      nanos = in.get_int32();
    else
      in.skip();
  }
  constexpr std::int64_t seconds_max = 9'000'000'000;
  if (seconds < 0 || seconds > seconds_max || nanos < 0) return 0;
  return static_cast<std::uint64_t>(seconds) * 1'000'000'000 + static_cast<std::uint64_t>(nanos);
}

// Log: 1 timestamp, 2 fields.
otlp::span_event read_log(pbf_reader in) {
  otlp::span_event event;
  while (in.next()) {
    if (in.tag() == 1)
      event.time_ns = read_time(in.get_message());
    else if (in.tag() == 2)
      event.attributes.push_back(read_tag(in.get_message()));
    else
      in.skip();
  }
  for (const auto& [key, value] : event.attributes)
    if (const auto* text = std::get_if<std::string>(&value); text && key == "event") event.name = *text;
  return event;
}

// SpanRef: 1 trace_id, 2 span_id, 3 ref_type (0 CHILD_OF, 1 FOLLOWS_FROM).
reference read_reference(pbf_reader in) {
  reference r;
  while (in.next()) {
    if (in.tag() == 1)
      r.trace_id = in.get_bytes();
    else if (in.tag() == 2)
      r.span_id = in.get_bytes();
    else if (in.tag() == 3)
      r.child_of = in.get_enum() == 0;
    else
      in.skip();
  }
  return r;
}

// Process: 1 service_name, 2 tags.
otlp::resource_record read_process(pbf_reader in) {
  otlp::resource_record process;
  while (in.next()) {
    if (in.tag() == 1)
      process.service = in.get_string();
    else if (in.tag() == 2)
      process.attributes.push_back(read_tag(in.get_message()));
    else
      in.skip();
  }
  return process;
}

struct read_span_result {
  otlp::span_record span;
  std::optional<otlp::resource_record> process;  // where the span has one of its own
};

// Span: 1 trace_id, 2 span_id, 3 operation_name, 4 references, 6 start_time, 7 duration, 8 tags, 9 logs, 10 process.
read_span_result read_span(pbf_reader in) {
  read_span_result found;
  otlp::span_record& s = found.span;
  std::uint64_t duration_ns = 0;
  std::vector<reference> references;
  while (in.next()) {
    switch (in.tag()) {
      case 1:
        s.trace_id = in.get_bytes();
        break;
      case 2:
        s.span_id = in.get_bytes();
        break;
      case 3:
        s.name = in.get_string();
        break;
      case 4:
        references.push_back(read_reference(in.get_message()));
        break;
      case 6:
        s.start_ns = read_time(in.get_message());
        break;
      case 7:
        duration_ns = read_time(in.get_message());
        break;
      case 8:
        s.attributes.push_back(read_tag(in.get_message()));
        break;
      case 9:
        s.events.push_back(read_log(in.get_message()));
        break;
      case 10:
        found.process = read_process(in.get_message());
        break;
      default:
        in.skip();
    }
  }
  s.end_ns = s.start_ns + duration_ns;
  settle(s, std::move(references), "proto");
  return found;
}

// Batch: 1 spans, 2 process.
void read_batch(pbf_reader in, std::vector<otlp::resource_record>& into) {
  otlp::resource_record shared;
  std::vector<otlp::span_record> spans;
  std::vector<otlp::resource_record> own;
  while (in.next()) {
    if (in.tag() == 1) {
      read_span_result found = read_span(in.get_message());
      if (found.process) {
        found.process->spans.push_back(std::move(found.span));
        own.push_back(std::move(*found.process));
      } else {
        spans.push_back(std::move(found.span));
      }
    } else if (in.tag() == 2) {
      shared = read_process(in.get_message());
    } else {
      in.skip();
    }
  }
  shared.spans = std::move(spans);
  if (!shared.spans.empty()) into.push_back(std::move(shared));
  for (auto& process : own) into.push_back(std::move(process));
}

}  // namespace

result<std::vector<otlp::resource_record>> read_post_spans(std::string_view bytes) {
  std::vector<otlp::resource_record> found;
  try {
    pbf_reader request(bytes.data(), bytes.size());
    while (request.next()) {
      if (request.tag() == 1)
        read_batch(request.get_message(), found);
      else
        request.skip();
    }
  } catch (const protozero::exception& e) {
    return fail(error_code::corrupt, std::string("The message is no PostSpansRequest of Jaeger's: ") + e.what());
  }
  return found;
}

}  // namespace mes::wire::jaeger
