#include "telemetry/query/jaeger/jaeger_api.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <charconv>

#include "observe/log.h"
#include "telemetry/parts/index_name.h"
#include "telemetry/query/jaeger/span_json.h"
#include "telemetry/query/jaeger/trace_search.h"

namespace mes::telemetry::jaeger {
namespace {

using runtime::http_request;
using runtime::http_response;

constexpr std::size_t answer_bytes_max = 32u << 20;
constexpr std::int64_t lookback_default_ns = 2 * 86'400'000'000'000;     // J defaultTraceQueryLookbackDuration
constexpr std::int64_t dependency_lookback_default_us = 86'400'000'000;  // J defaultDependencyLookbackDuration
constexpr std::int64_t limit_default = 100, limit_max = 10'000;

http_response error_answer(int status, std::string_view message) {
  return http_response::json(status, envelope("null", 0, "[" + error_json(status, message) + "]"));
}

http_response failed(const error& e) { return error_answer(http_status_of(e.code), e.message); }

snapshot spans_of(const store& from) {
  return from.select([](std::string_view index) { return index.starts_with(span_index_prefix); });
}

result<std::int64_t> whole_number(const http_request& request, std::string_view name, std::int64_t missing) {
  std::string_view text = request.query_value(name);
  if (text.empty()) return missing;
  std::int64_t number = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size())
    return fail(
        error_code::invalid_argument,
        fmt::format("unable to parse param '{}': strconv.ParseInt: parsing \"{}\": invalid syntax", name, text));
  return number;
}

result<std::int64_t> duration(const http_request& request, std::string_view name, std::int64_t missing) {
  std::string_view text = request.query_value(name);
  if (text.empty()) return missing;
  if (auto parsed = parse_duration_ns(text)) return *parsed;
  return fail(error_code::invalid_argument,
              fmt::format("unable to parse param '{}': time: invalid duration \"{}\"", name, text));
}

result<void> read_tags(const http_request& request, std::map<std::string, std::string>& tags) {
  for (const auto& [name, value] : request.query) {
    if (name == "tag") {
      std::size_t colon = value.find(':');
      if (colon == std::string::npos)
        return fail(error_code::invalid_argument, "malformed 'tag' parameter, expecting key:value, received: " + value);
      tags[value.substr(0, colon)] = value.substr(colon + 1);
    } else if (name == "tags") {
      simdjson::dom::parser parser;
      simdjson::dom::object object;
      bool texts = !parser.parse(value).get(object);
      if (texts)
        for (auto [key, v] : object) {
          std::string_view text;
          texts = texts && !v.get(text);
          tags[std::string(key)] = std::string(text);
        }
      if (!texts)
        return fail(error_code::invalid_argument,
                    "malformed 'tags' parameter, cannot unmarshal JSON: an object of texts is expected");
    }
  }
  return {};
}

result<trace_query> read_query(const http_request& request) {
  trace_query query;
  query.service = request.query_value("service");
  query.operation = request.query_value("operation");
  if (query.operation == "all") query.operation.clear();  // what the UI's form sends for any
  std::int64_t now_us = instant::now().microseconds;
  auto lookback = duration(request, "lookback", lookback_default_ns);
  if (!lookback) lookback = lookback_default_ns;  // Jaeger does not read it; the UI sends "custom" too
  auto end = whole_number(request, "end", now_us);
  auto start = end ? whole_number(request, "start", now_us - *lookback / 1'000) : end;
  auto limit = whole_number(request, "limit", limit_default);
  auto least = duration(request, "minDuration", 0);
  auto most = duration(request, "maxDuration", 0);
  for (const auto* parsed : {&end, &start, &limit, &least, &most})
    if (!*parsed) return fail(parsed->error());
  if (auto tags = read_tags(request, query.tags); !tags) return fail(std::move(tags.error()));
  if (*least != 0 && *most != 0 && *most < *least)
    return fail(error_code::invalid_argument, "'maxDuration' should be greater than 'minDuration'");
  query.start_us = *start;
  query.end_us = *end;
  query.limit = static_cast<std::size_t>(std::clamp<std::int64_t>(*limit, 0, limit_max));
  query.duration_min_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(*least, 0));
  if (*most > 0) query.duration_max_ns = static_cast<std::uint64_t>(*most);
  return query;
}

http_response traces_answer(const snapshot& seen, const std::vector<std::string>& ids, bool raw, bool by_id) {
  auto read = read_traces(seen, ids, answer_bytes_max);
  if (!read) return failed(read.error());
  std::string data = "[", errors;
  auto complain = [&](const std::string& one) { errors += (errors.empty() ? "" : ",") + one; };
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::string one = trace_json(std::move(read->bodies[i]), raw);
    if (one.empty()) {
      if (by_id) complain(error_json(0, "trace not found", hex_id(ids[i])));
      continue;
    }
    if (data.size() > 1) data += ',';
    data += one;
  }
  if (read->cut)
    complain(error_json(0, fmt::format("the answer is cut: its spans are larger than {} bytes", answer_bytes_max)));
  return http_response::json(200, envelope(data + "]", 0, errors.empty() ? "null" : "[" + errors + "]"));
}

