// Handlers of produce, fetch and what finds offsets and brokers.
#pragma once

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
  bool only_committed = false;
  net::poller::timer_id timer = 0;

  bool ready(const log::store& store) const;  // enough data, or an error to tell
  void answer(broker& b) const;
  std::int64_t end_of(const log::partition& p) const {  // of what it may read
    return only_committed ? p.last_stable_offset() : p.high_watermark();
  }
};

}  // namespace mes::bus

namespace mes::bus::handlers {

void produce(const call& c, wire::kafka::produce_request& request);
void fetch(const call& c, wire::kafka::fetch_request& request);
void list_offsets(const call& c, wire::kafka::list_offsets_request& request);
void metadata(const call& c, wire::kafka::metadata_request& request);
void offset_for_leader_epoch(const call& c, wire::kafka::offset_for_leader_epoch_request& request);

}  // namespace mes::bus::handlers
