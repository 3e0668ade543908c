#include "runtime/kafka.h"

#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "runtime/test_bus.h"

namespace mes::runtime {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

class kafka_test : public ::testing::Test {
 protected:
  kafka_consumer_options options(std::string group, std::vector<std::string> topics = {"orders"}) const {
    kafka_consumer_options with;
    with.bootstrap = _bus.bootstrap();
    with.client_id = "kafka_test";
    with.group = std::move(group);
    with.topics = std::move(topics);
    return with;
  }
  void send(kafka_producer& to, int from, int count) {
    for (int i = from; i < from + count; ++i) {
      kafka_record r;
      r.topic = "orders";
      r.key = "key-" + std::to_string(i % 5);
      r.value = std::to_string(i);
      to.produce(r, [this](result<void> outcome) { outcome ? ++_delivered : ++_refused; });
    }
    EXPECT_TRUE(to.flush(20s));
  }

  observe::logger _log{"kafka_test", observe::level::error};
  testing::test_bus _bus{{"orders", "parts"}};
  std::atomic<int> _delivered = 0, _refused = 0;
};

// What consumers have handled, to wait for.
class sink {
 public:
  bool take(std::vector<kafka_record> batch) {
    std::lock_guard lock(_mutex);
    for (auto& r : batch) _records.push_back(std::move(r));
    _changed.notify_all();
    return true;
  }
  std::vector<kafka_record> wait_for(std::size_t count) {
    std::unique_lock lock(_mutex);
    EXPECT_TRUE(_changed.wait_for(lock, 30s, [&] { return _records.size() >= count; })) << _records.size();
    return _records;
  }
  std::vector<kafka_record> now() {
    std::lock_guard lock(_mutex);
    return _records;
  }

 private:
  std::mutex _mutex;
  std::condition_variable _changed;
  std::vector<kafka_record> _records;
};

void wait_until(const std::function<bool()>& holds) {
  for (auto end = std::chrono::steady_clock::now() + 30s; !holds();) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    std::this_thread::sleep_for(10ms);
  }
}

TEST_F(kafka_test, a_record_comes_out_as_it_went_in) {
  kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
  kafka_record sent;
  sent.topic = "parts";
  sent.key = "part-7";
  sent.value = std::string("bytes \0 and ö", 14);
  sent.headers = {{"ce_id", "1"}, {"empty", ""}, {"ce_id", "twice"}, {"null", std::nullopt}};
  sent.timestamp_ms = 1'400'000'000'000;
  producer.produce(sent, [this](result<void> outcome) { outcome ? ++_delivered : ++_refused; });
  kafka_record tombstone;
  tombstone.topic = "parts";
  tombstone.key = "part-7";
  tombstone.tombstone = true;
  producer.produce(tombstone, nullptr);
  ASSERT_TRUE(producer.flush(20s));
  EXPECT_EQ(_delivered, 1);

  sink got;
  kafka_consumer consumer(options("g", {"parts"}), _log, [&](auto batch) { return got.take(std::move(batch)); });
  auto records = got.wait_for(2);
  EXPECT_EQ(records[0].topic, "parts");
  EXPECT_EQ(records[0].key, sent.key);
  EXPECT_EQ(records[0].value, sent.value);
  EXPECT_EQ(records[0].headers, sent.headers);
  EXPECT_EQ(records[0].header("ce_id"), "1");
  EXPECT_EQ(records[0].header("none"), "");
  EXPECT_EQ(records[0].timestamp_ms, sent.timestamp_ms);
  EXPECT_FALSE(records[0].tombstone);
  EXPECT_TRUE(records[1].tombstone);
  EXPECT_EQ(records[1].partition, records[0].partition);
  EXPECT_EQ(records[1].offset, records[0].offset + 1);
}

