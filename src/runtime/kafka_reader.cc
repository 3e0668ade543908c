#include <fmt/format.h>

#include "runtime/kafka_admin.h"
#include "runtime/kafka_close.h"
#include "runtime/kafka_conf.h"
#include "runtime/kafka_fetch_queues.h"
#include "runtime/kafka_message.h"

namespace mes::runtime {
namespace {

// Where reading has failed, so that it can go on behind it; "" if it is no place in a topic.
std::string place_of(const rd_kafka_message_t& got) {
  if (got.rkt == nullptr || got.partition < 0 || got.offset < 0) return {};
  return fmt::format("{}, partition {}, offset {}: ", rd_kafka_topic_name(got.rkt), got.partition, got.offset);
}

}  // namespace

struct kafka_reader::state final : kafka_owner {
  state(const kafka_cluster& to, const std::string& client_id, const observe::logger& to_log,
        const std::vector<kafka_place>& from, const std::optional<std::vector<kafka_place>>& ends)
      : kafka_owner(lines), lines(to_log, client_id) {
    if (ends) left.emplace();
    for (std::size_t i = 0; ends && i < from.size(); ++i)
      if (from[i].offset < (*ends)[i].offset) (*left)[{from[i].topic, from[i].partition}] = (*ends)[i].offset;
    if (left && left->empty()) return;  // there is nothing to read
    kafka_conf conf(to, client_id);
    conf.set("group.id", client_id + ".alone");  // the client wants a name even where nobody joins
    conf.set("enable.auto.offset.store", "false");
    conf.set("enable.auto.commit", "false");
    conf.set("auto.offset.reset", "earliest");  // what retention took meanwhile
    conf.set("allow.auto.create.topics", "false");
    conf.set("enable.partition.eof", "true");
    conf.set("queued.max.messages.kbytes", "16384");
    conf.set_owner(*this);
    client = conf.make(RD_KAFKA_CONSUMER);
    rd_kafka_poll_set_consumer(client);
    topic_list list(rd_kafka_topic_partition_list_new(static_cast<int>(from.size())));
    for (const kafka_place& p : from)
      rd_kafka_topic_partition_list_add(list.get(), p.topic.c_str(), p.partition)->offset = p.offset;
    queues.assign(client, *list);
  }
  ~state() override {
    if (client == nullptr) return;
    queues.destroy(client);
  }
  // What comes with a message, next() tells; that the topic has gone comes here.
  void failed(rd_kafka_resp_err_t code, const char* reason) override {
    if (kafka_error(code).code == error_code::not_found)
      gone = fail(error_code::not_found, fmt::format("Bus: {}", reason));
  }

  // Whether the record, or the end of a partition, is one to hand out. The last offset before an end may hold no record
  // (a transaction's marker, what was aborted or compacted away): then librdkafka's notice of the end ends it.
  bool takes(const rd_kafka_message_t& got) {
    const bool is_record = got.err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!left) return is_record;
    const auto at = left->find({rd_kafka_topic_name(got.rkt), got.partition});
    if (at == left->end()) return false;
    const std::int64_t end = at->second;
    if (got.offset + (is_record ? 1 : 0) >= end) left->erase(at);
    return is_record && got.offset < end;
  }

  kafka_log lines;
  rd_kafka_t* client = nullptr;  // none where there is nothing to read
  kafka_fetch_queues queues;
  result<void> gone;
  // Partitions that are not at their end yet, and where that is; nothing: there are no ends.
  std::optional<std::map<std::pair<std::string, std::int32_t>, std::int64_t>> left;
};

kafka_reader::kafka_reader(const kafka_cluster& to, const std::string& client_id, const observe::logger& log,
                           const std::vector<kafka_place>& from, const std::optional<std::vector<kafka_place>>& ends)
    : _state(std::make_unique<state>(to, client_id, log, from, ends)) {}
kafka_reader::~kafka_reader() { end_consumer(std::move(_state)); }

bool kafka_reader::is_at_end() const { return _state->left && _state->left->empty(); }

result<std::optional<kafka_record>> kafka_reader::next(std::chrono::milliseconds timeout) {
  while (!is_at_end()) {
    const kafka_message got(rd_kafka_consumer_poll(_state->client, static_cast<int>(timeout.count())));
    if (!_state->gone) return fail(_state->gone.error());
    if (!got) return std::nullopt;
    if (got->err != RD_KAFKA_RESP_ERR_NO_ERROR && got->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
      return fail(kafka_error(got->err).code, "Bus: " + place_of(*got) + rd_kafka_message_errstr(got.get()));
    if (_state->takes(*got)) return to_record(*got);
  }
  return std::nullopt;
}

}  // namespace mes::runtime
