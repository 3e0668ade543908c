// Kafka's client (librdkafka) behind plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "observe/log.h"
#include "runtime/kafka_cluster.h"

namespace mes::runtime {

using kafka_headers = std::vector<std::pair<std::string, std::optional<std::string>>>;  // nothing: null

struct kafka_record {
  std::string topic;
  std::int32_t partition = -1;  // -1: by the key's murmur2 hash, as Java's client does
  std::int64_t offset = -1;
  std::string key;
  bool has_empty_key = false;  // where `key` is "": null otherwise
  std::string value;
  bool tombstone = false;  // null value
  kafka_headers headers;
  std::int64_t timestamp_ms = 0;  // 0 when producing: now

  bool has_key() const { return has_empty_key || !key.empty(); }
  std::string_view header(std::string_view name) const;  // "" if there is none
};

// Idempotent, acks=all. Thread-safe. Keeps trying for `give_up` (0: for ever) while the bus is away. Records over 900
// KiB go compressed, by a client of their own; the order is kept all the same.
class kafka_producer {
 public:
  kafka_producer(kafka_cluster to, std::string client_id, const observe::logger& log,
                 std::chrono::milliseconds give_up = {});
  ~kafka_producer();  // what is still waiting is given up: `cancelled`

  // `delivered` runs on the producer's thread: no error = durable on the bus. The queue is bounded (16 MB, 20,000
  // records): `unavailable`, on the caller's thread, when it is full.
  void produce(kafka_record record, std::function<void(result<void>)> delivered);
  bool flush(std::chrono::milliseconds timeout);  // true: nothing is waiting any more

 private:
  struct state;
  std::unique_ptr<state> _state;
};

struct kafka_consumer_options {
  std::string bootstrap;
  std::string client_id;
  std::string group;     // "" = no group: reads all partitions that the topics have when it starts, from `start`
  std::string instance;  // of the group; a stable name lets a process that was killed take its partitions back at once
  std::vector<std::string> topics;
  enum class start_at : std::uint8_t { earliest, latest } start = start_at::earliest;  // where no offset is committed
  std::optional<std::int64_t> start_time_ms;  // groupless: from the first record of that time
};

// One thread of its own. Batches come in order per partition; offsets are committed after `handle` returned, at most
// once a second and when it ends: after a crash the last second comes again. Topics that are not there yet are waited
// for.
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
