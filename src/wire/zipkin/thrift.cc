#include "wire/zipkin/thrift.h"

#include <fmt/format.h>

#include <bit>

#include "wire/otlp/base64.h"
#include "wire/thrift/fields.h"

namespace mes::wire::zipkin {
namespace {

using apache::thrift::protocol::TProtocol;
using apache::thrift::protocol::TType;
using thrift::big_endian;
using thrift::read;
using thrift::read_structure;
using thrift::read_structures;

// Endpoint: 1 ipv4 (as a number), 2 port, 3 service_name, 4 ipv6.
std::optional<endpoint> read_endpoint(TProtocol& in) {
  endpoint e;
  std::int32_t ipv4 = 0;
  std::int16_t port = 0;
  std::string ipv6;
  read_structure(in, [&](std::int16_t id, TType t) {
    switch (id) {
      case 1:
        return read(in, t, ipv4);
      case 2:
        return read(in, t, port);
      case 3:
        return read(in, t, e.service);
      case 4:
        return read(in, t, ipv6);
      default:
        return false;
    }
  });
  if (ipv4 != 0) e.ipv4 = address_text(big_endian(static_cast<std::uint32_t>(ipv4)).substr(4));
  e.ipv6 = address_text(ipv6);
  e.port = static_cast<std::uint16_t>(port);
  return e;
}

bool read_host(TProtocol& in, TType type, std::optional<endpoint>& into) {
  if (type != apache::thrift::protocol::T_STRUCT) return false;
  into = read_endpoint(in);
  return true;
}

// Annotation: 1 timestamp, 2 value, 3 host.
annotation_v1 read_annotation(TProtocol& in) {
  annotation_v1 a;
  read_structure(in, [&](std::int16_t id, TType t) {
    if (id == 1) return read(in, t, a.what.timestamp_us);
    if (id == 2) return read(in, t, a.what.value);
    return id == 3 && read_host(in, t, a.host);
  });
  return a;
}

// A binary annotation's value is in network order, as wide as its type.
otlp::attribute_value value_of(std::int32_t type, const std::string& bytes) {
  enum : std::int32_t { bool_type = 0, bytes_type = 1, i16_type = 2, i32_type = 3, i64_type = 4, double_type = 5 };
  std::uint64_t raw = 0;
  for (const char c : bytes.substr(0, 8)) raw = raw << 8 | static_cast<unsigned char>(c);
  if (type == bool_type && bytes.size() == 1) return raw != 0;
  if (type == bytes_type) return otlp::base64_encode(bytes);
  if (type == i16_type && bytes.size() == 2) return std::int64_t{static_cast<std::int16_t>(raw)};
  if (type == i32_type && bytes.size() == 4) return std::int64_t{static_cast<std::int32_t>(raw)};
  if (type == i64_type && bytes.size() == 8) return static_cast<std::int64_t>(raw);
  if (type == double_type && bytes.size() == 8) return std::bit_cast<double>(raw);
  return bytes;
}

// BinaryAnnotation: 1 key, 2 value, 3 annotation_type, 4 host.
binary_annotation_v1 read_binary_annotation(TProtocol& in) {
  binary_annotation_v1 a;
  std::string bytes;
  std::int32_t type = 6;  // STRING
  read_structure(in, [&](std::int16_t id, TType t) {
    if (id == 1) return read(in, t, a.key);
    if (id == 2) return read(in, t, bytes);
    if (id == 3) return read(in, t, type);
    return id == 4 && read_host(in, t, a.host);
  });
  a.value = value_of(type, bytes);
  return a;
}

}  // namespace

// Span: 1 trace_id, 3 name, 4 id, 5 parent_id, 6 annotations, 8 binary_annotations, 10 timestamp, 11 duration,
// 12 trace_id_high.
span_v1 read_thrift_span(TProtocol& in) {
  span_v1 s;
  std::int64_t low = 0, high = 0, own = 0, parent = 0;
  const auto read_time = [&in](TType t, std::optional<std::int64_t>& into) {
    std::int64_t value = 0;
    if (!read(in, t, value)) return false;
    if (value > 0) into = value;
    return true;
  };
  read_structure(in, [&](std::int16_t id, TType t) {
    switch (id) {
      case 1:
        return read(in, t, low);
      case 3:
        return read(in, t, s.name);
      case 4:
        return read(in, t, own);
      case 5:
        return read(in, t, parent);
      case 6:
        return read_structures(in, t, [&] { s.annotations.push_back(read_annotation(in)); });
      case 8:
        return read_structures(in, t, [&] { s.binary_annotations.push_back(read_binary_annotation(in)); });
      case 10:
        return read_time(t, s.timestamp_us);
      case 11:
        return read_time(t, s.duration_us);
      case 12:
        return read(in, t, high);
      default:
        return false;
    }
  });
  s.trace_id = big_endian(static_cast<std::uint64_t>(high)) + big_endian(static_cast<std::uint64_t>(low));
  s.id = big_endian(static_cast<std::uint64_t>(own));
  if (parent != 0) s.parent_id = big_endian(static_cast<std::uint64_t>(parent));
  return s;
}

result<std::vector<span>> read_thrift(std::string_view bytes) {
  std::vector<span> spans;
  try {
    const auto in = thrift::open_protocol(bytes, thrift::encoding::binary);
    read_structures(*in, apache::thrift::protocol::T_LIST, [&] {
      for (span& s : spans_of(read_thrift_span(*in))) spans.push_back(std::move(s));
    });
  } catch (const apache::thrift::TException& e) {
    return fail(error_code::corrupt, fmt::format("The body is no Thrift list of Zipkin's spans: {}", e.what()));
  }
  return spans;
}

}  // namespace mes::wire::zipkin
