// Both interfaces over one small store: each case runs on rows in memory and again on rows in parts.
#include <gtest/gtest.h>
#include <simdjson.h>
#include <unistd.h>

#include <filesystem>
#include <future>

#include "telemetry/ingest/document_facts.h"
#include "telemetry/ingest/log_rows.h"
#include "telemetry/ingest/span_rows.h"
#include "telemetry/parts/index_name.h"
#include "telemetry/query/elastic/search.h"
#include "telemetry/query/jaeger/jaeger_api.h"
#include "wire/otlp/otlp_json.h"

namespace mes::telemetry {
namespace {

constexpr std::string_view lines[] = {
    R"({"timestamp":"2026-11-23T10:00:00.000Z","level":"info","service":"work-order-service","message":"Work order WO-123 dispatched","trace_id":"5b8efff798038103d269b633813fc60c","n":5,"http":{"status":201}})",
    R"({"timestamp":"2026-11-23T10:01:00.000Z","level":"ERROR","service":"quality-service","message":"gauge out of calibration","n":7.5})",
    R"({"timestamp":"2026-11-23T10:02:00.000Z","level":"info","service":"auth-service","message":"login","audit":true,"user_id":"user-1"})",
    R"(not json)",
    R"({"timestamp":"2026-11-22T23:59:59.999Z","level":"warn","service":"work-order-service","message":"order WO-7 was late"})",
};
constexpr std::string_view trace = R"({"resourceSpans":[
 {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"gateway"}}]},"scopeSpans":[{"spans":[
  {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b173","name":"GET /x","kind":2,
   "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000","status":{"code":2}}]}]},
 {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"order"}},{"key":"host","value":{"stringValue":"h1"}}]},
  "scopeSpans":[{"scope":{"name":"lib"},"spans":[
  {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","parentSpanId":"eee19b7ec3c1b173","name":"work",
   "kind":2,"startTimeUnixNano":"1544712660100000000","endTimeUnixNano":"1544712660600000000",
   "attributes":[{"key":"k","value":{"intValue":"42"}}]}]}]}]})";

void label(std::string_view index, const row& r, label_set& into) {
  index.starts_with(span_index_prefix) ? add_span_label(r, into) : add_field_labels(r, into);
}

class query_test : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    _dir = std::filesystem::temp_directory_path() / ("telemetry-query-" + std::to_string(::getpid()));
    std::filesystem::remove_all(_dir);
    _log.set_stdout(false);
    auto opened = store::open(*_fs, _dir.string(), {}, &label, _log);
    ASSERT_TRUE(opened);
    _store = std::move(*opened);
    log_rows rows([](std::string_view) { return true; });
    for (std::string_view line : lines) rows.add_line(line, *instant::parse("2026-11-23T12:00:00Z"));
    put(rows.take());
    auto protobuf = wire::otlp::export_from_json(trace);
    ASSERT_TRUE(protobuf);
    for (int again = 0; again < 2; ++again) {  // an export that is tried again is shown once
      auto spans = rows_of_export(*protobuf, instant::now());
      ASSERT_TRUE(spans);
      std::vector<row_batch> batches;
      batches.push_back(std::move(spans->rows));
      put(std::move(batches));
    }
    if (GetParam()) _store->flush();
  }
  void TearDown() override {
    _store.reset();
    std::filesystem::remove_all(_dir);
  }

  void put(std::vector<row_batch> batches) {
    std::promise<bool> stored;
    ASSERT_TRUE(_store->append(std::move(batches), store::durability::synced,
                               [&](result<appended> r) { stored.set_value(r.has_value()); }));
    ASSERT_TRUE(stored.get_future().get());
  }

  // The answer to a search, or the error's body.
  std::string search(std::string_view indices, std::string_view body) {
    auto asked = elastic::parse_search(body, {});
    if (!asked) return asked.error().body();
    auto seen = elastic::select_indices(*_store, indices, false);
    if (!seen) return seen.error().body();
    auto found = elastic::run_search(*seen, *asked);
    return found ? *found : found.error().body();
  }
  // -1: an error.
  std::int64_t total(std::string_view indices, std::string_view query) {
    std::string answer = search(indices, R"({"size":0,"query":)" + std::string(query) + "}");
    simdjson::dom::parser parser;
    std::int64_t value = -1;
    EXPECT_FALSE(parser.parse(answer).error()) << answer;
    if (parser.parse(answer)["hits"]["total"]["value"].get(value)) return -1;
    return value;
  }
  runtime::http_response jaeger_get(std::string path, runtime::query_parameters query = {}) {
    runtime::http_request request;
    request.method = "GET";
    request.path = std::move(path);
    request.query = std::move(query);
    return jaeger::answer(*_store, request);
  }

  std::filesystem::path _dir;
  observe::logger _log{"test"};
  std::unique_ptr<os::file_system> _fs = os::make_real_file_system();
  std::unique_ptr<store> _store;
};
INSTANTIATE_TEST_SUITE_P(rows, query_test, testing::Values(false, true),
                         [](const auto& p) { return p.param ? "in_parts" : "in_memory"; });

