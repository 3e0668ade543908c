#include "wire/jaeger/jaeger.h"

#include <fmt/format.h>

#include "wire/jaeger/record.h"
#include "wire/otlp/base64.h"
#include "wire/thrift/fields.h"
#include "wire/zipkin/thrift.h"

namespace mes::wire::jaeger {
namespace {

using apache::thrift::protocol::TProtocol;
using apache::thrift::protocol::TType;
using otlp::attribute_value;
using thrift::big_endian;
using thrift::encoding;
using thrift::open_protocol;
using thrift::read;
using thrift::read_structure;
using thrift::read_structures;

std::uint64_t nanoseconds(std::int64_t microseconds) {
  return microseconds <= 0 ? 0 : static_cast<std::uint64_t>(microseconds) * 1'000;
}

std::string trace_id_bytes(std::int64_t high, std::int64_t low) {
  return big_endian(static_cast<std::uint64_t>(high)) + big_endian(static_cast<std::uint64_t>(low));
}

// Tag: 1 key, 2 vType, 3 vStr, 4 vDouble, 5 vBool, 6 vLong, 7 vBinary.
std::pair<std::string, attribute_value> read_tag(TProtocol& in) {
  enum type : std::int32_t { string_type = 0, double_type = 1, bool_type = 2, long_type = 3, binary_type = 4 };
  std::string key, text, bytes;
  std::int32_t type = string_type;
  double number = 0;
  bool flag = false;
  std::int64_t whole = 0;
  read_structure(in, [&](std::int16_t id, TType t) {
    switch (id) {
      case 1:
        return read(in, t, key);
      case 2:
        return read(in, t, type);
      case 3:
        return read(in, t, text);
      case 4:
        return read(in, t, number);
      case 5:
        return read(in, t, flag);
      case 6:
        return read(in, t, whole);
      case 7:
        return read(in, t, bytes);
      default:
        return false;
    }
  });
  switch (type) {
    case double_type:
      return {std::move(key), number};
    case bool_type:
      return {std::move(key), flag};
    case long_type:
      return {std::move(key), whole};
    case binary_type:
      return {std::move(key), otlp::base64_encode(bytes)};
    default:
      return {std::move(key), std::move(text)};
  }
}

bool read_tags(TProtocol& in, TType type, otlp::attributes& into) {
  return read_structures(in, type, [&] { into.push_back(read_tag(in)); });
}

// Log: 1 timestamp, 2 fields. The field `event` is what OTLP calls the event's name.
otlp::span_event read_log(TProtocol& in) {
  otlp::span_event event;
  std::int64_t timestamp_us = 0;
  read_structure(in, [&](std::int16_t id, TType t) {
    if (id == 1) return read(in, t, timestamp_us);
    return id == 2 && read_tags(in, t, event.attributes);
  });
  event.time_ns = nanoseconds(timestamp_us);
  for (const auto& [key, value] : event.attributes)
    if (const auto* text = std::get_if<std::string>(&value); text && key == "event") event.name = *text;
  return event;
}

// SpanRef: 1 refType (0 CHILD_OF, 1 FOLLOWS_FROM), 2 traceIdLow, 3 traceIdHigh, 4 spanId.
reference read_reference(TProtocol& in) {
  reference r;
  std::int32_t type = 0;
  std::int64_t low = 0, high = 0, span = 0;
  read_structure(in, [&](std::int16_t id, TType t) {
    switch (id) {
      case 1:
        return read(in, t, type);
      case 2:
        return read(in, t, low);
      case 3:
        return read(in, t, high);
      case 4:
        return read(in, t, span);
      default:
        return false;
    }
  });
  r.child_of = type == 0;
  r.trace_id = trace_id_bytes(high, low);
  r.span_id = big_endian(static_cast<std::uint64_t>(span));
  return r;
}

// Span: 1 traceIdLow, 2 traceIdHigh, 3 spanId, 4 parentSpanId, 5 operationName, 6 references, 7 flags, 8 startTime,
// 9 duration (both in microseconds), 10 tags, 11 logs.
otlp::span_record read_span(TProtocol& in) {
  otlp::span_record s;
  std::int64_t low = 0, high = 0, span = 0, parent = 0, start_us = 0, duration_us = 0;
  std::vector<reference> references;
  read_structure(in, [&](std::int16_t id, TType t) {
    switch (id) {
      case 1:
        return read(in, t, low);
      case 2:
        return read(in, t, high);
      case 3:
        return read(in, t, span);
      case 4:
        return read(in, t, parent);
      case 5:
        return read(in, t, s.name);
      case 6:
        return read_structures(in, t, [&] { references.push_back(read_reference(in)); });
      case 8:
        return read(in, t, start_us);
      case 9:
        return read(in, t, duration_us);
      case 10:
        return read_tags(in, t, s.attributes);
      case 11:
        return read_structures(in, t, [&] { s.events.push_back(read_log(in)); });
      default:
        return false;
    }
  });
  s.trace_id = trace_id_bytes(high, low);
  s.span_id = big_endian(static_cast<std::uint64_t>(span));
  s.start_ns = nanoseconds(start_us);
  s.end_ns = s.start_ns + nanoseconds(duration_us);
  if (parent != 0) s.parent_id = big_endian(static_cast<std::uint64_t>(parent));
  settle(s, std::move(references), "jaeger");
  return s;
}

// Batch: 1 process (1 serviceName, 2 tags), 2 spans.
otlp::resource_record read_batch(TProtocol& in) {
  otlp::resource_record batch;
  read_structure(in, [&](std::int16_t id, TType t) {
    if (id == 1 && t == apache::thrift::protocol::T_STRUCT) {
      read_structure(in, [&](std::int16_t inner, TType inner_type) {
        if (inner == 1) return read(in, inner_type, batch.service);
        return inner == 2 && read_tags(in, inner_type, batch.attributes);
      });
      return true;
    }
    return id == 2 && read_structures(in, t, [&] { batch.spans.push_back(read_span(in)); });
  });
  return batch;
}

}  // namespace

result<otlp::resource_record> read_thrift_batch(std::string_view bytes, encoding how) {
  try {
    return read_batch(*open_protocol(bytes, how));
  } catch (const apache::thrift::TException& e) {
    return fail(error_code::corrupt, fmt::format("The body is no Thrift batch of Jaeger's: {}", e.what()));
  }
}

result<std::vector<otlp::resource_record>> read_agent_call(std::string_view bytes, encoding how) {
  std::vector<otlp::resource_record> found;
  try {
    const auto in = open_protocol(bytes, how);
    std::string name;
    apache::thrift::protocol::TMessageType kind{};
    std::int32_t sequence = 0;
    in->readMessageBegin(name, kind, sequence);
    if (name == "emitBatch") {
      read_structure(*in, [&](std::int16_t id, TType t) {
        if (id != 1 || t != apache::thrift::protocol::T_STRUCT) return false;
        found.push_back(read_batch(*in));
        return true;
      });
    } else if (name == "emitZipkinBatch") {
      std::vector<zipkin::span> spans;
      read_structure(*in, [&](std::int16_t id, TType t) {
        return id == 1 && read_structures(*in, t, [&] {
                 for (zipkin::span& s : zipkin::spans_of(zipkin::read_thrift_span(*in))) spans.push_back(std::move(s));
               });
      });
      found = zipkin::records_of(std::move(spans));
    } else {
      return fail(error_code::invalid_argument, fmt::format("The agent has no call {}", name.substr(0, 64)));
    }
  } catch (const apache::thrift::TException& e) {
    return fail(error_code::corrupt, fmt::format("The datagram is no call of Jaeger's agent: {}", e.what()));
  }
  return found;
}

}  // namespace mes::wire::jaeger
