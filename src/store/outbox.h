// Transactional outbox: an event is a row in the same commit as the state it tells of; a relay sends it to the bus
// in commit order and deletes it after the bus has acknowledged it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/kafka.h"
#include "store/database.h"

namespace mes::store {

// Tables outbox and inbox, to be put in front of a service's own migrations (numbers 1 to 9 are reserved).
std::span<const migration> messaging_migrations();

// Inside a unit of work. `headers` hold CloudEvents' attributes (ce_id, …) and traceparent.
void outbox_append(session& s, const runtime::kafka_record& event);

// One thread; woken by commits, no polling while there is nothing to send.
class outbox_relay {
 public:
  outbox_relay(database& from, runtime::kafka_producer& to, const observe::logger& log, observe::registry& metrics);
  ~outbox_relay();
  bool drain(std::chrono::milliseconds timeout);  // true: the outbox is empty

 private:
  struct state;
  std::unique_ptr<state> _state;
};

// Inside a unit of work: true the first time that (group, event id) is seen. Stored in the same commit as the effect.
bool inbox_accept(session& s, std::string_view group, std::string_view event_id);

}  // namespace mes::store
