// Handlers of produce, fetch and what finds offsets and brokers.
#pragma once

#include <vector>

#include "bus/handlers/call.h"
#include "wire/kafka/generated/data.h"
#include "wire/kafka/generated/transactions.h"

namespace mes::bus {

// A fetch request that has been read, waiting for data or about to be answered.
struct waiting_fetch {
  struct part {
    std::int32_t index;
    std::int64_t offset;
    std::int32_t leader_epoch;
    std::size_t bytes_max;
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
  net::poller::timer_id timer = 0;

  bool ready(const log::store& store) const;  // enough data, or an error to tell
  void answer(broker& b) const;
};

}  // namespace mes::bus

namespace mes::bus::handlers {

void produce(const call& c, wire::kafka::produce_request& request);
void fetch(const call& c, wire::kafka::fetch_request& request);
void list_offsets(const call& c, wire::kafka::list_offsets_request& request);
void metadata(const call& c, wire::kafka::metadata_request& request);
void offset_for_leader_epoch(const call& c, wire::kafka::offset_for_leader_epoch_request& request);
void init_producer_id(const call& c, wire::kafka::init_producer_id_request& request);

bool is_topic_name(std::string_view name);

}  // namespace mes::bus::handlers
