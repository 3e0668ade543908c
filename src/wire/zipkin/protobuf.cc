#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include "wire/zipkin/zipkin.h"

namespace mes::wire::zipkin {
namespace {

using protozero::pbf_reader;

// Endpoint: 1 service_name, 2 ipv4, 3 ipv6, 4 port.
endpoint read_endpoint(pbf_reader in) {
  endpoint e;
  while (in.next()) {
    switch (in.tag()) {
      case 1:
        e.service = in.get_string();
        break;
      case 2:
        e.ipv4 = address_text(in.get_bytes());
        break;
      case 3:
        e.ipv6 = address_text(in.get_bytes());
        break;
      case 4:
        e.port = in.get_int32();
        break;
      default:
        in.skip();
    }
  }
  return e;
}

// Annotation: 1 timestamp, 2 value.
annotation read_annotation(pbf_reader in) {
  annotation a;
  while (in.next()) {
    if (in.tag() == 1)
      a.timestamp_us = static_cast<std::int64_t>(in.get_fixed64());
    else if (in.tag() == 2)
      a.value = in.get_string();
    else
      in.skip();
  }
  return a;
}

std::pair<std::string, otlp::attribute_value> read_tag(pbf_reader in) {
  std::string key, value;
  while (in.next()) {
    if (in.tag() == 1)
      key = in.get_string();
    else if (in.tag() == 2)
      value = in.get_string();
    else
      in.skip();
  }
  return {std::move(key), std::move(value)};
}

std::uint32_t kind_of(std::int32_t zipkins) {  // 1 CLIENT, 2 SERVER, 3 PRODUCER, 4 CONSUMER
  constexpr std::uint32_t kinds[] = {0, 3, 2, 4, 5};
  return zipkins >= 1 && zipkins <= 4 ? kinds[zipkins] : 0;
}

std::string padded(std::string bytes, std::size_t size) {
  return bytes.size() < size && !bytes.empty() ? std::string(size - bytes.size(), '\0') + bytes : bytes;
}

span read_span(pbf_reader in) {
  span s;
  while (in.next()) {
    switch (in.tag()) {
      case 1:
        s.trace_id = padded(in.get_bytes(), 16);
        break;
      case 2:
        s.parent_id = in.get_bytes();
        break;
      case 3:
        s.id = in.get_bytes();
        break;
      case 4:
        s.kind = kind_of(in.get_enum());
        break;
      case 5:
        s.name = in.get_string();
        break;
      case 6:
        s.timestamp_us = static_cast<std::int64_t>(in.get_fixed64());
        break;
      case 7:
        s.duration_us = static_cast<std::int64_t>(in.get_uint64());
        break;
      case 8:
        s.local = read_endpoint(in.get_message());
        break;
      case 9:
        s.remote = read_endpoint(in.get_message());
        break;
      case 10:
        s.annotations.push_back(read_annotation(in.get_message()));
        break;
      case 11:
        s.tags.push_back(read_tag(in.get_message()));
        break;
      default:
        in.skip();
    }
  }
  return s;
}

}  // namespace

result<std::vector<span>> read_protobuf(std::string_view body) {
  std::vector<span> spans;
  try {
    pbf_reader list(body.data(), body.size());
    while (list.next()) {
      if (list.tag() == 1)
        spans.push_back(read_span(list.get_message()));
      else
        list.skip();
    }
  } catch (const protozero::exception& e) {
    return fail(error_code::corrupt, std::string("The body is no ListOfSpans of Zipkin's: ") + e.what());
  }
  return spans;
}

}  // namespace mes::wire::zipkin