// It once waited for good where the word to end came just as it ended by itself.
TEST_F(kafka_test, a_consumer_ends_in_the_midst_of_its_work) {
  kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
  send(producer, 0, 5'000);
  auto end_some = [&] {
    for (int i = 0; i < 20; ++i) {
      std::atomic<int> handled = 0;
      kafka_consumer consumer(options(""), _log, [&](auto) { return ++handled > 0; }, 1);
      while (handled < 100 * i) std::this_thread::yield();
    }
  };
  std::vector<std::jthread> threads;  // more than there are cores, so that each may be stopped anywhere
  for (int i = 0; i < 8; ++i) threads.emplace_back(end_some);
}

// Partitions of Java's client, from Apache Kafka's UtilsTest.testMurmur2: hash & 0x7fffffff modulo the partitions.
TEST_F(kafka_test, keys_go_to_the_partitions_of_javas_client) {
  const std::map<std::string, std::int32_t> java = {{"21", -973932308},
                                                    {"foobar", -790332482},
                                                    {"a-little-bit-long-string", -985981536},
                                                    {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971}};
  kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
  for (auto& [key, hash] : java) {
    kafka_record r;
    r.topic = "orders";
    r.key = key;
    producer.produce(r, nullptr);
  }
  sink got;
  kafka_consumer consumer(options(""), _log, [&](auto batch) { return got.take(std::move(batch)); });
  for (auto& r : got.wait_for(java.size())) EXPECT_EQ(r.partition, (java.at(r.key) & 0x7fffffff) % 3) << r.key;
}

TEST_F(kafka_test, batches_keep_the_order_of_each_partition) {
  kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
  send(producer, 0, 3000);
  EXPECT_EQ(_delivered, 3000);
  sink got;
  std::atomic<std::size_t> largest = 0;
  kafka_consumer consumer(
      options("g"), _log,
      [&](auto batch) {
        largest = std::max(largest.load(), batch.size());
        return got.take(std::move(batch));
      },
      100);
  std::map<std::int32_t, std::int64_t> next;
  std::set<std::string> values;
  for (auto& r : got.wait_for(3000)) {
    EXPECT_EQ(r.offset, next[r.partition]++);
    values.insert(r.value);
  }
  EXPECT_EQ(values.size(), 3000u);
  EXPECT_LE(largest, 100u);
  EXPECT_GT(largest, 1u);
  wait_until([&] { return consumer.lag() == 0; });
}

TEST_F(kafka_test, a_group_goes_on_where_it_was) {
  kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
  send(producer, 0, 50);
  {
    sink got;
    kafka_consumer consumer(options("g"), _log, [&](auto batch) { return got.take(std::move(batch)); });
    got.wait_for(50);
    EXPECT_TRUE(consumer.assigned());
  }
  send(producer, 50, 20);
  sink got;
  kafka_consumer consumer(options("g"), _log, [&](auto batch) { return got.take(std::move(batch)); });
  auto records = got.wait_for(20);
  EXPECT_EQ(records.size(), 20u);
  for (auto& r : records) EXPECT_GE(std::stoi(r.value), 50);
}

TEST_F(kafka_test, a_refused_batch_comes_again_and_is_not_committed) {
  kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
  send(producer, 0, 10);
  {
    std::atomic<int> calls = 0;
    kafka_consumer consumer(options("g"), _log, [&](auto) {
      ++calls;
      return false;
    });
    wait_until([&] { return calls >= 3; });
  }
  sink got;
  std::atomic<int> calls = 0;
  std::vector<std::size_t> sizes;
  kafka_consumer consumer(options("g"), _log, [&](auto batch) {
    sizes.push_back(batch.size());
    return ++calls > 2 ? got.take(std::move(batch)) : false;
  });
  EXPECT_EQ(got.wait_for(10).size(), 10u);
  EXPECT_EQ(sizes[0], sizes[1]);
  send(producer, 10, 5);
  EXPECT_EQ(got.wait_for(15).size(), 15u);
}

TEST_F(kafka_test, without_a_group_everyone_reads_all) {
  kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
  send(producer, 0, 10);
  sink first, second;
  kafka_consumer one(options(""), _log, [&](auto batch) { return first.take(std::move(batch)); });
  auto late = options("", {"orders", "parts"});
  late.start = kafka_consumer_options::start_at::latest;
  kafka_consumer two(late, _log, [&](auto batch) { return second.take(std::move(batch)); });
  wait_until([&] { return two.assigned(); });
  send(producer, 10, 10);
  EXPECT_EQ(first.wait_for(20).size(), 20u);
  for (auto& r : second.wait_for(10)) EXPECT_GE(std::stoi(r.value), 10);
}

TEST_F(kafka_test, a_bus_that_is_away_is_waited_for) {
  _bus.set_down();
  kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
  sink got;
  kafka_consumer consumer(options("g"), _log, [&](auto batch) { return got.take(std::move(batch)); });
  for (int i = 0; i < 5; ++i) {
    kafka_record r;
    r.topic = "orders";
    r.value = std::to_string(i);
    producer.produce(r, [this](result<void> outcome) { outcome ? ++_delivered : ++_refused; });
  }
  EXPECT_FALSE(producer.flush(300ms));
  _bus.set_up();
  EXPECT_TRUE(producer.flush(20s));
  EXPECT_EQ(_delivered, 5);
  EXPECT_EQ(got.wait_for(5).size(), 5u);
}

TEST_F(kafka_test, what_waits_at_the_end_is_given_up) {
  _bus.set_down();
  auto code = error_code::internal;
  {
    kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
    kafka_record r;
    r.topic = "orders";
    producer.produce(r, [&](result<void> outcome) { code = outcome.error().code; });
  }
  EXPECT_EQ(code, error_code::cancelled);
}

TEST_F(kafka_test, refuses_when_its_queue_is_full) {
  _bus.set_down();
  std::map<error_code, int> refused;
  {
    kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
    for (int i = 0; i < 20'010; ++i) {
      kafka_record r;
      r.topic = "orders";
      producer.produce(r, [&](result<void> outcome) { ++refused[outcome.error().code]; });
    }
    EXPECT_THAT(refused, ElementsAre(Pair(error_code::unavailable, 10)));
  }
  EXPECT_EQ(refused[error_code::cancelled], 20'000);
}

TEST_F(kafka_test, a_producer_that_lost_its_sequence_starts_a_new_one) {
  kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
  send(producer, 0, 10);
  ASSERT_EQ(_delivered, 10);
  rd_kafka_mock_push_request_errors(_bus.cluster(), 0 /* Produce */, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  send(producer, 10, 1);
  EXPECT_EQ(_delivered + _refused, 11);
  wait_until([&] {  // refused while the new one takes over
    int before = _delivered;
    send(producer, 11, 1);
    return _delivered > before;
  });
}

TEST_F(kafka_test, large_records_keep_their_place) {
  const std::string large(1 << 20, 'x');  // nine of them may wait together, however slow the bus is
  std::vector<std::string> sent;
  {
    kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
    for (int i = 0; i < 60; ++i) {
      kafka_record r;
      r.topic = "orders";
      r.key = "one";
      r.value = std::to_string(i) + (i % 7 == 3 ? large : "");
      sent.push_back(r.value.substr(0, 2));
      producer.produce(r, [this](result<void> outcome) { outcome ? ++_delivered : ++_refused; });
    }
    EXPECT_TRUE(producer.flush(20s));
  }
  EXPECT_EQ(_delivered, 60);
  sink records;
  kafka_consumer consumer(options("large"), _log, [&](auto batch) { return records.take(std::move(batch)); });
  std::vector<std::string> got;
  for (const kafka_record& r : records.wait_for(60)) got.push_back(r.value.substr(0, 2));
  EXPECT_EQ(got, sent);
}

TEST_F(kafka_test, retries_what_the_broker_could_not_take) {
  kafka_producer producer(_bus.bootstrap(), "kafka_test", _log);
  rd_kafka_mock_push_request_errors(_bus.cluster(), 0 /* Produce */, 3, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
  send(producer, 0, 10);
  EXPECT_EQ(_delivered, 10);
}

}  // namespace
}  // namespace mes::runtime
