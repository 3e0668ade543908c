// Audit records and errors that services publish: system.audit-log into mes-audit-*, system.error into mes-errors-*.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/kafka.h"
#include "telemetry/ingest/log_rows.h"
#include "telemetry/ingest/probe.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry {

inline constexpr std::string_view audit_topic = "system.audit-log", error_topic = "system.error";

// Stores a batch; true once it is durable, false to get it again. An event is stored once, by its ce_id (or, without
// one, by its place in the topic). For one thread.
class bus_event_writer {
 public:
  bus_event_writer(store& into, ingest_probe& probe);
  bool take(const std::vector<runtime::kafka_record>& batch);

 private:
  store& _store;
  ingest_probe& _probe;
  log_rows _rows;
};

}  // namespace mes::telemetry