http_response search(const store& from, const http_request& request) {
  std::vector<std::string> ids;
  for (const auto& [name, value] : request.query) {
    if (name != "traceID") continue;
    auto bytes = trace_id_bytes(value);
    if (!bytes) return error_answer(400, "cannot parse traceID param: strconv.ParseUint: parsing \"" + value + "\"");
    ids.push_back(std::move(*bytes));
  }
  auto query = read_query(request);
  if (!query) return failed(query.error());
  snapshot seen = spans_of(from);
  if (!ids.empty()) return traces_answer(seen, ids, false, true);
  if (query->service.empty()) return error_answer(400, "parameter 'service' is required");
  auto found = find_traces(seen, *query);
  if (!found) return failed(found.error());
  return traces_answer(seen, *found, false, false);
}

http_response get_trace(const store& from, const http_request& request, std::string_view id) {
  auto bytes = trace_id_bytes(id);
  if (!bytes) return error_answer(400, fmt::format("strconv.ParseUint: parsing \"{}\": invalid syntax", id));
  snapshot seen = spans_of(from);
  auto read = read_traces(seen, {*bytes}, answer_bytes_max);
  if (!read) return failed(read.error());
  if (read->bodies[0].empty()) return error_answer(404, "trace not found");
  std::string_view raw = request.query_value("raw");
  return traces_answer(seen, {*bytes}, raw == "true" || raw == "1", true);
}

http_response services(const store& from) {
  std::string data = "[";
  auto names = list_services(spans_of(from));
  for (const std::string& name : names) {
    if (data.size() > 1) data += ',';
    observe::append_json_string(data, name);
  }
  return http_response::json(200, envelope(data + "]", names.size()));
}

http_response operations_of(const store& from, const std::string& service, std::string_view kind, bool names_only) {
  std::string data = "[", last;
  std::size_t count = 0;
  for (const operation& o : list_operations(spans_of(from), service)) {
    if (!kind.empty() && o.kind != kind) continue;
    if (names_only && count > 0 && o.name == last) continue;
    last = o.name;
    if (count++ > 0) data += ',';
    if (!names_only) data += "{\"name\":";
    observe::append_json_string(data, o.name);
    if (names_only) continue;
    data += ",\"spanKind\":";
    observe::append_json_string(data, o.kind);
    data += '}';
  }
  return http_response::json(200, envelope(data + "]", count));
}

http_response dependencies(const store& from, const http_request& request) {
  auto end_ms = whole_number(request, "endTs", instant::now().ms());
  auto lookback_ms = whole_number(request, "lookback", dependency_lookback_default_us / 1'000);
  if (!end_ms) return failed(end_ms.error());
  if (!lookback_ms) return failed(lookback_ms.error());
  auto found = list_dependencies(spans_of(from), (*end_ms - *lookback_ms) * 1'000, *end_ms * 1'000);
  if (!found) return failed(found.error());
  std::string_view service = request.query_value("service");
  std::string data = "[";
  for (const dependency& d : *found) {
    if (!service.empty() && d.parent != service && d.child != service) continue;
    if (data.size() > 1) data += ',';
    data += "{\"parent\":";
    observe::append_json_string(data, d.parent);
    data += ",\"child\":";
    observe::append_json_string(data, d.child);
    data += fmt::format(",\"callCount\":{}}}", d.calls);
  }
  return http_response::json(200, envelope(data + "]", 0));
}

}  // namespace

std::optional<std::int64_t> parse_duration_ns(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 9> units = {{{"ns", 1},
                                                                                {"us", 1e3},
                                                                                {"\xc2\xb5s", 1e3},
                                                                                {"\xce\xbcs", 1e3},
                                                                                {"ms", 1e6},
                                                                                {"s", 1e9},
                                                                                {"m", 60e9},
                                                                                {"h", 3600e9},
                                                                                {"d", 86400e9}}};
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    double number = 0;
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (code != std::errc{} || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    bool known = false;
    for (const auto& [unit, factor] : units) {
      // "m" is also the beginning of "ms".
      if (!text.starts_with(unit) || (unit == "m" && text.starts_with("ms"))) continue;
      text.remove_prefix(unit.size());
      total += number * factor;
      known = true;
      break;
    }
    if (!known) return std::nullopt;
  }
  if (total > 9.2e18) return std::nullopt;
  return static_cast<std::int64_t>(total);
}

http_response answer(const store& from, const http_request& request) {
  std::string_view path = request.path;
  if (request.method != "GET") return error_answer(405, "method not allowed");
  if (path == "/api/services") return services(from);
  if (path == "/api/traces") return search(from, request);
  if (path == "/api/dependencies") return dependencies(from, request);
  if (path == "/api/operations") {
    std::string service(request.query_value("service"));
    if (service.empty()) return error_answer(400, "parameter 'service' is required");
    return operations_of(from, service, request.query_value("spanKind"), false);
  }
  constexpr std::string_view traces = "/api/traces/", of_service = "/api/services/", operations = "/operations";
  if (path.starts_with(traces)) return get_trace(from, request, path.substr(traces.size()));
  if (path.starts_with(of_service) && path.ends_with(operations) &&
      path.size() > of_service.size() + operations.size()) {
    path.remove_prefix(of_service.size());
    path.remove_suffix(operations.size());
    return operations_of(from, std::string(path), "", true);
  }
  return error_answer(404, "there is nothing at this path");
}

}  // namespace mes::telemetry::jaeger
