// Handlers of produce, fetch and what finds offsets and brokers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/handlers/call.h"
#include "bus/topic_names.h"
#include "wire/kafka/generated/data.h"

namespace mes::bus {

// A fetch request that has been read, waiting for data or about to be answered.
struct waiting_fetch {
  struct part {
    std::int32_t index;
    std::int64_t offset;
    std::int32_t leader_epoch;
    std::size_t bytes_max;
    std::int32_t last_epoch = -1;  // of the last batch that the client has; -1: it does not say
    std::int64_t counted_to = 0;   // what lies before that offset is in `have`
  };
  struct topic_part {
    std::shared_ptr<log::topic> found;  // nullptr: unknown
    std::string name;
    uuid id;
    std::vector<part> parts;
  };
  handlers::call from;
  std::vector<topic_part> topics;
  std::size_t bytes_min = 0, bytes_max = 0;
  std::int64_t wait_ms = 0;
  std::size_t have = 0;  // bytes, as far as they were counted
  bool only_committed = false;
  net::poller::timer_id timer = 0;
  std::size_t bytes = 0;  // of memory, while it waits

  bool ready(const log::store& store);  // enough data, or an error to tell
  // The same, after the partition has grown since.
  bool has_enough_with(const log::store& store, const topic_part& t, part& p);
  void answer(broker& b) const;
  std::int64_t end_of(const log::partition& p) const {  // of what it may read
    return only_committed ? p.last_stable_offset() : p.high_watermark();
  }
};

}  // namespace mes::bus

namespace mes::bus::handlers {

// The topic that Kafka's metrics could not tell from one of that name (topic_names.h).
std::optional<std::string> colliding_topic(const log::store& store, std::string_view name);

void produce(const call& c, wire::kafka::produce_request& request);
void fetch(const call& c, wire::kafka::fetch_request& request);
void list_offsets(const call& c, wire::kafka::list_offsets_request& request);
void metadata(const call& c, wire::kafka::metadata_request& request);
void offset_for_leader_epoch(const call& c, wire::kafka::offset_for_leader_epoch_request& request);

}  // namespace mes::bus::handlers
