// For tests: librdkafka's own broker, in memory, on a free port.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <string>
#include <vector>

namespace mes::runtime::testing {

class test_bus {
 public:
  explicit test_bus(const std::vector<std::string>& topics, int partitions = 3) {
    std::array<char, 256> reason{};
    rd_kafka_conf_t* quiet = rd_kafka_conf_new();
    rd_kafka_conf_set(quiet, "log_level", "0", reason.data(), reason.size());
    _host = rd_kafka_new(RD_KAFKA_PRODUCER, quiet, reason.data(), reason.size());
    _cluster = rd_kafka_mock_cluster_new(_host, 1);
    for (auto& topic : topics) rd_kafka_mock_topic_create(_cluster, topic.c_str(), partitions, 1);
  }
  test_bus(const test_bus&) = delete;
  test_bus& operator=(const test_bus&) = delete;
  ~test_bus() {
    rd_kafka_mock_cluster_destroy(_cluster);
    rd_kafka_destroy(_host);
  }

  std::string bootstrap() const { return rd_kafka_mock_cluster_bootstraps(_cluster); }
  void set_down() { rd_kafka_mock_broker_set_down(_cluster, 1); }
  void set_up() { rd_kafka_mock_broker_set_up(_cluster, 1); }
  rd_kafka_mock_cluster_t* cluster() { return _cluster; }

 private:
  rd_kafka_t* _host;
  rd_kafka_mock_cluster_t* _cluster;
};

}  // namespace mes::runtime::testing
