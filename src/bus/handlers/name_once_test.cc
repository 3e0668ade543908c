#include "bus/handlers/name_once.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "wire/kafka/generated/admin.h"
#include "wire/kafka/generated/data.h"
#include "wire/kafka/generated/groups.h"
#include "wire/kafka/generated/transactions.h"

namespace mes::bus::handlers {
namespace {

namespace kafka = wire::kafka;
using indexes = std::vector<std::int32_t>;

TEST(name_once, a_partition_stays_once_and_topics_that_are_named_again_are_one) {
  kafka::elect_leaders_request request;
  request.topic_partitions = {{"b", {3, 1, 3}}, {"a", {0, 0}}, {"b", {1, 2}}};
  name_once(request);
  ASSERT_EQ(request.topic_partitions->size(), 2U);
  EXPECT_EQ(request.topic_partitions->at(0).topic, "b");
  EXPECT_EQ(request.topic_partitions->at(0).partitions, (indexes{3, 1, 2}));
  EXPECT_EQ(request.topic_partitions->at(1).partitions, indexes{0});
  request.topic_partitions.reset();  // of all
  name_once(request);
  EXPECT_FALSE(request.topic_partitions);
}

// As Kafka's handler does, which puts them into a map.
TEST(name_once, of_the_offsets_that_records_are_deleted_to_the_last_one_counts) {
  kafka::delete_records_request request;
  request.topics = {{"t", {{0, 5}, {1, 7}, {0, 3}}}, {"t", {{1, 9}}}};
  name_once(request);
  ASSERT_EQ(request.topics.size(), 1U);
  const auto& partitions = request.topics[0].partitions;
  ASSERT_EQ(partitions.size(), 2U);
  EXPECT_EQ(std::pair(partitions[0].partition_index, partitions[0].offset),
            (std::pair<std::int32_t, std::int64_t>(0, 3)));
  EXPECT_EQ(std::pair(partitions[1].partition_index, partitions[1].offset),
            (std::pair<std::int32_t, std::int64_t>(1, 9)));
}

// As Kafka's handler does, which puts them into a map by topic and partition (KafkaApis.handleProduceRequest).
TEST(name_once, of_the_records_for_a_partition_the_last_ones_are_taken) {
  kafka::produce_request request;
  const uuid one = uuid::make_v4(), other = uuid::make_v4();
  request.topic_data = {{"t", {}, {{0, "a"}, {1, "b"}, {0, "c"}}},
                        {"u", {}, {{0, "d"}}},
                        {"t", {}, {{1, std::nullopt}, {2, "e"}}},
                        {"", one, {{0, "f"}}},
                        {"", other, {{0, "g"}}},
                        {"", one, {{0, "h"}}}};
  name_once(request);
  using named = std::tuple<std::string_view, uuid, std::int32_t, std::optional<std::string_view>>;
  std::vector<named> left;
  for (const auto& t : request.topic_data)
    for (const auto& p : t.partition_data) left.emplace_back(t.name, t.topic_id, p.index, p.records);
  EXPECT_EQ(left, (std::vector<named>{{"t", {}, 0, "c"},
                                      {"t", {}, 1, std::nullopt},
                                      {"t", {}, 2, "e"},
                                      {"u", {}, 0, "d"},
                                      {"", one, 0, "h"},
                                      {"", other, 0, "g"}}));
}

TEST(name_once, each_marker_is_for_a_partition_once) {
  kafka::write_txn_markers_request request;
  request.markers.resize(2);
  for (auto& m : request.markers) m.topics = {{"t", {0, 0, 1}}, {"t", {1, 2}}};
  name_once(request);
  ASSERT_EQ(request.markers.size(), 2U) << "transactions of one producer follow one another";
  for (const auto& m : request.markers) {
    ASSERT_EQ(m.topics.size(), 1U);
    EXPECT_EQ(m.topics[0].partition_indexes, (indexes{0, 1, 2}));
  }
}

TEST(name_once, millions_are_no_matter) {
  kafka::find_coordinator_request request;
  request.coordinator_keys.assign(2'000'000, "group");
  name_once(request);
  EXPECT_EQ(request.coordinator_keys.size(), 1U);
}

}  // namespace
}  // namespace mes::bus::handlers
