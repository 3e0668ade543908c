#include "wire/otlp/span_record.h"

#include <array>
#include <protozero/pbf_writer.hpp>

namespace mes::wire::otlp {
namespace {

using protozero::pbf_writer;

struct value_writer {
  pbf_writer& out;  // AnyValue
  void operator()(const std::string& text) const { out.add_string(1, text); }
  void operator()(bool flag) const { out.add_bool(2, flag); }
  void operator()(std::int64_t number) const { out.add_int64(3, number); }
  void operator()(double number) const { out.add_double(4, number); }
};

void write_attribute(pbf_writer& to, protozero::pbf_tag_type tag, const std::string& key,
                     const attribute_value& value) {
  pbf_writer pair(to, tag);
  pair.add_string(1, key);
  pbf_writer any(pair, 2);
  std::visit(value_writer{any}, value);
}

void write_attributes(pbf_writer& to, protozero::pbf_tag_type tag, const attributes& all) {
  for (const auto& [key, value] : all) write_attribute(to, tag, key, value);
}

void write_span(pbf_writer& to, const span_record& s) {
  pbf_writer out(to, 2);
  out.add_bytes(1, s.trace_id);
  out.add_bytes(2, s.span_id);
  if (!s.parent_id.empty()) out.add_bytes(4, s.parent_id);
  out.add_string(5, s.name);
  out.add_enum(6, static_cast<int>(s.kind));
  out.add_fixed64(7, s.start_ns);
  out.add_fixed64(8, s.end_ns);
  write_attributes(out, 9, s.attributes);
  for (const span_event& e : s.events) {
    pbf_writer one(out, 11);
    one.add_fixed64(1, e.time_ns);
    one.add_string(2, e.name);
    write_attributes(one, 3, e.attributes);
  }
  for (const span_link& l : s.links) {
    pbf_writer one(out, 13);
    one.add_bytes(1, l.trace_id);
    one.add_bytes(2, l.span_id);
  }
}

}  // namespace

std::string write_export(std::span<const resource_record> resources) {
  std::string bytes;
  pbf_writer request(bytes);
  for (const resource_record& r : resources) {
    pbf_writer resource_spans(request, 1);
    {
      pbf_writer resource(resource_spans, 1);
      write_attribute(resource, 1, "service.name", r.service);
      write_attributes(resource, 1, r.attributes);
    }
    pbf_writer scope_spans(resource_spans, 2);
    for (const span_record& s : r.spans) write_span(scope_spans, s);
  }
  return bytes;
}

std::uint32_t kind_of(std::string_view name) {
  constexpr std::array<std::string_view, 6> names = {"", "internal", "server", "client", "producer", "consumer"};
  for (std::uint32_t i = 1; i < names.size(); ++i)
    if (names[i] == name) return i;
  return 0;
}

}  // namespace mes::wire::otlp
