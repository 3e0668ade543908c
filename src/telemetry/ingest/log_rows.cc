#include "telemetry/ingest/log_rows.h"

#include <simdjson.h>

#include <algorithm>

#include "base/trimmed.h"
#include "observe/log.h"
#include "observe/trace.h"
#include "telemetry/ingest/document_facts.h"
#include "telemetry/parts/index_name.h"

namespace mes::telemetry {
namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::int64_t day_us = 86'400'000'000;
constexpr std::size_t names_max = 64;

void append_field(std::string& out, std::string_view key, std::string_view value) {
  if (out.back() != '{') out += ',';
  observe::append_json_string(out, key);
  out += ':';
  observe::append_json_string(out, value);
}

// Appends the fields of an object to one that is open: `object` is its whole text.
void append_rest(std::string& out, std::string_view object) {
  std::string_view inner = trimmed(object.substr(1), blanks);
  if (inner != "}" && out.back() != '{') out += ',';
  out += inner;
}

}  // namespace

struct log_rows::parser {
  simdjson::dom::parser dom;
};

log_rows::log_rows(std::function<bool(std::string_view)> has_room)
    : _has_room(std::move(has_room)), _parser(std::make_unique<parser>()) {}
log_rows::~log_rows() = default;

std::string normal_level(std::string_view level) {
  std::string lower(level);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
  if (lower == "warning") return "warn";
  if (lower == "err") return "error";
  if (lower == "critical" || lower == "crit" || lower == "emerg" || lower == "alert" || lower == "panic")
    return "fatal";
  return lower;
}

std::string service_of_container(std::string_view container) {
  if (container.starts_with('/')) container.remove_prefix(1);
  if (container.starts_with("mes-")) container.remove_prefix(4);
  std::size_t end = container.find_last_not_of("0123456789");
  if (end != std::string_view::npos && end + 1 < container.size() && (container[end] == '-' || container[end] == '_'))
    container = container.substr(0, end);
  return std::string(container);
}

void log_rows::add_line(std::string_view line, instant now) {
  line = trimmed(line, blanks);
  if (line.empty()) return;
  simdjson::dom::object object;
  if (_parser->dom.parse(line.data(), line.size()).get(object)) {
    add_unparsed(line, now);
    return;
  }
  document_facts f;
  f.see_all(object);
  row r = f.to_row(now);
  std::string service = f.service.empty() && !f.container.empty() ? service_of_container(f.container) : "";
  r.stream = service.empty() ? f.service : service;
  std::string level = normal_level(f.level);
  _body = "{";
  if (!f.has_timestamp) append_field(_body, "@timestamp", instant{r.time_us}.to_string());
  if (!f.has_version) append_field(_body, "@version", "1");
  if (!service.empty() && !f.has_service) append_field(_body, "service", service);
  bool failed = level == "error" || level == "fatal";
  if (!f.has_tags && (failed || level == "warn")) _body += failed ? R"(,"tags":["error"])" : R"(,"tags":["warning"])";
  if (_body == "{,") _body = "{";
  append_rest(_body, level == f.level ? line : with_level(line, f));
  r.body = _body;
  put(index_for(logs_prefix, r.time_us, now.microseconds), r);
  if (failed) put(index_for(errors_prefix, r.time_us, now.microseconds), r);
  if (f.audit) put(index_for(audit_prefix, r.time_us, now.microseconds), r);
}

// The line with its level's value in normal form, all other bytes as they came. Rare: our own lines are normal.
std::string_view log_rows::with_level(std::string_view line, const document_facts& f) {
  simdjson::ondemand::parser parser;
  simdjson::padded_string padded(line);
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) return line;
  for (auto field : object) {
    std::string_view key, token;
    if (field.unescaped_key().get(key)) return line;
    if (key != f.level_key) continue;
    simdjson::ondemand::value value;
    if (field.value().get(value)) return line;
    token = trimmed(value.raw_json_token(), blanks);
    auto at = static_cast<std::size_t>(token.data() - padded.data());
    _rewritten = line.substr(0, at);
    observe::append_json_string(_rewritten, normal_level(f.level));
    _rewritten += line.substr(at + token.size());
    return _rewritten;
  }
  return line;
}

void log_rows::add_unparsed(std::string_view line, instant now) {
  _body = "{";
  append_field(_body, "@timestamp", now.to_string());
  append_field(_body, "@version", "1");
  append_field(_body, "message", line);
  _body += R"(,"tags":["_jsonparsefailure"]})";
  row r;
  r.time_us = now.microseconds;
  r.body = _body;
  put(index_for(logs_prefix, r.time_us, now.microseconds), r);
}

void log_rows::add_event(const bus_event& e) {
  std::string_view value = trimmed(e.value, blanks);
  simdjson::dom::object object;
  bool structured = !value.empty() && !_parser->dom.parse(value.data(), value.size()).get(object);
  std::set<std::string_view> present;
  document_facts f;
  if (structured)
    for (auto [key, v] : object) {
      present.insert(key);
      f.see(key, v);
    }
  auto trace = observe::trace_context::parse(e.traceparent);
  std::string trace_id = trace ? trace->trace_hex() : std::string(f.trace_id);
  _body = "{";
  auto add = [&](std::string_view key, std::string_view text) {
    if (!text.empty() && !present.contains(key)) append_field(_body, key, text);
  };
  add("@timestamp", e.time.to_string());
  add("@version", "1");
  add("topic", e.topic);
  add("key", e.key);
  add("event_id", e.id);
  add("event_type", e.type);
  add("source", e.source);
  add("trace_id", trace_id);
  add("request_id", e.request_id);
  if (structured) {
    append_rest(_body, value);
  } else {
    append_field(_body, "message", value);
    _body += '}';
  }
  row r;
  r.time_us = f.has_timestamp ? f.time_us.value_or(e.time.microseconds) : e.time.microseconds;
  r.trace_key = trace_key_of_hex(trace_id);
  r.stream = f.service.empty() ? e.source : f.service;
  r.id = e.id;
  r.body = _body;
  const std::string& index = index_for(e.index_prefix, e.time.microseconds, instant::now().microseconds);
  put(index, r);
  _batches[index].with_ids = true;
}

const std::string& log_rows::index_for(std::string_view prefix, std::int64_t time_us, std::int64_t now_us) {
  std::int64_t day = time_us / day_us;
  auto found = _names.find({prefix, day});
  if (found != _names.end()) return found->second;
  std::string name = day_index(prefix, time_us);
  if (day != now_us / day_us && !_has_room(name)) return index_for(prefix, now_us, now_us);
  if (_names.size() >= names_max) _names.clear();
  return _names.emplace(std::pair{prefix, day}, std::move(name)).first->second;
}

void log_rows::put(const std::string& index, const row& r) {
  row_batch& batch = _batches[index];
  std::size_t before = batch.rows.size();
  append_row(batch.rows, r);
  _size += batch.rows.size() - before;
}

std::vector<row_batch> log_rows::take() {
  std::vector<row_batch> taken;
  for (auto& [index, batch] : _batches) {
    batch.index = index;
    taken.push_back(std::move(batch));
  }
  _batches.clear();
  _size = 0;
  return taken;
}

void log_rows::put_back(std::vector<row_batch> batches) {
  for (row_batch& b : batches) {
    _size += b.rows.size();
    row_batch& now = _batches[b.index];
    now.rows.insert(0, b.rows);
    now.with_ids = now.with_ids || b.with_ids;
  }
}

}  // namespace mes::telemetry
