// Places in topics as librdkafka has them. Internal to runtime/kafka*.
#pragma once

#include <cstring>
#include <vector>

#include "runtime/kafka_admin.h"
#include "runtime/kafka_conf.h"

namespace mes::runtime {

inline topic_list list_of(const std::vector<kafka_place>& places) {
  topic_list list(rd_kafka_topic_partition_list_new(static_cast<int>(places.size())));
  for (const kafka_place& p : places) {
    rd_kafka_topic_partition_t* added = rd_kafka_topic_partition_list_add(list.get(), p.topic.c_str(), p.partition);
    added->offset = p.offset;
    if (p.metadata.empty()) continue;
    added->metadata = rd_kafka_mem_malloc(nullptr, p.metadata.size());  // the list's from here on
    added->metadata_size = p.metadata.size();
    std::memcpy(added->metadata, p.metadata.data(), p.metadata.size());
  }
  return list;
}

}  // namespace mes::runtime
