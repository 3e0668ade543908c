// The queues of the partitions that a consumer was assigned. Internal to runtime/kafka*.
//
// Where a partition goes away while it is read, librdkafka 2.0.2 (to 2.5) leaves a message about it in its own queue:
// each holds the other, and rd_kafka_destroy() waits for both for ever. So the queue is kept here, and emptied.
#pragma once

#include <librdkafka/rdkafka.h>

#include <span>
#include <vector>

#include "runtime/kafka_message.h"

namespace mes::runtime {

class kafka_fetch_queues {
 public:
  kafka_fetch_queues() = default;
  kafka_fetch_queues(const kafka_fetch_queues&) = delete;
  kafka_fetch_queues& operator=(const kafka_fetch_queues&) = delete;
  ~kafka_fetch_queues() { empty(); }

  // In place of rd_kafka_assign() for partitions; those that were assigned before are not any more.
  rd_kafka_resp_err_t assign(rd_kafka_t* client, const rd_kafka_topic_partition_list_t& partitions) {
    empty();
    const auto code = rd_kafka_assign(client, &partitions);
    for (const auto& p : std::span(partitions.elems, static_cast<std::size_t>(partitions.cnt)))
      if (rd_kafka_queue_t* queue = rd_kafka_queue_get_partition(client, p.topic, p.partition); queue != nullptr)
        _queues.push_back(queue);
    return code;
  }
  // In place of rd_kafka_destroy(); of a client that is closed, behind which nothing comes into them.
  void destroy(rd_kafka_t* client) {
    empty();
    rd_kafka_destroy(client);
  }

 private:
  void empty() {
    for (rd_kafka_queue_t* queue : _queues) {
      rd_kafka_queue_forward(queue, nullptr);
      for (std::size_t left = rd_kafka_queue_length(queue); left > 0; --left)
        kafka_message(rd_kafka_consume_queue(queue, 0));
      rd_kafka_queue_destroy(queue);
    }
    _queues.clear();
  }

  std::vector<rd_kafka_queue_t*> _queues;
};

}  // namespace mes::runtime