TEST_P(query_test, the_query_language) {
  const std::pair<std::string_view, std::int64_t> cases[] = {
      {R"({"match_all":{}})", 5},
      {R"({"match_none":{}})", 0},
      {R"({"match":{"message":"DISPATCHED late"}})", 2},
      {R"({"match":{"message":{"query":"order late","operator":"and"}}})", 1},
      {R"({"match_phrase":{"message":"order wo 123"}})", 1},
      {R"({"match_phrase":{"message":"wo order"}})", 0},
      {R"({"term":{"level":"info"}})", 2},
      {R"({"term":{"level":"INFO"}})", 0},
      {R"({"term":{"level":{"value":"INFO","case_insensitive":true}}})", 2},
      {R"({"term":{"message":"wo"}})", 2},
      {R"({"term":{"message.keyword":"login"}})", 1},
      {R"({"term":{"trace_id":"5b8efff798038103d269b633813fc60c"}})", 1},
      {R"({"term":{"n":5}})", 1},
      {R"({"term":{"http.status":201}})", 1},
      {R"({"terms":{"service":["auth-service","quality-service"]}})", 2},
      {R"({"range":{"n":{"gt":5}}})", 1},
      {R"({"range":{"n":{"gte":5,"lte":7.5}}})", 2},
      {R"({"range":{"@timestamp":{"gte":"2026-11-23"}}})", 4},
      {R"({"range":{"@timestamp":{"lte":"2026-11-22"}}})", 1},
      {R"({"range":{"@timestamp":{"gt":"2026-11-23T10:00:00.000Z","lt":"2026-11-23T10:02:00Z"}}})", 1},
      {R"({"range":{"@timestamp":{"gte":"2026-11-23T10:02:30Z||/d","lt":"2026-11-23||+1d"}}})", 4},
      {R"({"exists":{"field":"http"}})", 1},
      {R"({"exists":{"field":"user_id"}})", 1},
      {R"({"prefix":{"service":"work"}})", 2},
      {R"({"wildcard":{"service":"*-serv?ce"}})", 4},
      {R"({"term":{"tags":"_jsonparsefailure"}})", 1},
      {R"({"bool":{"must":[{"term":{"level":"info"}}],"must_not":[{"exists":{"field":"audit"}}]}})", 1},
      {R"({"bool":{"should":[{"term":{"level":"warn"}},{"term":{"level":"error"}}]}})", 2},
      {R"({"bool":{"filter":{"term":{"level":"info"}},"should":{"term":{"audit":true}}}})", 2},
      {R"({"bool":{"filter":{"term":{"level":"info"}},"should":{"term":{"audit":true}},"minimum_should_match":1}})", 1},
      {R"({"constant_score":{"filter":{"term":{"level":"warn"}}}})", 1},
      {R"q({"query_string":{"query":"level:error OR (service:auth* AND message:login)"}})q", 2},
      {R"({"query_string":{"query":"calibration"}})", 1},
      {R"({"query_string":{"query":"service:work-order-service -level:warn"}})", 1},
      {R"({"query_string":{"query":"n:[6 TO *]"}})", 1},
      {R"({"query_string":{"query":"message:\"out of\" AND n:>7"}})", 1},
  };
  for (const auto& [query, expected] : cases) EXPECT_EQ(total("mes-logs-*", query), expected) << query;
}

