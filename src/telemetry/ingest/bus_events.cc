#include "telemetry/ingest/bus_events.h"

#include <fmt/format.h>

#include <future>

namespace mes::telemetry {

bus_event_writer::bus_event_writer(store& into, ingest_probe& probe)
    : _store(into), _probe(probe), _rows([&into](std::string_view index) { return into.has_room_for(index); }) {}

bool bus_event_writer::take(const std::vector<runtime::kafka_record>& batch) {
  for (const runtime::kafka_record& r : batch) {
    if (r.tombstone) continue;
    bus_event e;
    e.index_prefix = r.topic == error_topic ? errors_prefix : audit_prefix;
    e.topic = r.topic;
    e.key = r.key;
    e.value = r.value;
    std::string place = fmt::format("{}-{}-{}", r.topic, r.partition, r.offset);
    e.id = r.header("ce_id").empty() ? std::string_view(place) : r.header("ce_id");
    e.type = r.header("ce_type");
    e.source = r.header("ce_source");
    e.request_id = r.header("ce_requestid");
    e.traceparent = r.header("traceparent");
    e.time = instant::parse(r.header("ce_time")).value_or(instant::from_ms(r.timestamp_ms));
    _rows.add_event(e);
  }
  if (_rows.size_bytes() == 0) return true;
  auto outcome = std::make_shared<std::promise<bool>>();
  auto stored = _store.append(_rows.take(), store::durability::synced,
                              [outcome](result<appended> r) { outcome->set_value(r.has_value()); });
  if (!stored || !outcome->get_future().get()) {
    _probe.refused();
    return false;
  }
  _probe.events(batch.size());
  return true;
}

}  // namespace mes::telemetry
