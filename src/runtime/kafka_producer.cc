#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "runtime/kafka.h"
#include "runtime/kafka_conf.h"
#include "runtime/thread.h"

namespace mes::runtime {
namespace {

using delivery = std::function<void(result<void>)>;

constexpr int poll_ms = 60'000;  // deliveries, errors and the end wake the thread before

// A broker takes 1,048,588 bytes of a batch as it is sent. What is larger can only have come compressed, and goes so
// again; all else goes plain, for clients that know no compression.
constexpr std::size_t plain_bytes_max = 900 << 10;
struct form {
  const char* compression;
  const char* record_bytes_max;
  std::size_t queue_kbytes;
};
constexpr form plain = {.compression = "none", .record_bytes_max = "1000000", .queue_kbytes = 16 << 10};
constexpr form compressed = {.compression = "zstd", .record_bytes_max = "1000000000", .queue_kbytes = 256 << 10};

std::size_t bytes_of(const kafka_record& record) {
  std::size_t bytes = record.key.size() + record.value.size();
  for (const auto& [name, value] : record.headers) bytes += name.size() + (value ? value->size() : 0);
  return bytes;
}

// A librdkafka client with the thread that serves it.
struct lane final : kafka_owner {
  lane(kafka_cluster to, std::string id, const observe::logger& to_log, std::chrono::milliseconds patience,
       const form& how, std::function<void()> when_idle)
      : kafka_owner(lines),
        lines(to_log, id),
        cluster(std::move(to)),
        client_id(std::move(id)),
        give_up(patience),
        as(how),
        on_idle(std::move(when_idle)) {
    connect();
    thread = runtime::thread("bus-producer", [this] { run(); });
  }
  ~lane() override {
    stop();
    disconnect();
  }

  void stop();
  void connect();
  void disconnect();
  void run();
  void produce(kafka_record record, delivery delivered);
  void finished(std::unique_ptr<delivery> delivered, result<void> outcome);
  void failed(rd_kafka_resp_err_t code, const char* reason) override;
  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque);

  kafka_log lines;
  const kafka_cluster cluster;
  const std::string client_id;
  const std::chrono::milliseconds give_up;
  const form& as;
  const std::function<void()> on_idle;
  std::atomic<bool> stopping = false;
  bool is_fatal = false;  // the thread's alone
  std::mutex mutex;       // guards the client while it is replaced
  rd_kafka_t* client = nullptr;
  rd_kafka_queue_t* queue = nullptr;
  std::atomic<std::size_t> waiting = 0;  // records without an outcome
  runtime::thread thread;
};

// Its deliveries are over, but for those that the end gives up.
void lane::stop() {
  if (stopping.exchange(true)) return;
  {
    std::lock_guard lock(mutex);
    rd_kafka_queue_yield(queue);
  }
  thread.join();
}

void lane::connect() {
  kafka_conf conf(cluster, client_id);
  conf.set("enable.idempotence", "true");  // and with it acks=all
  conf.set("linger.ms", "1");
  conf.set("partitioner", "murmur2_random");
  conf.set("compression.type", as.compression);
  conf.set("message.max.bytes", as.record_bytes_max);
  conf.set("queue.buffering.max.kbytes", std::to_string(as.queue_kbytes));
  conf.set("queue.buffering.max.messages", "20000");
  conf.set("message.timeout.ms", std::to_string(give_up.count()));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
  conf.set_owner(*this);
  std::lock_guard lock(mutex);
  client = conf.make(RD_KAFKA_PRODUCER);
  queue = rd_kafka_queue_get_main(client);
}

// Answers all that waits with an error.
void lane::disconnect() {
  rd_kafka_t* old = nullptr;
  {
    std::lock_guard lock(mutex);
    old = std::exchange(client, nullptr);
    rd_kafka_queue_destroy(std::exchange(queue, nullptr));
  }
  rd_kafka_purge(old, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  while (rd_kafka_outq_len(old) > 0) rd_kafka_poll(old, 100);
  rd_kafka_destroy(old);
}

void lane::run() {
  while (!stopping) {
    rd_kafka_poll(client, poll_ms);
    if (!is_fatal) continue;
    // An idempotent producer that lost its place in the sequence ends; a new one starts a new sequence.
    lines.write(observe::level::warn, "FATAL", "the producer lost its sequence, a new one takes over");
    disconnect();
    is_fatal = false;
    connect();
  }
}

void lane::failed(rd_kafka_resp_err_t code, const char* reason) {
  if (code == RD_KAFKA_RESP_ERR__FATAL)
    is_fatal = true;
  else if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && code != RD_KAFKA_RESP_ERR__TRANSPORT &&
           code != RD_KAFKA_RESP_ERR__RESOLVE)  // those are logged where they happen
    lines.write(observe::level::warn, rd_kafka_err2name(code), reason);
}

void lane::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* self = static_cast<lane*>(static_cast<kafka_owner*>(opaque));
  std::unique_ptr<delivery> delivered(static_cast<delivery*>(message->_private));
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
    self->finished(std::move(delivered), {});
  else
    self->finished(std::move(delivered), fail(kafka_error(message->err)));
}

void lane::finished(std::unique_ptr<delivery> delivered, result<void> outcome) {
  (*delivered)(std::move(outcome));
  if (--waiting == 0) on_idle();
}

