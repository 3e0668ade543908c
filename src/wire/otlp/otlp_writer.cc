#include "wire/otlp/otlp_writer.h"

#include <algorithm>
#include <protozero/pbf_writer.hpp>

namespace mes::wire {
namespace {

using protozero::pbf_writer;

// Field numbers of opentelemetry/proto/{collector/trace,trace,resource,common}/v1.
namespace request_field {
constexpr int resource_spans = 1;
}
namespace resource_spans_field {
constexpr int resource = 1, scope_spans = 2;
}
namespace resource_field {
constexpr int attributes = 1;
}
namespace scope_spans_field {
constexpr int scope = 1, spans = 2;
}
namespace scope_field {
constexpr int name = 1, version = 2;
}
namespace span_field {
constexpr int trace_id = 1, span_id = 2, parent_span_id = 4, name = 5, kind = 6, start = 7, end = 8, attributes = 9,
              status = 15;
}
namespace status_field {
constexpr int code = 3;
}
namespace key_value_field {
constexpr int key = 1, value = 2;
}
namespace any_value_field {
constexpr int text = 1, integer = 3;
}
constexpr int status_error = 2;

template <std::size_t N>
void add_id(pbf_writer& out, int field, const std::array<std::uint8_t, N>& id) {
  out.add_bytes(static_cast<protozero::pbf_tag_type>(field), reinterpret_cast<const char*>(id.data()), id.size());
}

void add_attribute(pbf_writer& out, int field, std::string_view key, std::string_view value) {
  pbf_writer pair(out, static_cast<protozero::pbf_tag_type>(field));
  pair.add_string(key_value_field::key, key.data(), key.size());
  pbf_writer any(pair, key_value_field::value);
  any.add_string(any_value_field::text, value.data(), value.size());
}

std::uint64_t nanoseconds(instant at) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(at.microseconds, 0)) * 1000;
}

void add_attribute(pbf_writer& out, int field, std::string_view key, std::int64_t value) {
  pbf_writer pair(out, static_cast<protozero::pbf_tag_type>(field));
  pair.add_string(key_value_field::key, key.data(), key.size());
  pbf_writer any(pair, key_value_field::value);
  any.add_int64(any_value_field::integer, value);
}

void put_span(pbf_writer& out, const otlp_span& s) {
  add_id(out, span_field::trace_id, s.trace_id);
  add_id(out, span_field::span_id, s.span_id);
  if (s.parent_span_id != std::array<std::uint8_t, 8>{}) add_id(out, span_field::parent_span_id, s.parent_span_id);
  out.add_string(span_field::name, s.name);
  out.add_enum(span_field::kind, s.kind);
  out.add_fixed64(span_field::start, nanoseconds(s.start));
  out.add_fixed64(span_field::end, nanoseconds(s.end));
  for (const auto& [key, value] : s.attributes)
    add_attribute(out, span_field::attributes, key, std::string_view(value));
  for (const auto& [key, value] : s.numbers) add_attribute(out, span_field::attributes, key, value);
  if (s.failed) {
    pbf_writer status(out, span_field::status);
    status.add_enum(status_field::code, status_error);
  }
}

}  // namespace

std::string write_trace_request(std::string_view service_name, std::span<const otlp_span> spans) {
  std::string bytes;
  pbf_writer request(bytes);
  pbf_writer resource_spans(request, request_field::resource_spans);
  {
    pbf_writer resource(resource_spans, resource_spans_field::resource);
    add_attribute(resource, resource_field::attributes, "service.name", service_name);
  }
  {
    pbf_writer scope_spans(resource_spans, resource_spans_field::scope_spans);
    {
      pbf_writer scope(scope_spans, scope_spans_field::scope);
      scope.add_string(scope_field::name, "mes");
    }
    for (const otlp_span& s : spans) {
      pbf_writer one(scope_spans, scope_spans_field::spans);
      put_span(one, s);
    }
  }
  resource_spans.commit();
  return bytes;
}

std::string write_span(const otlp_span& span) {
  std::string bytes;
  pbf_writer out(bytes);
  put_span(out, span);
  return bytes;
}

std::string write_trace_request(std::span<const std::pair<std::string, std::string>> resource, const otlp_scope& scope,
                                std::span<const std::string> spans) {
  std::string bytes;
  pbf_writer request(bytes);
  pbf_writer resource_spans(request, request_field::resource_spans);
  {
    pbf_writer out(resource_spans, resource_spans_field::resource);
    for (const auto& [key, value] : resource)
      add_attribute(out, resource_field::attributes, key, std::string_view(value));
  }
  {
    pbf_writer scope_spans(resource_spans, resource_spans_field::scope_spans);
    {
      pbf_writer out(scope_spans, scope_spans_field::scope);
      out.add_string(scope_field::name, scope.name);
      out.add_string(scope_field::version, scope.version);
    }
    for (const std::string& s : spans) scope_spans.add_message(scope_spans_field::spans, s);
  }
  resource_spans.commit();
  return bytes;
}

}  // namespace mes::wire
