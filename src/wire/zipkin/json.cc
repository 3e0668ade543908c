#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <charconv>

#include "wire/otlp/json_input.h"
#include "wire/zipkin/zipkin.h"

namespace mes::wire::zipkin {
namespace {

using otlp::bad;
using otlp::bad_json;
using otlp::for_each;
using otlp::object_of;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Zipkin's reporters write null for what they do not know.
std::string text_of(std::string_view key, element e) {
  return e.is_null() ? std::string() : std::string(otlp::text_of(key, e));
}

std::int64_t number_of(std::string_view key, element e) {
  std::int64_t number = 0;
  double real = 0;
  if (e.is_null()) return 0;
  if (!e.get(number)) return number;
  if (!e.get(real) && real >= 0 && real < 9e18) return static_cast<std::int64_t>(real);
  bad(key, "a whole number");
}

// `size` bytes of lower or upper hex digits; leading zeros may be missing.
std::string id_of(std::string_view key, element e, std::size_t size) {
  const std::string text = text_of(key, e);
  if (text.empty()) return "";
  if (text.size() > 2 * size) bad(key, fmt::format("at most {} hex digits", 2 * size));
  const std::string padded = std::string(2 * size - text.size(), '0') + text;
  std::string bytes;
  for (std::size_t i = 0; i < padded.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, code] = std::from_chars(padded.data() + i, padded.data() + i + 2, byte, 16);
    if (code != std::errc{} || end != padded.data() + i + 2) bad(key, "hex digits");
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::optional<endpoint> endpoint_of(std::string_view key, element e) {
  if (e.is_null()) return std::nullopt;
  endpoint found;
  for (auto [inner, value] : object_of(key, e)) {
    if (inner == "serviceName") found.service = text_of(inner, value);
    if (inner == "ipv4") found.ipv4 = text_of(inner, value);
    if (inner == "ipv6") found.ipv6 = text_of(inner, value);
    if (inner == "port") found.port = static_cast<std::int32_t>(number_of(inner, value) & 0xffff);
  }
  if (found == endpoint{}) return std::nullopt;
  return found;
}

std::uint32_t kind_of(std::string_view key, element e) {
  constexpr std::array<std::pair<std::string_view, std::uint32_t>, 4> kinds = {
      {{"SERVER", 2}, {"CLIENT", 3}, {"PRODUCER", 4}, {"CONSUMER", 5}}};
  const std::string text = text_of(key, e);
  for (const auto& [name, kind] : kinds)
    if (name == text) return kind;
  if (text.empty()) return 0;
  bad(key, "CLIENT, SERVER, PRODUCER or CONSUMER");
}

annotation annotation_of(object o) {
  annotation a;
  for (auto [key, value] : o) {
    if (key == "timestamp") a.timestamp_us = number_of(key, value);
    if (key == "value") a.value = text_of(key, value);
  }
  return a;
}

template <class Span>
bool take_id(Span& s, std::string_view key, element value) {
  if (key == "traceId")
    s.trace_id = id_of(key, value, 16);
  else if (key == "id")
    s.id = id_of(key, value, 8);
  else if (key == "parentId")
    s.parent_id = id_of(key, value, 8);
  else if (key == "name")
    s.name = text_of(key, value);
  else
    return false;
  return true;
}

template <class Span>
void need_ids(const Span& s) {
  if (s.trace_id.empty()) throw bad_json{"\"traceId\" is missing"};
  if (s.id.empty()) throw bad_json{"\"id\" is missing"};
}

span span_of(element e) {
  span s;
  for (auto [key, value] : object_of("span", e)) {
    if (take_id(s, key, value)) continue;
    if (key == "kind") s.kind = kind_of(key, value);
    if (key == "timestamp") s.timestamp_us = number_of(key, value);
    if (key == "duration") s.duration_us = number_of(key, value);
    if (key == "localEndpoint") s.local = endpoint_of(key, value);
    if (key == "remoteEndpoint") s.remote = endpoint_of(key, value);
    if (key == "annotations")
      for_each(key, value, [&](element a) { s.annotations.push_back(annotation_of(object_of("annotations", a))); });
    if (key == "tags" && !value.is_null())
      for (auto [name, tag] : object_of(key, value)) s.tags.emplace_back(std::string(name), text_of(name, tag));
  }
  need_ids(s);
  return s;
}

otlp::attribute_value value_of(element e) {
  bool flag = false;
  std::int64_t whole = 0;
  double number = 0;
  if (!e.get(flag)) return flag;
  if (!e.get(whole)) return whole;
  if (!e.get(number)) return number;
  return text_of("value", e);
}

binary_annotation_v1 binary_annotation_of(object o) {
  binary_annotation_v1 a;
  for (auto [key, value] : o) {
    if (key == "key") a.key = text_of(key, value);
    if (key == "value") a.value = value_of(value);
    if (key == "endpoint") a.host = endpoint_of(key, value);
  }
  return a;
}

span_v1 span_v1_of(element e) {
  span_v1 s;
  for (auto [key, value] : object_of("span", e)) {
    if (take_id(s, key, value)) continue;
    if (key == "timestamp" && !value.is_null()) s.timestamp_us = number_of(key, value);
    if (key == "duration" && !value.is_null()) s.duration_us = number_of(key, value);
    if (key == "annotations")
      for_each(key, value, [&](element item) {
        const object o = object_of("annotations", item);
        annotation_v1 a{annotation_of(o), std::nullopt};
        for (auto [inner, host] : o)
          if (inner == "endpoint") a.host = endpoint_of(inner, host);
        s.annotations.push_back(std::move(a));
      });
    if (key == "binaryAnnotations")
      for_each(key, value, [&](element item) {
        s.binary_annotations.push_back(binary_annotation_of(object_of("binaryAnnotations", item)));
      });
  }
  need_ids(s);
  return s;
}

template <class Read>
result<std::vector<span>> read_list(std::string_view body, Read read) {
  simdjson::dom::parser parser;
  element root;
  if (auto code = parser.parse(body.data(), body.size()).get(root))
    return fail(error_code::invalid_argument,
                fmt::format("The spans are not valid JSON: {}", simdjson::error_message(code)));
  array list;
  if (root.get(list)) return fail(error_code::invalid_argument, "The body is not a JSON list of spans");
  std::vector<span> spans;
  for (element e : list) {
    try {
      read(e, spans);
    } catch (const bad_json& fault) {
      return fail(error_code::invalid_argument, fmt::format("Span {}: {}", spans.size(), fault.message));
    }
  }
  return spans;
}

}  // namespace

result<std::vector<span>> read_json_v2(std::string_view body) {
  return read_list(body, [](element e, std::vector<span>& into) { into.push_back(span_of(e)); });
}

result<std::vector<span>> read_json_v1(std::string_view body) {
  return read_list(body, [](element e, std::vector<span>& into) {
    for (span& s : spans_of(span_v1_of(e))) into.push_back(std::move(s));
  });
}

}  // namespace mes::wire::zipkin
