#include "telemetry/role.h"

#include <algorithm>

#include "pages/pages.h"
#include "runtime/data_lock.h"
#include "runtime/http_server.h"
#include "runtime/kafka.h"
#include "runtime/worker_pool.h"
#include "telemetry/ingest/beats_server.h"
#include "telemetry/ingest/bus_events.h"
#include "telemetry/ingest/document_facts.h"
#include "telemetry/ingest/log_receiver.h"
#include "telemetry/ingest/otlp_receiver.h"
#include "telemetry/ingest/span_ports.h"
#include "telemetry/ingest/span_rows.h"
#include "telemetry/parts/index_name.h"
#include "telemetry/parts/store.h"
#include "telemetry/query/elastic/elastic_api.h"
#include "telemetry/query/elastic/es_error.h"
#include "telemetry/query/jaeger/jaeger_api.h"
#include "telemetry/query/jaeger/span_json.h"

namespace mes::telemetry {
namespace {

using runtime::http_request;
using runtime::http_responder;
using runtime::http_response;
using runtime::setting;
using runtime::setting_type;

constexpr int lines_port = 5000, beats_port = 5044, elastic_port = 9200, jaeger_port = 16686, otlp_port = 4318,
              admin_port = 14269;
constexpr std::size_t bulk_bytes_max = 64u << 20, query_bytes_max = 1u << 20;
constexpr std::size_t query_threads = 1, queries_waiting_max = 128;

const std::vector<setting>& settings() {
  static const std::vector<setting> table = {
      {"retention_ms", setting_type::duration_ms, "7d", "How long logs and traces are kept.", 3'600'000},
      {"memory_bytes", setting_type::size_bytes, "16MiB",
       "Bound of what is held in memory: queued, and not yet in a part on disk.", 4 << 20, 4ll << 30},
      {"line_bytes", setting_type::size_bytes, "1MiB", "Longest log line; a longer one is cut.", 1'024, 16 << 20},
      {"indices_max", setting_type::integer, "1000", "Most indexes (one a day and kind) at a time.", 10, 100'000},
      {"bus_events", setting_type::boolean, "true",
       "Whether audit records and errors are taken from the bus (system.audit-log, system.error)."},
  };
  return table;
}

void label_row(std::string_view index, const row& r, label_set& into) {
  index.starts_with(span_index_prefix) ? add_span_label(r, into) : add_field_labels(r, into);
}

class telemetry_role {
 public:
  explicit telemetry_role(runtime::process& p)
      : _process(p), _probe(p.metrics()), _queries(query_threads, queries_waiting_max) {}

  int run() {
    auto lock = runtime::lock_data_dir(_process);
    if (!lock) return complain(lock.error());
    _lock.emplace(std::move(*lock));
    if (auto opened = open_store(); !opened) return complain(opened.error());
    for (auto start : {&telemetry_role::serve_lines, &telemetry_role::serve_beats, &telemetry_role::serve_otlp,
                       &telemetry_role::serve_spans, &telemetry_role::serve_elastic, &telemetry_role::serve_jaeger,
                       &telemetry_role::serve_admin})
      if (auto started = (this->*start)(); !started) return complain(started.error());
    if (_process.settings().flag("bus_events")) consume();
    _process.ready();
    return _process.run();
  }

 private:
  int complain(const error& e) {
    _process.log().error(e.message);
    return 1;
  }

  result<void> open_store() {
    const auto& given = _process.settings();
    auto memory = static_cast<std::size_t>(given.integer("memory_bytes"));
    store_options options;
    // Two tables, one filling and one being written, and the queue before them.
    options.table_bytes_max = memory * 3 / 8;
    options.backlog_bytes_max = memory / 4;
    options.retention = std::chrono::ceil<std::chrono::hours>(given.duration("retention_ms"));
    options.indices_max = static_cast<std::size_t>(given.integer("indices_max"));
    auto opened = store::open(*_files, _process.data_dir().string(), options, &label_row, _process.log());
    if (!opened) return fail(std::move(opened.error()));
    _store = std::move(*opened);
    // What cannot be synced may be lost: better to stop and be started again than to promise.
    _store->on_failure([this] { _process.stop(); });
    return {};
  }

  result<void> serve_lines() {
    line_server_options options;
    options.address = _process.settings().text("bind");
    options.port = static_cast<std::uint16_t>(_process.port(lines_port));
    options.line_bytes_max = static_cast<std::size_t>(_process.settings().integer("line_bytes"));
    auto listening = log_receiver::listen(_process.loop(), options, *_store, _probe);
    if (!listening) return fail(std::move(listening.error()));
    _lines = std::move(*listening);
    _process.on_stop([this] { _lines->close(); });
    return {};
  }

  result<void> serve_beats() {
    beats_server_options options;
    options.address = _process.settings().text("bind");
    options.port = static_cast<std::uint16_t>(_process.port(beats_port));
    auto listening = beats_server::listen(_process.loop(), options, *_store, _probe);
    if (!listening) return fail(std::move(listening.error()));
    _beats = std::move(*listening);
    _process.on_stop([this] { _beats->close(); });
    return {};
  }

  result<void> serve_spans() {
    _spans = std::make_unique<span_ports>(_process, *_store, _probe);
    return _spans->open();
  }

  result<void> serve(int port, std::size_t body_bytes_max, runtime::http_server::handler handle) {
    runtime::http_server_options options;
    options.address = _process.settings().text("bind");
    options.port = static_cast<std::uint16_t>(_process.port(port));
    options.body_bytes_max = body_bytes_max;
    options.connections_max = 1'024;
    auto listening = runtime::http_server::listen(_process.loop(), options, std::move(handle));
    if (!listening) return fail(std::move(listening.error()));
    _servers.push_back(std::move(*listening));
    runtime::http_server* server = _servers.back().get();
    _process.on_stop_async(
        [server](std::function<void()> done) { server->stop(std::chrono::seconds(2), std::move(done)); });
    return {};
  }

  result<void> serve_otlp() {
    return serve(otlp_port, export_bytes_max, [this](http_request request, http_responder responder) {
      receive_export(*_store, _probe, request, std::move(responder));
    });
  }

  // Hands a query to the pool's thread; 429 when too many wait.
  template <class Answer>
  void post_query(http_request request, http_responder responder, Answer answer, http_response busy) {
    struct work {
      http_request request;
      http_responder responder;
    };
    auto waiting = std::make_shared<work>(work{std::move(request), std::move(responder)});
    bool taken = _queries.post([waiting, answer] { answer(waiting->request, std::move(waiting->responder)); });
    if (!taken) waiting->responder.send(std::move(busy));
  }

  result<void> serve_elastic() {
    return serve(elastic_port, bulk_bytes_max, [this](http_request request, http_responder responder) {
      elastic::es_error too_many{429, "es_rejected_execution_exception", "too many searches are waiting", ""};
      post_query(
          std::move(request), std::move(responder),
          [this](const http_request& r, http_responder to) { elastic::answer(*_store, r, std::move(to)); },
          http_response::json(too_many.status, too_many.body()));
    });
  }

  result<void> serve_jaeger() {
    return serve(jaeger_port, query_bytes_max, [this](http_request request, http_responder responder) {
      if (!request.path.starts_with("/api/")) return responder.send(pages::serve_page(request, "/traces.html"));
      post_query(
          std::move(request), std::move(responder),
          [this](const http_request& r, http_responder to) { to.send(jaeger::answer(*_store, r)); },
          http_response::json(
              429, jaeger::envelope("null", 0, "[" + jaeger::error_json(429, "too many queries are waiting") + "]")));
    });
  }

  result<void> serve_admin() {
    return serve(admin_port, query_bytes_max, [this](http_request request, http_responder responder) {
      if (request.path == "/health/live") return responder.send(http_response::json(200, R"({"status":"up"})"));
      if (request.path == "/health/ready") {
        bool up = _process.is_ready() && _store->healthy();
        return responder.send(http_response::json(up ? 200 : 503, up ? R"({"status":"up"})" : R"({"status":"down"})"));
      }
      if (request.path != "/metrics") return responder.send(http_response::text(404, "not found\n"));
      update_gauges();
      http_response response = http_response::text(200, _process.metrics().expose());
      response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      responder.send(std::move(response));
    });
  }

  void update_gauges() {
    store_figures f = _store->figures();
    auto set = [&](const char* name, const char* help, std::uint64_t value) {
      _process.metrics().make_gauge(name, help).set(static_cast<double>(value));
    };
    set("mes_telemetry_indices", "Indexes, spans' days among them.", f.indices);
    set("mes_telemetry_parts", "Parts on disk.", f.parts);
    set("mes_telemetry_part_bytes", "Bytes of parts on disk.", f.part_bytes);
    set("mes_telemetry_memory_bytes", "Bytes of rows that are not in a part yet.", f.memory_bytes);
    set("mes_telemetry_backlog_bytes", "Bytes waiting to be written to the log.", f.backlog_bytes);
    set("mes_telemetry_flushes", "Tables made into parts since the start.", f.flushes);
    set("mes_telemetry_merges", "Merges of parts since the start.", f.merges);
    set("mes_telemetry_line_connections", "Open TCP connections that send log lines.", _lines->connections());
    set("mes_telemetry_beats_connections", "Open connections of Beats.", _beats->connections());
    if (_consumer)
      set("mes_telemetry_bus_lag", "Audit and error events on the bus that are not stored yet.",
          static_cast<std::uint64_t>(std::max<std::int64_t>(0, _consumer->lag())));
  }

  void consume() {
    runtime::kafka_consumer_options options;
    options.bootstrap = _process.bus_address();
    options.client_id = "telemetry";
    options.group = "telemetry";
    options.topics = {std::string(audit_topic), std::string(error_topic)};
    _events = std::make_unique<bus_event_writer>(*_store, _probe);
    _consumer = std::make_unique<runtime::kafka_consumer>(
        options, _process.log(), [this](std::vector<runtime::kafka_record> batch) { return _events->take(batch); });
    _process.on_stop([this] { _consumer.reset(); });
  }

  runtime::process& _process;
  ingest_probe _probe;
  std::unique_ptr<os::file_system> _files = os::make_real_file_system();
  std::optional<os::lock_file> _lock;  // until the store has stopped writing
  std::unique_ptr<store> _store;
  runtime::worker_pool _queries;
  std::vector<std::unique_ptr<runtime::http_server>> _servers;
  std::unique_ptr<log_receiver> _lines;
  std::unique_ptr<beats_server> _beats;
  std::unique_ptr<span_ports> _spans;
  std::unique_ptr<bus_event_writer> _events;
  std::unique_ptr<runtime::kafka_consumer> _consumer;
};

int run(runtime::process& process) { return telemetry_role(process).run(); }

}  // namespace

const runtime::role_definition& role() {
  static const runtime::role_definition definition = {
      "telemetry", "store and search of traces (Jaeger's API) and logs (Elasticsearch's API)", &settings, &run};
  return definition;
}

}  // namespace mes::telemetry
