// A service's process: database, outbox relay, consumers, HTTP server, heartbeat, timers; stopped in reverse order.
#include <boost/json/serialize.hpp>

#include "runtime/http_server.h"
#include "service/api.h"
#include "service/dispatcher.h"
#include "service/event_consumer.h"
#include "service/idempotency.h"
#include "store/outbox.h"

namespace mes::service {
namespace {

constexpr std::chrono::seconds heartbeat_period{15};
constexpr std::chrono::hours reply_prune_period{1};
constexpr std::chrono::hours reply_retention{24 * 8};  // longer than the topics' seven days

std::vector<store::migration> all_migrations(const service_definition& definition) {
  std::vector<store::migration> all;
  for (auto part : {store::messaging_migrations(), idempotency_migrations(), definition.migrations})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::string database_url(runtime::process& process) {
  const std::string& given = process.settings().text("database");
  if (!given.empty()) return given;
  return "sqlite:" + (process.data_dir() / (process.role() + ".db")).string();
}

// Where this instance answers, for everyone who looks for the service by name.
void send_heartbeat(runtime::process& process, runtime::kafka_producer& producer, int port, std::string_view status) {
  runtime::kafka_record r;
  r.topic = "system.health-check";
  r.key = process.service_name();
  r.value = json::serialize(json::object{{"service", process.service_name()},
                                         {"host", process.settings().text("advertise")},
                                         {"port", port},
                                         {"status", status},
                                         {"time", instant::now().to_string()}});
  r.headers = {{"content-type", "application/json"}};
  producer.produce(std::move(r), [&log = process.log()](result<void> sent) {
    if (!sent) log.debug("heartbeat not delivered: " + sent.error().message);
  });
}

void run_timer(const std::shared_ptr<api::state>& surface, const timer& t) {
  auto after_commit = std::make_shared<std::vector<std::function<void()>>>();
  surface->database->write(
      [surface, &t, after_commit](store::session& db) -> result<void> {
        cause why{.user = {.user_id = "system", .username = "system", .roles = {"admin"}},
                  .request_id = {},
                  .trace = observe::trace_context::make_root(),
                  .now = instant::now()};
        why.request_id = why.trace.request_id().to_string();
        command c(db, why);
        if (auto ran = t.handle(c); !ran) return ran;
        write_events(db, c.take_events(), surface->source());
        *after_commit = c.take_after_commit();
        return {};
      },
      [surface, &t, after_commit](result<void> outcome) {
        if (!outcome)
          surface->process->log().error("timer " + t.name + " failed: " + outcome.error().message);
        else
          for (auto& step : *after_commit) step();
      });
}

}  // namespace

const std::vector<runtime::setting>& settings() {
  static const std::vector<runtime::setting> table = {
      {.name = "port",
       .type = runtime::setting_type::integer,
       .default_value = "0",
       .help = "Port for HTTP; 0 is the service's own (3008 to 3015) plus the port offset",
       .min = 0,
       .max = 65535},
      {.name = "database",
       .default_value = "",
       .help = "sqlite:PATH or postgresql://USER:PASSWORD@HOST/NAME; empty is SQLite in the data directory"},
      {.name = "advertise",
       .default_value = "127.0.0.1",
       .help = "Host name or address under which others reach this service"},
      {.name = "body_bytes_max",
       .type = runtime::setting_type::size_bytes,
       .default_value = "1048576",
       .help = "Largest request body, in bytes",
       .min = 1024},
  };
  return table;
}

int run(runtime::process& process, const service_definition& definition) {
  auto surface = std::make_shared<api::state>();
  surface->definition = &definition;
  surface->process = &process;
  api table(surface);
  definition.define(table);
  table.every(reply_prune_period, "forget old replies", [](command& c) -> result<void> {
    forget_replies(c.db, c.why.now + -std::chrono::duration_cast<std::chrono::microseconds>(reply_retention));
    return {};
  });

  auto migrations = all_migrations(definition);
  auto database = store::database::open({.url = database_url(process)}, migrations, process.log(), process.metrics());
  if (!database) {
    process.log().error("the database does not open: " + database.error().message);
    return 1;
  }
  surface->database = database->get();
  if (definition.started) definition.started(table);

  runtime::kafka_producer producer(process.bus_address(), process.service_name(), process.log());
  auto relay = std::make_unique<store::outbox_relay>(**database, producer, process.log(), process.metrics());
  authenticator who(process.loop(), process.service_url("auth") + "/api/v1/auth/.well-known/jwks.json");
  runtime::redis_client cache(process.redis_host(), process.redis_port());
  dispatcher serve(surface, who, cache);

  int port = static_cast<int>(process.settings().integer("port"));
  if (port == 0) port = process.port(definition.port);
  auto server = runtime::http_server::listen(
      process.loop(),
      {.address = process.settings().text("bind"),
       .port = static_cast<std::uint16_t>(port),
       .body_bytes_max = static_cast<std::size_t>(process.settings().integer("body_bytes_max"))},
      [&serve](runtime::http_request q, runtime::http_responder r) { serve.handle(std::move(q), std::move(r)); });
  if (!server) {
    process.log().error(server.error().message);
    return 1;
  }
  std::unique_ptr<event_consumer> events;
  if (!surface->consumers.empty()) events = std::make_unique<event_consumer>(surface, producer);

  std::vector<std::shared_ptr<runtime::event_loop::timer>> timers;
  for (const timer& t : surface->timers)
    timers.push_back(process.loop().every(t.period, [surface, &t] { run_timer(surface, t); }));
  timers.push_back(process.loop().every(heartbeat_period, [&] { send_heartbeat(process, producer, port, "ready"); }));
  send_heartbeat(process, producer, port, "ready");

  // In reverse: no new events, then what is queued goes to the bus.
  process.on_stop([&] {
    send_heartbeat(process, producer, port, "stopping");
    relay->drain(std::chrono::seconds(5));
    producer.flush(std::chrono::seconds(2));
  });
  process.on_stop([&] {
    timers.clear();
    events.reset();
  });
  process.ready();
  int exit_code = process.run();

  // Nobody may write any more before the database commits what is queued and closes.
  server->reset();
  serve.stop();
  relay.reset();
  database->reset();
  return exit_code;
}

}  // namespace mes::service
