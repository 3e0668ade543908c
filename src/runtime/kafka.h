// Kafka's client (librdkafka) behind plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "observe/log.h"

namespace mes::runtime {

struct kafka_record {
  std::string topic;
  std::int32_t partition = -1;  // -1: by the key's murmur2 hash, as Java's client does
  std::int64_t offset = -1;
  std::string key;
  std::string value;
  bool tombstone = false;  // null value
  std::vector<std::pair<std::string, std::string>> headers;
  std::int64_t timestamp_ms = 0;  // 0 when producing: now

  std::string_view header(std::string_view name) const;  // "" if there is none
};

// Idempotent, acks=all. Thread-safe.
class kafka_producer {
 public:
  kafka_producer(std::string bootstrap, std::string client_id, const observe::logger& log);
  ~kafka_producer();

  // `delivered` runs on the producer's thread: no value = durable on the bus. The queue is bounded: `unavailable`
  // at once when it is full.
  void produce(kafka_record record, std::function<void(result<void>)> delivered);
  bool flush(std::chrono::milliseconds timeout);  // true: nothing is waiting any more

 private:
  struct state;
  std::unique_ptr<state> _state;
};

struct kafka_consumer_options {
  std::string bootstrap;
  std::string client_id;
  std::string group;  // "" = no group: reads all partitions from `start`
  std::vector<std::string> topics;
  enum class start_at : std::uint8_t { earliest, latest } start = start_at::earliest;  // where no offset is committed
  std::optional<std::int64_t> start_time_ms;  // groupless: from the first record of that time
};

// One thread of its own. Batches come in order per partition; offsets are committed after `handle` returned.
class kafka_consumer {
 public:
  // Returns true when the batch is done for (its offsets may be committed), false to get the same batch again after
  // a back-off. Runs on the consumer's thread, may block. Batches hold at most `batch_records_max` records.
  using handler = std::function<bool(std::vector<kafka_record> batch)>;

  kafka_consumer(kafka_consumer_options options, const observe::logger& log, handler handle,
                 std::size_t batch_records_max = 500);
  ~kafka_consumer();         // stops after the running batch; leaves the group
  bool assigned() const;     // has its partitions (a group), or has looked up its start (no group)
  std::int64_t lag() const;  // records between here and the high watermarks, as last seen

 private:
  struct state;
  std::unique_ptr<state> _state;
};

}  // namespace mes::runtime
