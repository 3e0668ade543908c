#include "telemetry/query/elastic/elastic_api.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "telemetry/ingest/bulk.h"
#include "telemetry/parts/index_name.h"
#include "telemetry/query/elastic/cat.h"
#include "telemetry/query/elastic/mapping.h"
#include "telemetry/query/elastic/search.h"
#include "telemetry/query/scan.h"

namespace mes::telemetry::elastic {
namespace {

using runtime::http_request;
using runtime::http_responder;
using runtime::http_response;

constexpr std::string_view root_answer = R"({
  "name" : "mes-telemetry",
  "cluster_name" : "mes",
  "cluster_uuid" : "bWVzLXRlbGVtZXRyeS0wMQ",
  "version" : {
    "number" : "8.10.2",
    "build_flavor" : "default",
    "build_type" : "tar",
    "build_hash" : "0000000000000000000000000000000000000000",
    "build_date" : "2023-09-19T00:00:00.000000000Z",
    "build_snapshot" : false,
    "lucene_version" : "9.7.0",
    "minimum_wire_compatibility_version" : "7.17.0",
    "minimum_index_compatibility_version" : "7.0.0"
  },
  "tagline" : "You Know, for Search"
}
)";

struct reply {
  int status = 200;
  std::string body;
};

reply of(const es_error& e) { return {e.status, e.body()}; }

// "/mes-logs-*/_search" -> {"mes-logs-*", "_search"}
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    std::size_t slash = path.find('/');
    if (slash != 0) parts.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return parts;
}

void send(http_responder& responder, const http_request& request, reply r) {
  if (std::string_view paths = request.query_value("filter_path"); !paths.empty() && r.status < 300) {
    simdjson::dom::parser parser;
    simdjson::dom::element document;
    if (!parser.parse(r.body).get(document)) r.body = source_filter::of_paths(paths).apply(document);
  }
  http_response response;
  response.status = r.status;
  response.headers.set("X-Elastic-Product", "Elasticsearch");
  bool plain = !r.body.starts_with('{') && !r.body.starts_with('[');
  bool vendor = request.headers.get("Accept").starts_with("application/vnd.elasticsearch+json");
  response.headers.set("Content-Type", plain    ? "text/plain; charset=UTF-8"
                                       : vendor ? "application/vnd.elasticsearch+json;compatible-with=8"
                                                : "application/json");
  response.body = std::move(r.body);
  responder.send(std::move(response));
}

bool ignores_missing(const http_request& request) { return request.query_value("ignore_unavailable") == "true"; }

reply search(const store& documents, const http_request& request, std::string_view indices) {
  auto asked = parse_search(request.body, request.query);
  if (!asked) return of(asked.error());
  auto seen = select_indices(documents, indices, ignores_missing(request));
  if (!seen) return of(seen.error());
  auto found = run_search(*seen, *asked);
  return found ? reply{200, std::move(*found)} : of(found.error());
}

reply count(const store& documents, const http_request& request, std::string_view indices) {
  auto asked = parse_count(request.body, request.query);
  if (!asked) return of(asked.error());
  auto seen = select_indices(documents, indices, ignores_missing(request));
  if (!seen) return of(seen.error());
  auto total = run_count(*seen, **asked);
  if (!total) return of(total.error());
  return {200, fmt::format(R"({{"count":{},"_shards":{{"total":1,"successful":1,"skipped":0,"failed":0}}}})", *total)};
}

// Pairs of lines: a header that names the index, and a search.
reply multi_search(const store& documents, const http_request& request, std::string_view default_indices) {
  std::string responses;
  std::string_view body = request.body;
  auto begin = std::chrono::steady_clock::now();
  simdjson::dom::parser parser;
  auto line = [&] {
    std::size_t end = body.find('\n');
    std::string_view one = body.substr(0, end);
    body = end == std::string_view::npos ? std::string_view{} : body.substr(end + 1);
    return one;
  };
  while (body.find_first_not_of("\r\n ") != std::string_view::npos) {
    std::string_view header = line(), search_body = line();
    std::string indices(default_indices);
    bool missing_is_fine = false;
    simdjson::dom::object options;
    simdjson::dom::element given;
    if (parser.parse(header.data(), header.size()).get(options))
      return of(illegal_argument("key must be followed by a search body").error());
    if (!options["index"].get(given)) {
      simdjson::dom::array list;
      if (given.get(list)) {
        indices = text_of(given);
      } else {
        indices.clear();
        for (element one : list) indices += (indices.empty() ? "" : ",") + text_of(one);
      }
    }
    if (!options["ignore_unavailable"].get(given)) missing_is_fine = text_of(given) == "true";
    auto asked = parse_search(search_body, {});
    es_result<snapshot> seen = asked ? select_indices(documents, indices, missing_is_fine)
                                     : es_result<snapshot>(std::unexpected(asked.error()));
    es_result<std::string> found =
        seen ? run_search(*seen, *asked) : es_result<std::string>(std::unexpected(seen.error()));
    std::string one = found ? std::move(*found) : found.error().body();
    if (found) one.insert(one.size() - 1, ",\"status\":200");
    responses += (responses.empty() ? "" : ",") + one;
  }
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  return {200, fmt::format(R"({{"took":{},"responses":[{}]}})", took.count(), responses)};
}

