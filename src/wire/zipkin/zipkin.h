// Zipkin's spans, in all the forms that its reporters send, as OTLP records.
//
// Version 2 (zipkin2-api.yaml, zipkin.proto) is a span as one side saw it; version 1 (zipkinCore.thrift, JSON) has
// annotations from which sides, kinds and times are told. What Jaeger has no field for becomes the tags that Jaeger's
// own collector makes: peer.service, peer.ipv4, peer.ipv6, peer.port.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "wire/otlp/span_record.h"

namespace mes::wire::zipkin {

struct endpoint {
  std::string service;
  std::string ipv4, ipv6;  // as text
  std::int32_t port = 0;   // 0: unknown
  bool operator==(const endpoint&) const = default;
};

struct annotation {
  std::int64_t timestamp_us = 0;
  std::string value;
};

struct span {
  std::string trace_id, id, parent_id;  // bytes: 16, 8, 8 or none
  std::string name;
  std::uint32_t kind = 0;  // OTLP's
  std::int64_t timestamp_us = 0, duration_us = 0;
  std::optional<endpoint> local, remote;
  std::vector<annotation> annotations;
  otlp::attributes tags;
};

struct annotation_v1 {
  annotation what;
  std::optional<endpoint> host;
};

struct binary_annotation_v1 {
  std::string key;
  otlp::attribute_value value;
  std::optional<endpoint> host;
};

struct span_v1 {
  std::string trace_id, id, parent_id, name;
  std::optional<std::int64_t> timestamp_us, duration_us;
  std::vector<annotation_v1> annotations;
  std::vector<binary_annotation_v1> binary_annotations;
};

// One span a side: two where client and server wrote into the same one.
std::vector<span> spans_of(span_v1 old);

// Grouped by service.
std::vector<otlp::resource_record> records_of(std::vector<span> spans);

// Errors: invalid_argument, naming the span's index and the field, or corrupt.
result<std::vector<span>> read_json_v2(std::string_view body);
result<std::vector<span>> read_json_v1(std::string_view body);
result<std::vector<span>> read_protobuf(std::string_view body);  // ListOfSpans

// "10.0.0.1" of 4 bytes, "2001:db8::1" of 16; "" of any other number.
std::string address_text(std::string_view bytes);

}  // namespace mes::wire::zipkin