TEST_P(query_test, lines_go_to_the_indexes_that_they_belong_to) {
  EXPECT_EQ(total("mes-errors-*", R"({"match_all":{}})"), 1);
  EXPECT_EQ(total("mes-audit-*", R"({"match_all":{}})"), 1);
  EXPECT_EQ(total("mes-logs-2026.11.22", R"({"match_all":{}})"), 1);
  EXPECT_EQ(total("mes-logs-*,-mes-logs-2026.11.22", R"({"match_all":{}})"), 4);
  EXPECT_EQ(total("*", R"({"match_all":{}})"), 7) << "spans are not documents";
}

TEST_P(query_test, hits_are_sorted_cut_and_come_back_as_they_were_sent) {
  std::string answer =
      search("mes-logs-*", R"({"size":2,"sort":[{"@timestamp":"desc"}],"query":{"exists":{"field":"n"}}})");
  EXPECT_NE(answer.find(R"("sort":[1795428060000]},{)"), std::string::npos) << answer;
  EXPECT_NE(answer.find(lines[0].substr(1)), std::string::npos) << answer;
  EXPECT_LT(answer.find("calibration"), answer.find("dispatched"));
  answer = search("mes-logs-*", R"({"sort":[{"@timestamp":"desc"}],"search_after":[1795428060000],"_source":["service"],
                                    "query":{"exists":{"field":"n"}}})");
  EXPECT_EQ(answer.find("calibration"), std::string::npos) << answer;
  EXPECT_NE(answer.find(R"("_source":{"service":"work-order-service"})"), std::string::npos) << answer;
}

TEST_P(query_test, aggregations) {
  std::string answer = search("mes-logs-*", R"({"size":0,"aggs":{"s":{"terms":{"field":"service","size":1}},
    "d":{"date_histogram":{"field":"@timestamp","calendar_interval":"day"},"aggs":{"m":{"max":{"field":"n"}}}}}})");
  EXPECT_NE(
      answer.find(
          R"("s":{"doc_count_error_upper_bound":0,"sum_other_doc_count":2,"buckets":[{"key":"work-order-service","doc_count":2}]})"),
      std::string::npos)
      << answer;
  EXPECT_NE(answer.find(
                R"({"key_as_string":"2026-11-23T00:00:00.000Z","key":1795392000000,"doc_count":4,"m":{"value":7.5}})"),
            std::string::npos)
      << answer;
}

TEST_P(query_test, errors_are_elasticsearchs) {
  EXPECT_NE(search("mes-logs-*", R"({"query":{"foo":{}}})").find("unknown query [foo]"), std::string::npos);
  EXPECT_NE(search("mes-logs-*", R"({"quer":{}})").find("Unknown key for a START_OBJECT in [quer]."),
            std::string::npos);
  EXPECT_NE(search("nope", "").find(R"("type":"index_not_found_exception")"), std::string::npos);
  EXPECT_NE(search("mes-logs-*", R"({"size":10001})").find("Result window is too large"), std::string::npos);
  EXPECT_NE(search("mes-logs-*", R"({"query":{"bool":{"musst":[]}}})").find("[bool] query does not support [musst]"),
            std::string::npos);
  EXPECT_NE(search("mes-logs-*", "{").find("x_content_parse_exception"), std::string::npos);
}

TEST_P(query_test, jaegers_services_operations_and_dependencies) {
  EXPECT_EQ(jaeger_get("/api/services").body,
            R"({"data":["gateway","order"],"total":2,"limit":0,"offset":0,"errors":null})");
  EXPECT_EQ(jaeger_get("/api/services/order/operations").body,
            R"({"data":["work"],"total":1,"limit":0,"offset":0,"errors":null})");
  EXPECT_EQ(jaeger_get("/api/operations", {{"service", "gateway"}}).body,
            R"({"data":[{"name":"GET /x","spanKind":"server"}],"total":1,"limit":0,"offset":0,"errors":null})");
  EXPECT_EQ(jaeger_get("/api/operations").status, 400);
}