void lane::produce(kafka_record record, delivery delivered) {
  auto answer = std::make_unique<delivery>(std::move(delivered));
  ++waiting;
  std::vector<rd_kafka_vu_t> parts(7);
  parts[0].vtype = RD_KAFKA_VTYPE_TOPIC, parts[0].u.cstr = record.topic.c_str();
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION, parts[1].u.i32 = record.partition;
  parts[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS, parts[2].u.i = RD_KAFKA_MSG_F_COPY;
  parts[3].vtype = RD_KAFKA_VTYPE_TIMESTAMP, parts[3].u.i64 = record.timestamp_ms;
  parts[4].vtype = RD_KAFKA_VTYPE_OPAQUE, parts[4].u.ptr = answer.get();
  parts[5].vtype = RD_KAFKA_VTYPE_KEY;
  parts[5].u.mem = {record.has_key() ? record.key.data() : nullptr, record.key.size()};
  parts[6].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[6].u.mem = {record.tombstone ? nullptr : record.value.data(), record.tombstone ? 0 : record.value.size()};
  for (auto& [name, value] : record.headers) {
    auto& part = parts.emplace_back();
    part.vtype = RD_KAFKA_VTYPE_HEADER;
    part.u.header = {name.c_str(), value ? value->data() : nullptr, value ? static_cast<ssize_t>(value->size()) : 0};
  }
  auto code = RD_KAFKA_RESP_ERR__STATE;
  {
    std::lock_guard lock(mutex);
    if (client != nullptr) {
      rd_kafka_error_t* problem = rd_kafka_produceva(client, parts.data(), parts.size());
      code = problem == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(problem);
      if (problem != nullptr) rd_kafka_error_destroy(problem);
    }
  }
  // It would wait for room for ever.
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && bytes_of(record) > as.queue_kbytes << 10)
    code = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
    static_cast<void>(answer.release());  // on_delivery takes it back
  else
    finished(std::move(answer), fail(kafka_error(code)));
}

}  // namespace

// Records leave in the order in which they were given, from whichever client: to change it, what the other one has must
// have its outcome.
struct kafka_producer::state {
  struct given {
    kafka_record record;
    delivery delivered;
  };

  state(kafka_cluster to, std::string id, const observe::logger& to_log, std::chrono::milliseconds patience)
      : cluster(std::move(to)), client_id(std::move(id)), log(to_log), give_up(patience), small(make(plain)) {}
  ~state();

  std::unique_ptr<lane> make(const form& as) {
    return std::make_unique<lane>(cluster, client_id, log, give_up, as, [this] { go_on(); });
  }
  lane* lane_for(const kafka_record& record);
  void produce(kafka_record record, delivery delivered);
  void go_on();
  void arrived();

  const kafka_cluster cluster;
  const std::string client_id;
  const observe::logger& log;
  const std::chrono::milliseconds give_up;
  std::mutex mutex;
  std::deque<given> behind;  // wait for the other client
  std::size_t behind_bytes = 0;
  bool moving = false, closing = false;
  std::size_t waiting = 0;  // records without an outcome
  std::condition_variable none_waiting;
  std::unique_ptr<lane> small, large;  // the large one from the first such record on
};

kafka_producer::state::~state() {
  {
    std::lock_guard lock(mutex);
    closing = true;
  }
  for (lane* one : {small.get(), large.get()})
    if (one) one->stop();
  small.reset();
  large.reset();
  for (given& one : std::exchange(behind, {})) one.delivered(fail(error_code::cancelled, "The producer ends"));
}

// Nothing: not yet.
lane* kafka_producer::state::lane_for(const kafka_record& record) {
  const bool is_large = bytes_of(record) > plain_bytes_max;
  if (!is_large && (!large || large->waiting == 0)) return small.get();
  if (small->waiting > 0) return nullptr;
  if (!large) large = make(compressed);
  return large.get();
}

void kafka_producer::state::produce(kafka_record record, delivery delivered) {
  const std::size_t bytes = bytes_of(record);
  std::unique_lock lock(mutex);
  if (!behind.empty() && behind_bytes + bytes > plain.queue_kbytes << 10) {
    lock.unlock();
    if (delivered) delivered(fail(error_code::unavailable, "Bus: too many records wait"));
    return;
  }
  ++waiting;
  behind_bytes += bytes;
  behind.push_back({std::move(record), [this, to = std::move(delivered)](result<void> outcome) {
                      if (to) to(std::move(outcome));
                      arrived();
                    }});
  lock.unlock();
  go_on();
}

void kafka_producer::state::go_on() {
  std::unique_lock lock(mutex);
  if (std::exchange(moving, true)) return;  // who moves them looks again
  while (!closing && !behind.empty()) {
    lane* const by = lane_for(behind.front().record);
    if (!by) break;
    given next = std::move(behind.front());
    behind.pop_front();
    behind_bytes -= bytes_of(next.record);
    lock.unlock();
    by->produce(std::move(next.record), std::move(next.delivered));
    lock.lock();
  }
  moving = false;
}

void kafka_producer::state::arrived() {
  std::lock_guard lock(mutex);
  if (--waiting == 0) none_waiting.notify_all();
}

kafka_producer::kafka_producer(kafka_cluster to, std::string client_id, const observe::logger& log,
                               std::chrono::milliseconds give_up)
    : _state(std::make_unique<state>(std::move(to), std::move(client_id), log, give_up)) {}
kafka_producer::~kafka_producer() = default;

void kafka_producer::produce(kafka_record record, std::function<void(result<void>)> delivered) {
  _state->produce(std::move(record), std::move(delivered));
}

bool kafka_producer::flush(std::chrono::milliseconds timeout) {
  std::unique_lock lock(_state->mutex);
  return _state->none_waiting.wait_for(lock, timeout, [this] { return _state->waiting == 0; });
}

}  // namespace mes::runtime