reply get_document(const store& documents, const std::string& index, const std::string& id, bool source_only) {
  auto seen = select_indices(documents, index, false);
  if (!seen) return of(seen.error());
  std::uint64_t sequence = document::sequence_of_id(id);
  reply found{404, source_only ? es_error{404, "resource_not_found_exception",
                                          fmt::format("Document not found [{}]/[{}]", index, id), ""}
                                     .body()
                               : fmt::format(R"({{"_index":"{}","_id":"{}","found":false}})", index, id)};
  for (const scan_unit& unit : units_of(*seen, {})) {
    if (sequence != 0 && (unit.sequence_min > sequence || unit.sequence_max < sequence)) continue;
    auto read = read_unit(unit, [&](const std::vector<row>& rows) {
      for (const row& r : rows) {
        if (sequence != 0 ? r.sequence != sequence || !r.id.empty() : r.id != id) continue;
        found.status = 200;
        found.body = source_only
                         ? std::string(r.body)
                         : fmt::format(R"({{"_index":"{}","_id":"{}","_version":1,"_seq_no":{},"_primary_term":1,)"
                                       R"("found":true,"_source":{}}})",
                                       index, id, r.sequence, r.body);
      }
    });
    if (!read) return of({500, "search_phase_execution_exception", read.error().message, ""});
    if (found.status == 200) break;
  }
  return found;
}

reply refused(const error& e) {
  if (e.code == error_code::unavailable)
    return of(
        {429, "es_rejected_execution_exception", "rejected execution of coordinating operation: " + e.message, ""});
  return of({e.code == error_code::storage_full ? 507 : 500, "exception", e.message, ""});
}