// Written by hand from J model/json/model.go and OpenTelemetry's translation to Jaeger.
TEST_P(query_test, a_trace_in_jaegers_form) {
  auto response = jaeger_get("/api/traces/5B8EFFF798038103D269B633813FC60C");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(
      response.body,
      R"({"data":[{"traceID":"5b8efff798038103d269b633813fc60c","spans":[)"
      R"({"traceID":"5b8efff798038103d269b633813fc60c","spanID":"eee19b7ec3c1b173","operationName":"GET /x","references":[],)"
      R"("startTime":1544712660000000,"duration":1000000,"tags":[{"key":"span.kind","type":"string","value":"server"},)"
      R"({"key":"otel.status_code","type":"string","value":"ERROR"},{"key":"error","type":"bool","value":true},)"
      R"({"key":"internal.span.format","type":"string","value":"otlp"}],"logs":[],"processID":"p1","warnings":null},)"
      R"({"traceID":"5b8efff798038103d269b633813fc60c","spanID":"eee19b7ec3c1b174","operationName":"work","references":[)"
      R"({"refType":"CHILD_OF","traceID":"5b8efff798038103d269b633813fc60c","spanID":"eee19b7ec3c1b173"}],)"
      R"("startTime":1544712660100000,"duration":500000,"tags":[{"key":"otel.library.name","type":"string","value":"lib"},)"
      R"({"key":"k","type":"int64","value":42},{"key":"span.kind","type":"string","value":"server"},)"
      R"({"key":"internal.span.format","type":"string","value":"otlp"}],"logs":[],"processID":"p2","warnings":null}],)"
      R"("processes":{"p1":{"serviceName":"gateway","tags":[]},"p2":{"serviceName":"order","tags":[)"
      R"({"key":"host","type":"string","value":"h1"}]}},"warnings":null}],"total":0,"limit":0,"offset":0,"errors":null})");
  EXPECT_EQ(jaeger_get("/api/traces/1").status, 404);
  EXPECT_EQ(jaeger_get("/api/traces/xyz").status, 400);
}

TEST_P(query_test, traces_are_found_by_service_operation_tags_and_duration) {
  const std::pair<runtime::query_parameters, bool> cases[] = {
      {{{"service", "order"}}, true},
      {{{"service", "order"}, {"operation", "work"}}, true},
      {{{"service", "order"}, {"operation", "GET /x"}}, false},
      {{{"service", "order"}, {"tags", R"({"k":"42","host":"h1"})"}}, true},
      {{{"service", "order"}, {"tag", "k:41"}}, false},
      {{{"service", "gateway"}, {"tags", R"({"error":"true"})"}}, true},
      {{{"service", "order"}, {"minDuration", "500ms"}, {"maxDuration", "0.5s"}}, true},
      {{{"service", "order"}, {"minDuration", "501ms"}}, false},
      {{{"service", "nobody"}}, false},
  };
  for (auto [query, found] : cases) {
    query.insert(query.end(), {{"start", "1544712660000000"}, {"end", "1544712661000000"}});
    auto response = jaeger_get("/api/traces", query);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.body.find("\"spans\"") != std::string::npos, found) << response.body;
  }
  EXPECT_EQ(jaeger_get("/api/traces", {{"service", "order"}, {"start", "1"}, {"end", "2"}}).body,
            R"({"data":[],"total":0,"limit":0,"offset":0,"errors":null})");
  EXPECT_EQ(jaeger_get("/api/traces").status, 400);
  EXPECT_EQ(
      jaeger_get("/api/dependencies", {{"endTs", "1544712662000"}, {"lookback", "5000"}}).body,
      R"({"data":[{"parent":"gateway","child":"order","callCount":1}],"total":0,"limit":0,"offset":0,"errors":null})");
}

}  // namespace
}  // namespace mes::telemetry
