#include "wire/otlp/otlp_writer.h"

#include <algorithm>
#include <cstring>
#include <protozero/types.hpp>
#include <protozero/varint.hpp>

#include "base/utf8.h"

namespace mes::wire {
namespace {

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

constexpr std::size_t id_sizes[] = {18, 10};  // of a trace id and of a span id, with tag and length

std::size_t varint_size(std::uint64_t value) {
  return value < 0x80 ? 1 : static_cast<std::size_t>(protozero::length_of_varint(value));
}
std::size_t field_size(std::size_t content) {
  return 1 + varint_size(content) + content;
}  // tags below 16 are one byte

std::uint64_t nanoseconds(instant at) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(at.microseconds, 0)) * 1000;
}

// For a byte that is no UTF-8, which clients can bring in, protobuf's readers refuse the whole message: it becomes '?',
// which leaves the size as it is.
[[gnu::cold]] void repair(char* at, std::size_t size) {
  while (size > 0) {
    std::size_t length = utf8_length({at, size});
    if (length == 0) *at = '?', length = 1;
    at += length;
    size -= length;
  }
}

// All sizes are known before the first byte is written: each goes to its place, and none is moved.
class message_bytes {
 public:
  explicit message_bytes(char* to) : _to(to) {}

  void number(int field, std::uint64_t value) {
    tag(field, protozero::pbf_wire_type::varint);
    varint(value);
  }
  void fixed(int field, std::uint64_t value) {
    tag(field, protozero::pbf_wire_type::fixed64);
    for (int i = 0; i < 64; i += 8) *_to++ = static_cast<char>(value >> i);
  }
  void begin(int field, std::size_t size) {
    tag(field, protozero::pbf_wire_type::length_delimited);
    varint(size);
  }
  void text(int field, std::string_view value) {
    begin(field, value.size());
    raw(value);
  }
  void utf8(int field, std::string_view value) {
    text(field, value);
    if (!is_ascii(value)) repair(_to - value.size(), value.size());
  }
  void raw(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(_to, bytes.data(), bytes.size());
    _to += bytes.size();
  }
  template <std::size_t N>
  void id(int field, const std::array<std::uint8_t, N>& bytes) {
    text(field, {reinterpret_cast<const char*>(bytes.data()), N});
  }

 private:
  void tag(int field, protozero::pbf_wire_type type) {
    *_to++ = static_cast<char>(field << 3 | static_cast<int>(type));
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *_to++ = static_cast<char>(value | 0x80);
    *_to++ = static_cast<char>(value);
  }

  char* _to;
};

std::size_t value_size(std::string_view text) { return field_size(text.size()); }
std::size_t value_size(std::int64_t number) { return 1 + varint_size(static_cast<std::uint64_t>(number)); }
void put_value(message_bytes& out, std::string_view text) { out.utf8(any_value_field::text, text); }
void put_value(message_bytes& out, std::int64_t number) {
  out.number(any_value_field::integer, static_cast<std::uint64_t>(number));
}

// Of a KeyValue, without its own tag and length.
std::size_t pair_size(const auto& pair) { return field_size(pair.first.size()) + field_size(value_size(pair.second)); }

// By value, so that the place stays in a register: a char may be anything's.
message_bytes put_pair(message_bytes out, int field, const auto& pair) {
  out.begin(field, pair_size(pair));
  out.text(key_value_field::key, pair.first);
  out.begin(key_value_field::value, value_size(pair.second));
  put_value(out, pair.second);
  return out;
}

bool has_parent(const otlp_span& s) { return s.parent_span_id != std::array<std::uint8_t, 8>{}; }

std::size_t size_of(const otlp_span& s) {
  constexpr std::size_t kind = 2, time = 9, status = 4;
  std::size_t size = id_sizes[0] + id_sizes[1] + (has_parent(s) ? id_sizes[1] : 0) + field_size(s.name.size()) + kind +
                     2 * time + (s.failed ? status : 0);
  for (const auto& pair : s.attributes) size += field_size(pair_size(pair));
  for (const auto& pair : s.numbers) size += field_size(pair_size(pair));
  return size;
}

void put_span(message_bytes out, const otlp_span& s) {
  out.id(span_field::trace_id, s.trace_id);
  out.id(span_field::span_id, s.span_id);
  if (has_parent(s)) out.id(span_field::parent_span_id, s.parent_span_id);
  out.utf8(span_field::name, s.name);
  out.number(span_field::kind, static_cast<std::uint64_t>(s.kind));
  out.fixed(span_field::start, nanoseconds(s.start));
  out.fixed(span_field::end, nanoseconds(s.end));
  for (const auto& pair : s.attributes) out = put_pair(out, span_field::attributes, pair);
  for (const auto& pair : s.numbers) out = put_pair(out, span_field::attributes, pair);
  if (!s.failed) return;
  out.begin(span_field::status, 2);
  out.number(status_field::code, status_error);
}

}  // namespace

void append_span(std::string& out, const otlp_span& span) {
  std::size_t size = size_of(span), before = out.size(), whole = before + field_size(size);
  // libstdc++ 12 may tell of more room than was asked for: what is returned is ours.
  out.resize_and_overwrite(whole, [&](char* bytes, std::size_t) {
    message_bytes to(bytes + before);
    to.begin(scope_spans_field::spans, size);
    put_span(to, span);
    return whole;
  });
}

std::string write_trace_request(std::span<const otlp_attribute> resource, const otlp_scope& scope,
                                std::string_view spans) {
  std::size_t resource_size = 0;
  for (const otlp_attribute& one : resource) resource_size += field_size(pair_size(one));
  std::size_t scope_size =
      field_size(scope.name.size()) + (scope.version.empty() ? 0 : field_size(scope.version.size()));
  std::size_t scope_spans_size = field_size(scope_size) + spans.size();
  std::size_t resource_spans_size = field_size(resource_size) + field_size(scope_spans_size);
  std::size_t whole = field_size(resource_spans_size);
  std::string bytes;
  bytes.resize_and_overwrite(whole, [&](char* at, std::size_t) {
    message_bytes out(at);
    out.begin(request_field::resource_spans, resource_spans_size);
    out.begin(resource_spans_field::resource, resource_size);
    for (const otlp_attribute& one : resource) out = put_pair(out, resource_field::attributes, one);
    out.begin(resource_spans_field::scope_spans, scope_spans_size);
    out.begin(scope_spans_field::scope, scope_size);
    out.text(scope_field::name, scope.name);
    if (!scope.version.empty()) out.text(scope_field::version, scope.version);
    out.raw(spans);
    return whole;
  });
  return bytes;
}

}  // namespace mes::wire
