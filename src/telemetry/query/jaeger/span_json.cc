#include "telemetry/query/jaeger/span_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/hex.h"
#include "observe/log.h"
#include "telemetry/ingest/span_rows.h"

namespace mes::telemetry::jaeger {
namespace {

namespace otlp = wire::otlp;
using observe::append_json_string;

constexpr std::int64_t safe_integer_max = (std::int64_t{1} << 53) - 1;  // JavaScript's

struct decoded {
  otlp::span_head head;
  otlp::span_details details;
  otlp::scope_details scope;
  std::string_view resource;
};

std::string digits(std::string_view bytes) {
  std::string out;
  for (char c : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
  return out;
}

struct tag_writer {
  std::string& out;
  void type(std::string_view name) const { out += fmt::format(R"(,"type":"{}","value":)", name); }
  void operator()(const std::string& text) const {
    type("string");
    append_json_string(out, text);
  }
  void operator()(bool flag) const {
    type("bool");
    out += flag ? "true" : "false";
  }
  void operator()(std::int64_t number) const {
    type("int64");
    bool safe = number <= safe_integer_max && number >= -safe_integer_max;
    out += safe ? fmt::to_string(number) : fmt::format("\"{}\"", number);
  }
  void operator()(double number) const {
    type("float64");
    if (!std::isfinite(number))
      append_json_string(out, fmt::to_string(number));
    else
      out += number == std::trunc(number) && std::fabs(number) < 1e15 ? fmt::format("{:.0f}", number)
                                                                      : fmt::to_string(number);
  }
};

void append_tags(std::string& out, const otlp::attributes& tags) {
  out += '[';
  for (const auto& [key, value] : tags) {
    if (out.back() != '[') out += ',';
    out += "{\"key\":";
    append_json_string(out, key);
    std::visit(tag_writer{out}, value);
    out += '}';
  }
  out += ']';
}

void append_reference(std::string& out, std::string_view type, std::string_view trace_id, std::string_view span_id) {
  if (out.back() != '[') out += ',';
  out += fmt::format(R"({{"refType":"{}","traceID":"{}","spanID":"{}"}})", type, hex_id(trace_id), digits(span_id));
}

void append_logs(std::string& out, const std::vector<otlp::span_event>& events) {
  out += "\"logs\":[";
  for (const otlp::span_event& e : events) {
    if (out.back() != '[') out += ',';
    out += fmt::format(R"({{"timestamp":{},"fields":)", e.time_ns / 1'000);
    otlp::attributes fields = e.attributes;
    bool named = std::any_of(fields.begin(), fields.end(), [](const auto& f) { return f.first == "event"; });
    if (!named && !e.name.empty()) fields.insert(fields.begin(), {"event", e.name});
    // The event first, the others by name, as Jaeger's adjuster has it.
    std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) {
      return std::pair(a.first != "event", std::string_view(a.first)) <
             std::pair(b.first != "event", std::string_view(b.first));
    });
    append_tags(out, fields);
    out += '}';
  }
  out += ']';
}

void append_span(std::string& out, const decoded& s, std::string_view process, std::string_view warning) {
  std::string trace = hex_id(s.head.trace_id);
  out += fmt::format(R"({{"traceID":"{}","spanID":"{}","operationName":)", trace, digits(s.head.span_id));
  append_json_string(out, s.head.name);
  out += ",\"references\":[";
  if (!s.head.parent_id.empty()) append_reference(out, "CHILD_OF", s.head.trace_id, s.head.parent_id);
  for (const otlp::span_link& l : s.details.links)
    if (!l.trace_id.empty() && !l.span_id.empty()) append_reference(out, "FOLLOWS_FROM", l.trace_id, l.span_id);
  std::uint64_t duration = s.head.end_ns > s.head.start_ns ? s.head.end_ns - s.head.start_ns : 0;
  out += fmt::format(R"(],"startTime":{},"duration":{},"tags":)", s.head.start_ns / 1'000, duration / 1'000);
  append_tags(out, tags_of(s.head, s.details, s.scope));
  out += ',';
  append_logs(out, s.details.events);
  out += fmt::format(R"(,"processID":"{}","warnings":)", process);
  if (warning.empty()) {
    out += "null}";
  } else {
    out += '[';
    append_json_string(out, warning);
    out += "]}";
  }
}

void append_process(std::string& out, std::string_view resource) {
  auto read = otlp::read_resource(resource);
  otlp::attributes tags = read ? std::move(*read) : otlp::attributes{};
  std::string service = tags.empty() ? "OTLPResourceNoServiceName" : "empty-service-name";
  for (const auto& [key, value] : tags)
    if (key == "service.name" && !text_of(value).empty()) service = text_of(value);
  std::erase_if(tags, [](const auto& t) { return t.first == "service.name"; });
  out += "{\"serviceName\":";
  append_json_string(out, service);
  out += ",\"tags\":";
  append_tags(out, tags);
  out += '}';
}

std::vector<decoded> decode_all(const std::vector<std::string>& bodies) {
  std::vector<decoded> spans;
  for (const std::string& body : bodies) {
    stored_span stored;
    if (!read_stored_span(body, stored)) continue;
    auto head = otlp::read_head(stored.span);
    auto details = otlp::read_details(stored.span);
    auto scope = otlp::read_scope(stored.scope);
    if (!head || !details || !scope) continue;  // was whole when it was taken: cannot be
    spans.push_back({*head, std::move(*details), std::move(*scope), stored.resource});
  }
  std::sort(spans.begin(), spans.end(), [](const decoded& a, const decoded& b) {
    return std::tie(a.head.start_ns, a.head.span_id) < std::tie(b.head.start_ns, b.head.span_id);
  });
  return spans;
}

}  // namespace

std::string_view kind_name(std::uint32_t otlp_kind) {
  switch (otlp_kind) {
    case 1:
      return "internal";
    case 2:
      return "server";
    case 3:
      return "client";
    case 4:
      return "producer";
    case 5:
      return "consumer";
    default:
      return "";
  }
}

std::string hex_id(std::string_view bytes) {
  constexpr std::string_view no_high_half("\0\0\0\0\0\0\0\0", 8);
  if (bytes.size() == 16 && bytes.starts_with(no_high_half)) bytes.remove_prefix(8);
  return digits(bytes);
}

std::optional<std::string> trace_id_bytes(std::string_view hex) {
  if (hex.empty() || hex.size() > 32) return std::nullopt;
  std::string padded = std::string(32 - hex.size(), '0') + std::string(hex);
  std::string bytes;
  for (std::size_t i = 0; i < 32; i += 2) {
    int byte = 0;
    for (char c : {padded[i], padded[i + 1]}) {
      int digit = hex_value(c);
      if (digit < 0) return std::nullopt;
      byte = byte * 16 + digit;
    }
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

// The order and the names are those of the translation that Jaeger's collector uses (OpenTelemetry's
// pkg/translator/jaeger), then the tag that the collector itself adds.
otlp::attributes tags_of(const otlp::span_head& head, const otlp::span_details& details,
                         const otlp::scope_details& scope) {
  otlp::attributes tags;
  auto add = [&](std::string_view key, otlp::attribute_value value) { tags.emplace_back(key, std::move(value)); };
  if (!scope.name.empty()) add("otel.library.name", scope.name);
  if (!scope.version.empty()) add("otel.library.version", scope.version);
  tags.insert(tags.end(), details.attributes.begin(), details.attributes.end());
  if (head.kind >= 1 && head.kind <= 5) add("span.kind", std::string(kind_name(head.kind)));
  if (details.status == otlp::status_code::error) {
    add("otel.status_code", std::string("ERROR"));
    add("error", true);
  } else if (details.status == otlp::status_code::ok) {
    add("otel.status_code", std::string("OK"));
  }
  if (!details.status_message.empty()) add("otel.status_description", details.status_message);
  if (!details.trace_state.empty()) add("w3c.tracestate", details.trace_state);
  // What came in another protocol says so itself.
  const bool told = std::ranges::any_of(tags, [](const auto& t) { return t.first == "internal.span.format"; });
  if (!told) add("internal.span.format", std::string("otlp"));
  return tags;
}

std::string text_of(const otlp::attribute_value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::to_string(*number);
  return fmt::format("{:.10g}", std::get<double>(value));
}

std::string trace_json(std::vector<std::string> bodies, bool raw) {
  std::sort(bodies.begin(), bodies.end());
  bodies.erase(std::unique(bodies.begin(), bodies.end()), bodies.end());
  std::vector<decoded> spans = decode_all(bodies);
  if (spans.empty()) return "";
  std::set<std::string_view> present;
  for (const decoded& s : spans) present.insert(s.head.span_id);
  std::map<std::string_view, std::string> processes;
  std::vector<std::string_view> order;
  std::string out = fmt::format(R"({{"traceID":"{}","spans":[)", hex_id(spans.front().head.trace_id));
  for (const decoded& s : spans) {
    auto [process, fresh] = processes.try_emplace(s.resource, fmt::format("p{}", processes.size() + 1));
    if (fresh) order.push_back(s.resource);
    std::string warning;
    if (!raw && !s.head.parent_id.empty() && !present.contains(s.head.parent_id))
      warning = fmt::format("invalid parent span IDs={}; skipping clock skew adjustment", digits(s.head.parent_id));
    if (out.back() != '[') out += ',';
    append_span(out, s, process->second, warning);
  }
  out += "],\"processes\":{";
  for (std::string_view resource : order) {
    if (out.back() != '{') out += ',';
    out += fmt::format("\"{}\":", processes[resource]);
    append_process(out, resource);
  }
  out += "},\"warnings\":null}";
  return out;
}

std::string envelope(std::string_view data, std::size_t total, std::string_view errors) {
  return fmt::format(R"({{"data":{},"total":{},"limit":0,"offset":0,"errors":{}}})", data, total, errors);
}

std::string error_json(int code, std::string_view message, std::string_view trace_id) {
  std::string out = "{";
  if (code != 0) out += fmt::format("\"code\":{},", code);
  out += "\"msg\":";
  append_json_string(out, message);
  if (!trace_id.empty()) out += fmt::format(",\"traceID\":\"{}\"", trace_id);
  return out + "}";
}

}  // namespace mes::telemetry::jaeger
