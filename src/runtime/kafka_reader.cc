#include "runtime/kafka_admin.h"
#include "runtime/kafka_conf.h"
#include "runtime/kafka_message.h"

namespace mes::runtime {

struct kafka_reader::state final : kafka_owner {
  state(const kafka_cluster& to, const std::string& client_id, const observe::logger& to_log,
        const std::vector<kafka_place>& from)
      : kafka_owner(lines), lines(to_log, client_id) {
    kafka_conf conf(to, client_id);
    conf.set("group.id", client_id + ".alone");  // the client wants a name even where nobody joins
    conf.set("enable.auto.offset.store", "false");
    conf.set("enable.auto.commit", "false");
    conf.set("auto.offset.reset", "earliest");  // what retention took meanwhile
    conf.set("allow.auto.create.topics", "false");
    conf.set("queued.max.messages.kbytes", "16384");
    conf.set_owner(*this);
    client = conf.make(RD_KAFKA_CONSUMER);
    rd_kafka_poll_set_consumer(client);
    topic_list list(rd_kafka_topic_partition_list_new(static_cast<int>(from.size())));
    for (const kafka_place& p : from)
      rd_kafka_topic_partition_list_add(list.get(), p.topic.c_str(), p.partition)->offset = p.offset;
    rd_kafka_assign(client, list.get());
  }
  ~state() override {
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
  }
  void failed(rd_kafka_resp_err_t, const char*) override {}  // next() tells

  kafka_log lines;
  rd_kafka_t* client = nullptr;
};

kafka_reader::kafka_reader(kafka_cluster to, std::string client_id, const observe::logger& log,
                           const std::vector<kafka_place>& from)
    : _state(std::make_unique<state>(to, client_id, log, from)) {}
kafka_reader::~kafka_reader() = default;

result<std::optional<kafka_record>> kafka_reader::next(std::chrono::milliseconds timeout) {
  const kafka_message got(rd_kafka_consumer_poll(_state->client, static_cast<int>(timeout.count())));
  if (!got) return std::nullopt;
  if (got->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return std::nullopt;
  if (got->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(kafka_error(got->err).code, std::string("Bus: ") + rd_kafka_message_errstr(got.get()));
  return to_record(*got);
}

}  // namespace mes::runtime
