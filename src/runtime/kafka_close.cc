#include "runtime/kafka_close.h"

#include <algorithm>
#include <chrono>

namespace mes::runtime {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto close_within = std::chrono::seconds(3);

}  // namespace

bool close_consumer(rd_kafka_t* client) {
  rd_kafka_queue_t* events = rd_kafka_queue_new(client);
  rd_kafka_error_t* refused = rd_kafka_consumer_close_queue(client, events);
  const auto until = clock::now() + close_within;
  while (refused == nullptr && rd_kafka_consumer_closed(client) == 0 && clock::now() < until) {
    const auto left = std::max(until - clock::now(), clock::duration{});
    rd_kafka_event_t* event =
        rd_kafka_queue_poll(events, static_cast<int>(std::chrono::ceil<milliseconds>(left).count()));
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) rd_kafka_assign(client, nullptr);
    rd_kafka_event_destroy(event);
  }
  // Refused where it was closed before, or is past all use: destroying it waits for nobody then.
  const bool closed = refused != nullptr || rd_kafka_consumer_closed(client) != 0;
  rd_kafka_error_destroy(refused);
  rd_kafka_queue_destroy(events);
  return closed;
}

}  // namespace mes::runtime
