#include "telemetry/ingest/bulk.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "observe/log.h"
#include "telemetry/ingest/document_facts.h"
#include "telemetry/parts/index_name.h"
#include "telemetry/query/elastic/document.h"

namespace mes::telemetry::elastic {
namespace {

using simdjson::dom::object;

std::string cause_of(int status, std::string type, std::string reason) {
  return es_error{status, std::move(type), std::move(reason), ""}.cause();
}

void refuse(bulk_item& item, int status, std::string type, std::string reason) {
  item.status = status;
  item.cause = cause_of(status, std::move(type), std::move(reason));
}

class builder {
 public:
  builder(const store& into, instant now) : _into(into), _now(now) {}

  void add(bulk_item item, std::string_view source) {
    object document;
    if (auto why = why_invalid_index(item.index); !why.empty() || item.index.starts_with(span_index_prefix)) {
      refuse(item, 400, "invalid_index_name_exception",
             fmt::format("Invalid index name [{}], {}", item.index, why.empty() ? "it is reserved" : why));
    } else if (!_into.has_room_for(item.index)) {
      refuse(item, 400, "validation_exception", "this action would add an index, but the limit of indices is reached");
    } else if (item.id.size() > row::id_bytes_max) {
      refuse(item, 400, "illegal_argument_exception",
             fmt::format("id is too long, must be no longer than {} bytes but was: {}", row::id_bytes_max,
                         item.id.size()));
    } else if (_parser.parse(source.data(), source.size()).get(document)) {
      refuse(item, 400, "document_parsing_exception", "failed to parse");
    } else {
      put(item, document, source);
    }
    _made.items.push_back(std::move(item));
  }
  void add_refused(bulk_item item) { _made.items.push_back(std::move(item)); }
  bulk_request take() { return std::move(_made); }

 private:
  void put(const bulk_item& item, object document, std::string_view source) {
    document_facts facts;
    facts.see_all(document);
    row r = facts.to_row(_now);
    r.id = item.id;
    r.body = source;
    if (_made.batches.empty() || _made.batches.back().index != item.index)
      _made.batches.push_back({item.index, {}, false});
    append_row(_made.batches.back().rows, r);
    _made.batches.back().with_ids = _made.batches.back().with_ids || !item.id.empty();
  }

  const store& _into;
  instant _now;
  simdjson::dom::parser _parser;
  bulk_request _made;
};

std::string_view next_line(std::string_view& body) {
  std::size_t end = body.find('\n');
  std::string_view line = body.substr(0, end);
  body = end == std::string_view::npos ? std::string_view{} : body.substr(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// One item of the answer; true where it is an error.
bool append_item(std::string& out, const bulk_item& item, std::uint64_t sequence, int& status) {
  status = item.status != 0 ? item.status : sequence != 0 ? 201 : item.operation == "create" ? 409 : 400;
  std::string cause = item.cause;
  if (item.status == 0 && status == 409)
    cause = cause_of(409, "version_conflict_engine_exception",
                     fmt::format("[{}]: version conflict, document already exists (current version [1])", item.id));
  if (item.status == 0 && status == 400)
    cause = cause_of(
        400, "illegal_argument_exception",
        fmt::format("[{}]: documents here are written once and cannot be replaced; use op_type create", item.id));
  out += "\"_index\":";
  observe::append_json_string(out, item.index);
  row made;
  made.id = item.id;
  made.sequence = sequence;
  out += ",\"_id\":";
  if (item.id.empty() && sequence == 0)
    out += "null";
  else
    observe::append_json_string(out, document::id_of(made));
  if (status == 201)
    out += fmt::format(
        R"(,"_version":1,"result":"created","_shards":{{"total":1,"successful":1,"failed":0}},"_seq_no":{},"_primary_term":1)",
        sequence);
  else
    out += ",\"error\":" + cause;
  return status != 201;
}

}  // namespace

es_result<bulk_request> parse_bulk(std::string_view body, std::string_view default_index, const store& into,
                                   instant now) {
  if (body.empty()) return parsing_error("request body is required");
  if (!body.ends_with('\n')) return illegal_argument("The bulk request must be terminated by a newline [\\n]");
  builder made(into, now);
  simdjson::dom::parser parser;
  std::size_t number = 0;
  while (!body.empty()) {
    std::string_view line = next_line(body);
    ++number;
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    object action;
    if (parser.parse(line.data(), line.size()).get(action))
      return illegal_argument(fmt::format("Malformed action/metadata line [{}], expected START_OBJECT", number));
    bulk_item item;
    item.index = default_index;
    for (auto [operation, options] : action) {
      object fields;
      if (!item.operation.empty() || options.get(fields))
        return illegal_argument(fmt::format("Malformed action/metadata line [{}]", number));
      item.operation = operation;
      for (auto [key, value] : fields) {
        if (key == "_index")
          item.index = text_of(value);
        else if (key == "_id" && !value.is_null())
          item.id = text_of(value);
        else if (key != "_id" && key != "pipeline" && key != "routing" && key != "require_alias" && key != "_type" &&
                 key != "dynamic_templates" && key != "list_executed_pipelines")
          return illegal_argument(
              fmt::format("Action/metadata line [{}] contains an unknown parameter [{}]", number, key));
      }
    }
    const std::string& operation = item.operation;
    if (operation == "delete" || operation == "update") {
      refuse(item, 400, "illegal_argument_exception",
             "only write ops with an op_type of create or index are allowed: documents here are written once");
      if (operation == "update") {
        next_line(body);
        ++number;
      }
      made.add_refused(std::move(item));
      continue;
    }
    if (operation != "index" && operation != "create")
      return illegal_argument(
          fmt::format("Malformed action/metadata line [{}], expected field [create], [delete], "
                      "[index] or [update] but found [{}]",
                      number, operation));
    if (item.index.empty())
      return std::unexpected(
          es_error{400, "action_request_validation_exception", "Validation Failed: 1: index is missing;", ""});
    std::string_view source = next_line(body);
    ++number;
    made.add(std::move(item), source);
  }
  return made.take();
}

bulk_request single_document(std::string_view operation, std::string index, std::string id, std::string_view source,
                             const store& into, instant now) {
  builder made(into, now);
  made.add({std::string(operation), std::move(index), std::move(id), 0, ""}, source);
  return made.take();
}

std::string bulk_answer(const bulk_request& request, const appended& sequences, std::int64_t took_ms) {
  std::string items;
  bool errors = false;
  std::size_t next = 0;
  for (const bulk_item& item : request.items) {
    if (!items.empty()) items += ',';
    items += fmt::format("{{\"{}\":{{", item.operation);
    int status = 0;
    errors = append_item(items, item, item.status == 0 ? sequences.at(next++) : 0, status) || errors;
    items += fmt::format(",\"status\":{}}}}}", status);
  }
  return fmt::format(R"({{"took":{},"errors":{},"items":[{}]}})", took_ms, errors, items);
}

std::string document_answer(const bulk_request& request, const appended& sequences, int& status) {
  const bulk_item& item = request.items.at(0);
  std::string out;
  if (!append_item(out, item, sequences.empty() ? 0 : sequences[0], status)) return "{" + out + "}";
  std::string_view cause = std::string_view(out).substr(out.find(",\"error\":") + 9);
  return fmt::format(R"({{"error":{{"root_cause":[{}],{},"status":{}}})", cause, cause.substr(1), status);
}

}  // namespace mes::telemetry::elastic
