#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <span>

#include "runtime/kafka.h"
#include "runtime/kafka_close.h"
#include "runtime/kafka_conf.h"
#include "runtime/kafka_fetch_queues.h"
#include "runtime/kafka_message.h"
#include "runtime/thread.h"

namespace mes::runtime {
namespace {

using std::chrono::milliseconds;

constexpr int idle_poll_ms = 60'000;  // records, rebalances and the end wake the thread before
constexpr int ask_ms = 2'000;         // for an answer of the bus
constexpr milliseconds commit_every{1000};
constexpr milliseconds back_off_min{100}, back_off_max{5000};

using message = kafka_message;

}  // namespace

kafka_record to_record(const rd_kafka_message_t& from) {
  kafka_record record;
  record.topic = rd_kafka_topic_name(from.rkt);
  record.partition = from.partition;
  record.offset = from.offset;
  if (from.key != nullptr) record.key.assign(static_cast<const char*>(from.key), from.key_len);
  record.has_empty_key = from.key != nullptr && from.key_len == 0;
  record.tombstone = from.payload == nullptr;
  if (!record.tombstone) record.value.assign(static_cast<const char*>(from.payload), from.len);
  record.timestamp_ms = std::max<std::int64_t>(rd_kafka_message_timestamp(&from, nullptr), 0);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&from, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    if (value == nullptr)
      record.headers.emplace_back(name, std::nullopt);
    else
      record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
  return record;
}

struct kafka_consumer::state final : kafka_owner {
  // Where a partition stands: the next offset to handle (-1: not known), the end when it was assigned.
  struct place {
    std::int64_t next = -1, end = 0;
  };
  using places = std::map<std::pair<std::string, std::int32_t>, place, std::less<>>;

  state(kafka_consumer_options with, const observe::logger& to_log, handler to_call, std::size_t batch)
      : kafka_owner(lines),
        lines(to_log, with.client_id),
        options(std::move(with)),
        handle(std::move(to_call)),
        batch_max(batch) {
    connect();
    thread = runtime::thread("bus-consumer", [this] { run(); });
  }
  ~state() override { queues.destroy(client); }

  void connect();
  void stop();
  void run();
  bool start();
  topic_list find_partitions();
  std::vector<kafka_record> poll();
  message poll_one(int timeout_ms);
  int patience_ms() const;
  void deliver(std::vector<kafka_record> batch);
  bool wait_paused(milliseconds delay, std::vector<kafka_record>& batch);
  void done_with(const std::vector<kafka_record>& batch);
  topic_list take_uncommitted();
  void commit_if_due();
  void commit_now();
  bool took(rd_kafka_topic_partition_list_t* partitions);
  void measure();
  void failed(rd_kafka_resp_err_t code, const char* reason) override;
  static void on_commit(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t*, void* opaque);
  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                           void* opaque);

  kafka_log lines;
  const kafka_consumer_options options;
  const handler handle;
  const std::size_t batch_max;
  std::atomic<bool> stopping = false, has_partitions = false;
  std::atomic<std::int64_t> behind = 0;
  rd_kafka_t* client = nullptr;
  rd_kafka_queue_t* queue = nullptr;
  // The thread's alone:
  kafka_fetch_queues queues;
  places mine;
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> uncommitted;  // the next offset to handle
  std::chrono::steady_clock::time_point last_commit{};
  runtime::thread thread;
};

void kafka_consumer::state::connect() {
  const bool grouped = !options.group.empty();
  kafka_conf conf(options.bootstrap, options.client_id);
  // librdkafka wants a name even where nobody joins.
  conf.set("group.id", grouped ? options.group : options.client_id + ".alone");
  if (grouped && !options.instance.empty()) conf.set("group.instance.id", options.instance);
  conf.set("enable.auto.offset.store", "false");
  conf.set("enable.auto.commit", "false");  // commit_if_due does
  conf.set("auto.offset.reset", options.start == kafka_consumer_options::start_at::earliest ? "earliest" : "latest");
  conf.set("session.timeout.ms", options.instance.empty() ? "10000" : "30000");
  conf.set("heartbeat.interval.ms", "3000");
  conf.set("fetch.wait.max.ms", "1000");
  conf.set("fetch.max.bytes", "4194304");
  conf.set("max.partition.fetch.bytes", "524288");
  conf.set("queued.min.messages", "5000");
  conf.set("queued.max.messages.kbytes", "4096");
  conf.set("allow.auto.create.topics", "false");
  conf.set("topic.metadata.refresh.interval.ms", "15000");  // how soon a topic that was missing is found
  if (grouped) rd_kafka_conf_set_rebalance_cb(conf.get(), on_rebalance);
  rd_kafka_conf_set_offset_commit_cb(conf.get(), on_commit);
  conf.set_owner(*this);
  client = conf.make(RD_KAFKA_CONSUMER);
  rd_kafka_poll_set_consumer(client);
  queue = rd_kafka_queue_get_consumer(client);
}

// Before the group is left, which the thread may not: a yield that meets a close never lets it end.
void kafka_consumer::state::stop() {
  stopping = true;
  rd_kafka_queue_yield(queue);
  thread.join();
  rd_kafka_queue_destroy(queue);
}

