#include <atomic>
#include <condition_variable>
#include <mutex>

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

}  // namespace

struct kafka_producer::state final : kafka_owner {
  state(kafka_cluster to, std::string id, const observe::logger& to_log, std::chrono::milliseconds patience,
        const form& how)
      : kafka_owner(lines),
        lines(to_log, id),
        logger(to_log),
        cluster(std::move(to)),
        client_id(std::move(id)),
        give_up(patience),
        as(how) {
    connect();
    thread = runtime::thread("bus-producer", [this] { run(); });
  }
  ~state() override {
    stopping = true;
    {
      std::lock_guard lock(mutex);
      rd_kafka_queue_yield(queue);
    }
    thread.join();
    disconnect();
  }

  void connect();
  void disconnect();
  void run();
  state& fitting(const kafka_record& record);
  void produce(kafka_record record, delivery delivered);
  bool none_waits(std::chrono::steady_clock::time_point until);
  void finished(std::unique_ptr<delivery> delivered, result<void> outcome);
  void failed(rd_kafka_resp_err_t code, const char* reason) override;
  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque);

  kafka_log lines;
  const observe::logger& logger;
  const kafka_cluster cluster;
  const std::string client_id;
  const std::chrono::milliseconds give_up;
  const form& as;
  std::atomic<bool> stopping = false;
  bool is_fatal = false;  // the thread's alone
  std::mutex mutex;       // guards the client while it is replaced
  rd_kafka_t* client = nullptr;
  rd_kafka_queue_t* queue = nullptr;
  std::mutex waiting_mutex;
  std::condition_variable none_waiting;
  std::size_t waiting = 0;
  runtime::thread thread;
  // Of the plain one: for what is too large for it, from the first such record on.
  std::mutex large_mutex;
  std::unique_ptr<state> large;
};

void kafka_producer::state::connect() {
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
void kafka_producer::state::disconnect() {
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

void kafka_producer::state::run() {
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

void kafka_producer::state::failed(rd_kafka_resp_err_t code, const char* reason) {
  if (code == RD_KAFKA_RESP_ERR__FATAL)
    is_fatal = true;
  else if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && code != RD_KAFKA_RESP_ERR__TRANSPORT &&
           code != RD_KAFKA_RESP_ERR__RESOLVE)  // those are logged where they happen
    lines.write(observe::level::warn, rd_kafka_err2name(code), reason);
}

void kafka_producer::state::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* self = static_cast<state*>(static_cast<kafka_owner*>(opaque));
  std::unique_ptr<delivery> delivered(static_cast<delivery*>(message->_private));
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
    self->finished(std::move(delivered), {});
  else
    self->finished(std::move(delivered), fail(kafka_error(message->err)));
}

void kafka_producer::state::finished(std::unique_ptr<delivery> delivered, result<void> outcome) {
  if (*delivered) (*delivered)(std::move(outcome));
  std::lock_guard lock(waiting_mutex);
  if (--waiting == 0) none_waiting.notify_all();
}

kafka_producer::state& kafka_producer::state::fitting(const kafka_record& record) {
  if (bytes_of(record) <= plain_bytes_max) return *this;
  std::lock_guard lock(large_mutex);
  if (!large) large = std::make_unique<state>(cluster, client_id, logger, give_up, compressed);
  return *large;
}

void kafka_producer::state::produce(kafka_record record, delivery delivered) {
  auto answer = std::make_unique<delivery>(std::move(delivered));
  {
    std::lock_guard lock(waiting_mutex);
    ++waiting;
  }
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

bool kafka_producer::state::none_waits(std::chrono::steady_clock::time_point until) {
  {
    std::unique_lock lock(waiting_mutex);
    if (!none_waiting.wait_until(lock, until, [this] { return waiting == 0; })) return false;
  }
  std::lock_guard lock(large_mutex);
  return !large || large->none_waits(until);
}

kafka_producer::kafka_producer(kafka_cluster to, std::string client_id, const observe::logger& log,
                               std::chrono::milliseconds give_up)
    : _state(std::make_unique<state>(std::move(to), std::move(client_id), log, give_up, plain)) {}
kafka_producer::~kafka_producer() = default;

void kafka_producer::produce(kafka_record record, std::function<void(result<void>)> delivered) {
  state& with = _state->fitting(record);
  with.produce(std::move(record), std::move(delivered));
}

bool kafka_producer::flush(std::chrono::milliseconds timeout) {
  return _state->none_waits(std::chrono::steady_clock::now() + timeout);
}

}  // namespace mes::runtime
