// Transactional outbox: an event is a row in the same commit as the state it tells of; a relay sends it to the bus
// in commit order and deletes it after the bus has acknowledged it.
//
// After a crash the relay sends again what it had not deleted yet: consumers know an event by its ce_id (inbox_accept).
#pragma once

#include <chrono>
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

// Inside a unit of work. `headers` hold CloudEvents' attributes (ce_id, …) and traceparent. The partition is chosen by
// the key; a payload above event_bytes_max throws too_large, because the bus would never take it.
inline constexpr std::size_t event_bytes_max = 900 << 10;
void outbox_append(session& s, const runtime::kafka_record& event);

// One thread; woken by commits, no polling while there is nothing to send. Keeps the order of each key. Tries for ever
// while the bus is away. Also forgets, once an hour, what the inbox has seen more than 14 days ago (topics keep 7).
// `from` and `to` outlive it.
class outbox_relay {
 public:
  outbox_relay(database& from, runtime::kafka_producer& to, const observe::logger& log, observe::registry& metrics);
  ~outbox_relay();
  bool drain(std::chrono::milliseconds timeout);  // true: the outbox is empty

 private:
  struct state;
  std::shared_ptr<state> _state;  // deliveries may come after the end
};

// Inside a unit of work: true the first time that (group, event id) is seen. Stored in the same commit as the effect.
bool inbox_accept(session& s, std::string_view group, std::string_view event_id);

}  // namespace mes::store
