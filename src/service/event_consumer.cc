#include "service/event_consumer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <latch>

namespace mes::service {
namespace {

constexpr auto slice = std::chrono::seconds(1);  // of a wait, between looks at whether to end

std::vector<std::string> topics_of(const std::vector<consumer>& consumers) {
  std::vector<std::string> topics;
  for (const consumer& c : consumers)
    if (std::ranges::find(topics, c.topic) == topics.end()) topics.push_back(c.topic);
  return topics;
}

// For what it is; others would do no better.
bool is_refused(const result<void>& outcome) {
  using enum error_code;
  return !outcome && (outcome.error().code == too_large || outcome.error().code == invalid_argument ||
                      outcome.error().code == corrupt);
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

event_consumer::~event_consumer() {
  _stopping = true;
  _consumer.reset();
}

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
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (!outcomes[i] && is_retryable(outcomes[i].error().code)) {
      tell("event is tried again", batch[i], outcomes[i].error());
      return false;  // the inbox drops what is done already
    }
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

// An event that will never be handled goes to `<group>.dlq` with its reason, so that the others go on. Where the bus
// refuses it as it is, it goes without its value, which stays where it was; then with nothing but where that is.
bool event_consumer::bury(const runtime::kafka_record& record, const error& reason) {
  runtime::process& process = *_surface->process;
  tell("event goes to the dead letters", record, reason);
  runtime::kafka_record dead = record;
  dead.topic = process.service_name() + ".dlq";
  dead.partition = -1;
  dead.headers.emplace_back("dlq_topic", record.topic);
  dead.headers.emplace_back("dlq_partition", std::to_string(record.partition));
  dead.headers.emplace_back("dlq_offset", std::to_string(record.offset));
  dead.headers.emplace_back("dlq_reason", std::string(name_of(reason.code)) + ": " + reason.message);
  auto outcome = send(dead);
  if (is_refused(outcome)) {
    tell("dead letter goes without its value", record, outcome.error());
    dead.headers.emplace_back("dlq_value", fmt::format("left at {}/{}/{}: {} bytes. {}", record.topic, record.partition,
                                                       record.offset, record.value.size(), outcome.error().message));
    dead.value.clear();
    dead.tombstone = false;
    outcome = send(dead);
  }
  if (is_refused(outcome)) {
    tell("dead letter goes with its place alone", record, outcome.error());
    std::erase_if(dead.headers, [](const auto& header) { return !header.first.starts_with("dlq_"); });
    dead.key = fmt::format("{}/{}/{}", record.topic, record.partition, record.offset);
    dead.timestamp_ms = 0;
    outcome = send(dead);
  }
  if (!outcome) {
    tell("dead letter is tried again", record, outcome.error());
    return false;
  }
  process.metrics()
      .make_counter("mes_events_dead_total", "Events sent to the dead letters", {{"service", process.service_name()}})
      .add();
  return true;
}

// The producer never gives up, but a stop must not wait for a bus that is away.
result<void> event_consumer::send(runtime::kafka_record dead) {
  auto delivered = std::make_shared<std::promise<result<void>>>();
  _dead_letters.produce(std::move(dead), [delivered](result<void> r) { delivered->set_value(std::move(r)); });
  auto outcome = delivered->get_future();
  while (outcome.wait_for(slice) != std::future_status::ready)
    if (_stopping) return fail(error_code::cancelled, "The service stops; the event comes again");
  return outcome.get();
}

void event_consumer::tell(std::string_view what, const runtime::kafka_record& record, const error& why) const {
  _surface->process->log().error(fmt::format("{}: {}", what, why.message),
                                 {{"topic", record.topic},
                                  {"partition", std::int64_t{record.partition}},
                                  {"offset", record.offset},
                                  {"reason", name_of(why.code)}});
}

}  // namespace mes::service
