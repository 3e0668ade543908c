#include "service/event_consumer.h"

#include <algorithm>
#include <future>
#include <latch>

namespace mes::service {
namespace {

std::vector<std::string> topics_of(const std::vector<consumer>& consumers) {
  std::vector<std::string> topics;
  for (const consumer& c : consumers)
    if (std::ranges::find(topics, c.topic) == topics.end()) topics.push_back(c.topic);
  return topics;
}

}  // namespace

event_consumer::event_consumer(std::shared_ptr<api::state> surface, runtime::kafka_producer& dead_letters)
    : _surface(std::move(surface)), _dead_letters(dead_letters) {
  runtime::process& process = *_surface->process;
  _consumer = std::make_unique<runtime::kafka_consumer>(
      runtime::kafka_consumer_options{.bootstrap = process.bus_address(),
                                      .client_id = process.service_name(),
                                      .group = process.service_name(),
                                      .topics = topics_of(_surface->consumers),
                                      .start_time_ms = {}},
      process.log(), [this](std::vector<runtime::kafka_record> batch) { return handle_batch(std::move(batch)); });
}

event_consumer::~event_consumer() = default;

// All records of a batch go to the writer together, so that they share its commits; their order is kept.
bool event_consumer::handle_batch(std::vector<runtime::kafka_record> batch) {
  std::vector<result<void>> outcomes(batch.size());
  std::latch done(static_cast<std::ptrdiff_t>(batch.size()));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto parsed = from_record(batch[i]);
    if (!parsed) {
      outcomes[i] = std::unexpected(parsed.error());
      done.count_down();
      continue;
    }
    auto one = std::make_shared<delivery>(delivery{.what = std::move(*parsed), .after_commit = {}});
    _surface->database->write([this, one](store::session& db) { return handle(db, *one); },
                              [&outcomes, &done, i, one](result<void> outcome) {
                                if (outcome)
                                  for (auto& step : one->after_commit) step();
                                outcomes[i] = std::move(outcome);
                                done.count_down();
                              });
  }
  done.wait();
  for (const result<void>& outcome : outcomes)
    if (!outcome && is_retryable(outcome.error().code)) return false;  // the inbox drops what is done already
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (!outcomes[i] && !bury(batch[i], outcomes[i].error())) return false;
  return true;
}

result<void> event_consumer::handle(store::session& db, delivery& one) {
  const event& e = one.what;
  if (!store::inbox_accept(db, _surface->definition->name, e.id.to_string())) return {};
  instant start = instant::now();
  cause why{.user = {.user_id = e.user, .username = {}, .roles = {}}, .request_id = e.request_id, .now = start};
  why.trace = e.trace ? e.trace->child() : observe::trace_context::make_root();
  command c(db, why);
  result<void> outcome;
  for (const consumer& row : _surface->consumers)
    if (row.topic == e.type && outcome) outcome = row.handle(c, e);
  if (!outcome) return outcome;
  write_events(db, c.take_events(), _surface->source());
  one.after_commit = c.take_after_commit();
  runtime::process& process = *_surface->process;
  process.metrics()
      .make_counter("mes_events_consumed_total", "Events handled",
                    {{"service", process.service_name()}, {"topic", e.type}})
      .add();
  std::string name = "process " + e.type, message_id = e.id.to_string();
  const observe::attribute attributes[] = {{"messaging.system", "kafka"},
                                           {"messaging.destination.name", e.type},
                                           {"messaging.message.id", message_id},
                                           {"request.id", e.request_id}};
  process.spans().record({.context = why.trace,
                          .parent = e.trace ? e.trace->span : observe::span_id{},
                          .name = name,
                          .kind = observe::span_kind::consumer,
                          .start = start,
                          .end = instant::now(),
                          .failed = false,
                          .attributes = attributes});
  return {};
}

// An event that will never be handled goes to `<group>.dlq` with its reason, so that the others go on.
bool event_consumer::bury(const runtime::kafka_record& record, const error& reason) {
  runtime::process& process = *_surface->process;
  process.log().error("event goes to the dead letters: " + reason.message,
                      {{"topic", record.topic},
                       {"partition", std::int64_t{record.partition}},
                       {"offset", record.offset},
                       {"reason", name_of(reason.code)}});
  runtime::kafka_record dead = record;
  dead.topic = process.service_name() + ".dlq";
  dead.partition = -1;
  dead.headers.emplace_back("dlq_topic", record.topic);
  dead.headers.emplace_back("dlq_partition", std::to_string(record.partition));
  dead.headers.emplace_back("dlq_offset", std::to_string(record.offset));
  dead.headers.emplace_back("dlq_reason", std::string(name_of(reason.code)) + ": " + reason.message);
  process.metrics()
      .make_counter("mes_events_dead_total", "Events sent to the dead letters", {{"service", process.service_name()}})
      .add();
  auto delivered = std::make_shared<std::promise<bool>>();
  _dead_letters.produce(std::move(dead), [delivered](result<void> r) { delivered->set_value(r.has_value()); });
  return delivered->get_future().get();
}

}  // namespace mes::service
