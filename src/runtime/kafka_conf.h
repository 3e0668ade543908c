// What producer and consumer share: settings, log lines without floods, errors. Internal to runtime/kafka*.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/error.h"
#include "observe/log.h"
#include "runtime/kafka_cluster.h"

namespace mes::runtime {

// librdkafka repeats itself while a broker is away: the same kind of line passes once a minute. Thread-safe.
class kafka_log {
 public:
  kafka_log(const observe::logger& to, std::string client_id) : _log(to), _client_id(std::move(client_id)) {}
  void write(observe::level level, const std::string& kind, std::string_view text);

 private:
  const observe::logger& _log;
  const std::string _client_id;
  std::mutex _mutex;
  std::map<std::string, std::chrono::steady_clock::time_point> _last;
};

struct kafka_owner;

class kafka_conf {
 public:
  // What every client of ours has, and what `to` says.
  kafka_conf(const kafka_cluster& to, const std::string& client_id);
  ~kafka_conf();
  kafka_conf(const kafka_conf&) = delete;
  kafka_conf& operator=(const kafka_conf&) = delete;

  void set(const std::string& name, const std::string& value);
  void set_owner(kafka_owner& owner);  // outlives the client
  rd_kafka_conf_t* get() { return _conf; }
  // Makes the client; throws std::runtime_error when its settings do not hold together.
  rd_kafka_t* make(rd_kafka_type_t type);

 private:
  kafka_conf();
  rd_kafka_conf_t* _conf;
  std::function<result<kafka_token>()> _token;
};

// The opaque of our clients points to one of these.
struct kafka_owner {
  virtual ~kafka_owner() = default;
  explicit kafka_owner(kafka_log& l) : log(l) {}
  kafka_log& log;
  std::function<result<kafka_token>()> token;                             // kafka_cluster's
  virtual void failed(rd_kafka_resp_err_t code, const char* reason) = 0;  // on the thread that polls
};

struct topic_list_deleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using topic_list = std::unique_ptr<rd_kafka_topic_partition_list_t, topic_list_deleter>;

error kafka_error(rd_kafka_resp_err_t code);

}  // namespace mes::runtime
