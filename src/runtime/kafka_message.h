// A record as librdkafka has it. Internal to runtime/kafka*.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

#include "runtime/kafka.h"

namespace mes::runtime {

struct message_deleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using kafka_message = std::unique_ptr<rd_kafka_message_t, message_deleter>;

kafka_record to_record(const rd_kafka_message_t& from);

}  // namespace mes::runtime
