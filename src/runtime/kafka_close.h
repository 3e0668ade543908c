// The end of a consumer, in bounded time. Internal to runtime/kafka*.
//
// librdkafka asks a bus that is silent again and again for what it has to commit, and rd_kafka_consumer_close() and
// rd_kafka_destroy() wait for the answer without limit.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

namespace mes::runtime {

// Leaves the group. False: not in time; then rd_kafka_destroy() would not end.
bool close_consumer(rd_kafka_t* client);

// `State` has the client, null where there is none, and destroys it. One that is not closed in time stays as it is,
// with the client's threads, that reach it: consumers end where their process does.
template <typename State>
void end_consumer(std::unique_ptr<State> state) {
  if (state->client == nullptr || close_consumer(state->client)) return;
  rd_kafka_set_log_level(state->client, -1);  // to a logger that goes
  static_cast<void>(state.release());
}

}  // namespace mes::runtime