void kafka_consumer::state::run() {
  milliseconds pause = back_off_min;
  while (!stopping && !start()) {
    poll_one(static_cast<int>(pause.count()));
    pause = std::min(pause * 2, milliseconds(2000));
  }
  while (!stopping) {
    if (auto batch = poll(); !batch.empty()) deliver(std::move(batch));
    commit_if_due();
    measure();
  }
  commit_now();
}

// False: the bus has to be asked again.
bool kafka_consumer::state::start() {
  if (!options.group.empty()) {
    topic_list topics(rd_kafka_topic_partition_list_new(static_cast<int>(options.topics.size())));
    for (auto& topic : options.topics)
      rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    return rd_kafka_subscribe(client, topics.get()) == RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  topic_list partitions = find_partitions();
  if (!partitions) return false;
  const bool latest = options.start == kafka_consumer_options::start_at::latest;
  std::int64_t from = latest ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
  auto span = std::span(partitions->elems, static_cast<std::size_t>(partitions->cnt));
  for (auto& p : span) p.offset = options.start_time_ms.value_or(from);
  if (rd_kafka_offsets_for_times(client, partitions.get(), ask_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  for (auto& p : span) {
    if (p.err != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    mine[{p.topic, p.partition}].next = p.offset;  // RD_KAFKA_OFFSET_END: nothing is that young
  }
  if (!took(partitions.get())) return false;
  for (auto& p : span) p.offset = mine[{p.topic, p.partition}].next;
  if (queues.assign(client, *partitions) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  has_partitions = true;
  return true;
}

// Null: not all of the topics are there yet.
topic_list kafka_consumer::state::find_partitions() {
  topic_list found(rd_kafka_topic_partition_list_new(16));
  for (auto& name : options.topics) {
    rd_kafka_topic_t* topic = rd_kafka_topic_new(client, name.c_str(), nullptr);
    const rd_kafka_metadata_t* answer = nullptr;
    auto code = rd_kafka_metadata(client, 0, topic, &answer, ask_ms);
    rd_kafka_topic_destroy(topic);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && answer->topic_cnt == 1) {
      code = answer->topics[0].err;
      for (int i = 0; i < answer->topics[0].partition_cnt; ++i)
        rd_kafka_topic_partition_list_add(found.get(), name.c_str(), answer->topics[0].partitions[i].id);
    }
    if (answer != nullptr) rd_kafka_metadata_destroy(answer);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (code != RD_KAFKA_RESP_ERR__TRANSPORT)
      lines.write(observe::level::warn, "TOPIC", fmt::format("waiting for {}: {}", name, rd_kafka_err2str(code)));
    return nullptr;
  }
  return found;
}

message kafka_consumer::state::poll_one(int timeout_ms) {
  message got(rd_kafka_consumer_poll(client, timeout_ms));
  if (got && got->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    lines.write(observe::level::warn, rd_kafka_err2name(got->err), rd_kafka_message_errstr(got.get()));
    got.reset();
  }
  return got;
}

// Wakes up by itself only where there is something to commit.
int kafka_consumer::state::patience_ms() const {
  if (uncommitted.empty()) return idle_poll_ms;
  auto left = std::chrono::ceil<milliseconds>(last_commit + commit_every - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, idle_poll_ms));
}

// Waits for one record and takes what has come with it.
std::vector<kafka_record> kafka_consumer::state::poll() {
  std::vector<kafka_record> batch;
  for (message got = poll_one(patience_ms()); got; got = poll_one(0)) {
    batch.push_back(to_record(*got));
    if (batch.size() >= batch_max) break;
  }
  return batch;
}

void kafka_consumer::state::deliver(std::vector<kafka_record> batch) {
  milliseconds pause = back_off_min;
  while (!batch.empty() && !handle(batch)) {
    if (!wait_paused(pause, batch)) return;
    pause = std::min(pause * 2, back_off_max);
  }
  done_with(batch);
}

// Stays in the group while it waits. Records of partitions that were taken away meanwhile leave the batch.
bool kafka_consumer::state::wait_paused(milliseconds delay, std::vector<kafka_record>& batch) {
  auto all = [this] {
    rd_kafka_topic_partition_list_t* list = nullptr;
    rd_kafka_assignment(client, &list);
    return topic_list(list);
  };
  if (auto list = all()) rd_kafka_pause_partitions(client, list.get());
  auto until = std::chrono::steady_clock::now() + delay;
  for (;;) {
    auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    if (stopping || left.count() <= 0) break;
    poll_one(static_cast<int>(left.count()));
  }
  if (auto list = all()) rd_kafka_resume_partitions(client, list.get());
  if (!options.group.empty())
    std::erase_if(batch, [this](auto& r) { return !mine.contains(std::pair(r.topic, r.partition)); });
  return !stopping;
}

void kafka_consumer::state::done_with(const std::vector<kafka_record>& batch) {
  for (auto& record : batch) {
    const std::pair partition(record.topic, record.partition);
    mine[partition].next = record.offset + 1;
    if (!options.group.empty()) uncommitted[partition] = record.offset + 1;
  }
}

topic_list kafka_consumer::state::take_uncommitted() {
  topic_list offsets(rd_kafka_topic_partition_list_new(static_cast<int>(uncommitted.size())));
  for (auto& [partition, next] : std::exchange(uncommitted, {}))
    rd_kafka_topic_partition_list_add(offsets.get(), partition.first.c_str(), partition.second)->offset = next;
  last_commit = std::chrono::steady_clock::now();
  return offsets;
}

void kafka_consumer::state::commit_if_due() {
  if (uncommitted.empty() || std::chrono::steady_clock::now() < last_commit + commit_every) return;
  rd_kafka_commit(client, take_uncommitted().get(), 1);
}

// Waits for the answer, but not for a bus that is away.
void kafka_consumer::state::commit_now() {
  if (uncommitted.empty()) return;
  rd_kafka_queue_t* answer = rd_kafka_queue_new(client);
  if (rd_kafka_commit_queue(client, take_uncommitted().get(), answer, on_commit, static_cast<kafka_owner*>(this)) ==
      RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_queue_poll_callback(answer, ask_ms);
  rd_kafka_queue_destroy(answer);
}

// What could not be committed comes again, to this or to the next owner of the partition.
void kafka_consumer::state::on_commit(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t*,
                                      void* opaque) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
  auto* self = static_cast<state*>(static_cast<kafka_owner*>(opaque));
  self->lines.write(observe::level::warn, "COMMIT", rd_kafka_err2str(code));
}

// Learns the ends of new partitions, and where to start where it is not known yet.
// False: the ends are not known.
bool kafka_consumer::state::took(rd_kafka_topic_partition_list_t* partitions) {
  auto read = [&](auto&& ask, auto&& keep) {
    topic_list copy(rd_kafka_topic_partition_list_copy(partitions));
    if (ask(copy.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    for (auto& p : std::span(copy->elems, static_cast<std::size_t>(copy->cnt)))
      if (p.err == RD_KAFKA_RESP_ERR_NO_ERROR) keep(mine[{p.topic, p.partition}], p.offset);
    return true;
  };
  auto at = [this](std::int64_t when) {
    return [this, when](rd_kafka_topic_partition_list_t* list) {
      for (auto& p : std::span(list->elems, static_cast<std::size_t>(list->cnt))) p.offset = when;
      return rd_kafka_offsets_for_times(client, list, ask_ms);
    };
  };
  if (!options.group.empty())
    read([this](auto* list) { return rd_kafka_committed(client, list, ask_ms); },
         [](place& p, std::int64_t offset) { p.next = offset; });
  const bool ends_known = read(at(RD_KAFKA_OFFSET_END), [](place& p, std::int64_t offset) { p.end = offset; });
  const bool latest = options.start == kafka_consumer_options::start_at::latest && !options.start_time_ms;
  if (!latest && std::ranges::any_of(mine, [](auto& p) { return p.second.next < 0; }))
    read(at(RD_KAFKA_OFFSET_BEGINNING), [&](place& p, std::int64_t offset) {
      if (p.next < 0 && p.next != RD_KAFKA_OFFSET_END) p.next = offset;
    });
  for (auto& [partition, p] : mine)
    if (p.next < 0) p.next = p.end;
  measure();
  return ends_known;
}

void kafka_consumer::state::measure() {
  std::int64_t sum = 0;
  for (auto& [partition, p] : mine) {
    std::int64_t low = 0, high = 0;
    rd_kafka_get_watermark_offsets(client, partition.first.c_str(), partition.second, &low, &high);
    sum += std::max<std::int64_t>(0, std::max(high, p.end) - p.next);
  }
  behind = sum;
}

void kafka_consumer::state::failed(rd_kafka_resp_err_t code, const char* reason) {
  if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && code != RD_KAFKA_RESP_ERR__TRANSPORT &&
      code != RD_KAFKA_RESP_ERR__RESOLVE)  // those are logged where they happen
    lines.write(observe::level::warn, rd_kafka_err2name(code), reason);
}

void kafka_consumer::state::on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                                         rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto* self = static_cast<state*>(static_cast<kafka_owner*>(opaque));
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    self->mine.clear();
    self->took(partitions);
    self->queues.assign(client, *partitions);
    self->has_partitions = true;
  } else {
    self->commit_now();
    rd_kafka_assign(client, nullptr);
    self->mine.clear();
    self->uncommitted.clear();  // the next owner's
    self->has_partitions = false;
    self->behind = 0;
  }
}

kafka_consumer::kafka_consumer(kafka_consumer_options options, const observe::logger& log, handler handle,
                               std::size_t batch_records_max)
    : _state(std::make_unique<state>(std::move(options), log, std::move(handle), batch_records_max)) {}
kafka_consumer::~kafka_consumer() {
  _state->stop();
  end_consumer(std::move(_state));
}
bool kafka_consumer::assigned() const { return _state->has_partitions; }
std::int64_t kafka_consumer::lag() const { return _state->behind; }

}  // namespace mes::runtime