// Stores, and answers when it is durable.
void store_items(store& documents, const http_request& request, http_responder responder, bulk_request items,
                 bool single) {
  struct pending {
    http_request request;
    http_responder responder;
    bulk_request items;
    std::chrono::steady_clock::time_point begin;
  };
  http_request slim;
  slim.headers = request.headers;
  slim.query = request.query;
  std::vector<row_batch> batches = std::move(items.batches);
  auto waiting = std::make_shared<pending>(
      pending{std::move(slim), std::move(responder), std::move(items), std::chrono::steady_clock::now()});
  auto finish = [waiting, single](result<appended> outcome) {
    reply r;
    if (!outcome) {
      r = refused(outcome.error());
    } else if (single) {
      r.body = document_answer(waiting->items, *outcome, r.status);
    } else {
      auto took = std::chrono::steady_clock::now() - waiting->begin;
      r.body =
          bulk_answer(waiting->items, *outcome, std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    }
    send(waiting->responder, waiting->request, std::move(r));
  };
  if (batches.empty()) return finish(appended{});
  auto taken = documents.append(std::move(batches), store::durability::synced, finish);
  if (!taken) send(waiting->responder, waiting->request, refused(taken.error()));
}

reply health(const store& documents) {
  auto indices = visible_indices(documents, "*").size();
  return {200,
          fmt::format(R"({{"cluster_name":"mes","status":"{}","timed_out":false,"number_of_nodes":1,)"
                      R"("number_of_data_nodes":1,"active_primary_shards":{},"active_shards":{},"relocating_shards":0,)"
                      R"("initializing_shards":0,"unassigned_shards":0,"delayed_unassigned_shards":0,)"
                      R"("number_of_pending_tasks":0,"number_of_in_flight_fetch":0,)"
                      R"("task_max_waiting_in_queue_millis":0,"active_shards_percent_as_number":100.0}})",
                      documents.healthy() ? "green" : "red", indices, indices)};
}

reply mapping(const store& documents, const http_request& request, std::string_view indices, bool caps) {
  auto seen = select_indices(documents, indices, ignores_missing(request));
  if (!seen) return of(seen.error());
  field_types types = types_of(*seen);
  if (!caps) return {200, mapping_json(types)};
  std::string_view fields = request.query_value("fields");
  return {200, field_caps_json(types, fields.empty() ? "*" : fields)};
}

reply no_route(const http_request& request) {
  return of({400, "illegal_argument_exception",
             fmt::format("no handler found for uri [{}] and method [{}]", request.target, request.method), ""});
}

constexpr std::string_view one_shard = R"({"_shards":{"total":1,"successful":1,"failed":0}})";

// Operations on all indexes: /_search and the like. nullopt: there is none of that name.
std::optional<reply> global(const store& documents, const http_request& request, const std::vector<std::string>& path) {
  const std::string& name = path[0];
  if (name == "_search") return search(documents, request, "*");
  if (name == "_count") return count(documents, request, "*");
  if (name == "_msearch") return multi_search(documents, request, "*");
  if (name == "_mapping" || name == "_mappings") return mapping(documents, request, "*", false);
  if (name == "_field_caps") return mapping(documents, request, "*", true);
  if (name == "_refresh" || name == "_flush") return reply{200, std::string(one_shard)};
  if (name == "_license")
    return reply{200, R"({"license":{"status":"active","uid":"mes","type":"basic","issue_date_in_millis":0}})"};
  if (name == "_cluster" && path.size() >= 2 && path[1] == "health") return health(documents);
  if (name == "_cat" && path.size() >= 2) {
    cat_request cat{std::string(request.query_value("h")), request.query_value("format") == "json",
                    request.query_value("v") == "" && [&] {
                      for (const auto& [key, value] : request.query)
                        if (key == "v") return true;
                      return false;
                    }()};
    cat.header = cat.header || request.query_value("v") == "true";
    if (path[1] == "indices") return reply{200, cat_indices(documents, path.size() > 2 ? path[2] : "*", cat)};
    if (path[1] == "health") return reply{200, cat_health(documents, cat)};
  }
  return std::nullopt;
}

std::optional<reply> on_index(const store& documents, const http_request& request,
                              const std::vector<std::string>& path) {
  const std::string& index = path[0];
  if (path.size() == 1) {
    if (request.method != "HEAD" && request.method != "GET") return std::nullopt;
    auto seen = select_indices(documents, index, false);
    if (!seen) return of(seen.error());
    return mapping(documents, request, index, false);
  }
  const std::string& name = path[1];
  if (name == "_search") return search(documents, request, index);
  if (name == "_count") return count(documents, request, index);
  if (name == "_msearch") return multi_search(documents, request, index);
  if (name == "_mapping" || name == "_mappings") return mapping(documents, request, index, false);
  if (name == "_field_caps") return mapping(documents, request, index, true);
  if (name == "_refresh" || name == "_flush") return reply{200, std::string(one_shard)};
  bool reads = request.method == "GET" || request.method == "HEAD";
  if (name == "_doc" && path.size() == 3 && reads) return get_document(documents, index, path[2], false);
  if (name == "_source" && path.size() == 3 && reads) return get_document(documents, index, path[2], true);
  return std::nullopt;
}

}  // namespace

void answer(store& documents, const http_request& request, http_responder responder) {
  std::vector<std::string> path = segments_of(request.path);
  if (path.empty()) {
    bool reads = request.method == "GET" || request.method == "HEAD";
    return send(responder, request, reads ? reply{200, std::string(root_answer)} : no_route(request));
  }
  bool writes = request.method == "POST" || request.method == "PUT";
  if (path.back() == "_bulk" && path.size() <= 2 && writes) {
    auto items = parse_bulk(request.body, path.size() == 2 ? path[0] : "", documents, instant::now());
    if (!items) return send(responder, request, of(items.error()));
    return store_items(documents, request, std::move(responder), std::move(*items), false);
  }
  if (path.size() >= 2 && (path[1] == "_doc" || path[1] == "_create") && writes) {
    bool create = path[1] == "_create" || request.query_value("op_type") == "create";
    auto item = single_document(create ? "create" : "index", path[0], path.size() > 2 ? path[2] : "", request.body,
                                documents, instant::now());
    return store_items(documents, request, std::move(responder), std::move(item), true);
  }
  bool allowed = request.method == "GET" || request.method == "HEAD" || request.method == "POST";
  std::optional<reply> found;
  if (allowed)
    found = path[0].starts_with('_') && path[0] != "_all" ? global(documents, request, path)
                                                          : on_index(documents, request, path);
  send(responder, request, found ? std::move(*found) : no_route(request));
}

}  // namespace mes::telemetry::elastic
