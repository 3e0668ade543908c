// Bounds and forms as Apache Kafka 4.2 has them.
#include "bus/configs.h"

#include <gtest/gtest.h>

#include "bus/host_overrides.h"

namespace mes::bus {
namespace {

TEST(configs, a_list_is_shown_with_each_item_once) {
  EXPECT_EQ(canonical_value(config_type::list, "delete,delete"), "delete");
  EXPECT_EQ(canonical_value(config_type::list, " compact , delete,compact"), "compact,delete");
  EXPECT_EQ(canonical_value(config_type::list, ""), "");
}

TEST(configs, no_item_of_a_list_is_empty) {
  const config_row& row = *find_config(client_metrics_config_table(), "metrics");
  EXPECT_FALSE(check_value(row, ""));
  EXPECT_FALSE(check_value(row, "a,a"));
  EXPECT_TRUE(check_value(row, "a,,b"));
  EXPECT_TRUE(check_value(row, "a,"));
}

TEST(configs, an_operator_can_always_connect) {
  const config_row& row = *find_config(dynamic_broker_config_table(), "max.connections");
  EXPECT_TRUE(check_value(row, "0"));
  EXPECT_TRUE(check_value(row, "1"));
  EXPECT_FALSE(check_value(row, "10"));
}

TEST(configs, connections_of_an_address_are_counted_by_addresses) {
  const config_row& row = *find_config(dynamic_broker_config_table(), "max.connections.per.ip.overrides");
  for (const char* right : {"", " ", "10.0.0.7:200", " 10.0.0.7:10 , [::1]:50 ", "::1:50"})
    EXPECT_FALSE(check_value(row, right)) << right;
  for (const char* wrong :
       {"10.0.0.7", "10.0.0.7:9", "10.0.0.7:", "10.0.0.7:-1", "10.0.0.7:x", "gateway:5", ",", "10.0.0.7:1,", ":5"})
    EXPECT_TRUE(check_value(row, wrong)) << wrong;
  const auto read = parse_host_overrides("10.0.0.7:200,[0:0:0:0:0:0:0:1]:50,::ffff:127.0.0.1:0");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (std::map<std::string, std::size_t>{{"10.0.0.7", 200}, {"127.0.0.1", 0}, {"::1", 50}}));
}

TEST(configs, times_of_a_group_lie_within_the_brokers_bounds) {
  const groups::coordinator_options bounds;
  const auto fault = [&](const config_values& values) { return check_group_times(bounds, values).has_value(); };
  EXPECT_FALSE(fault({}));
  EXPECT_FALSE(fault({{"consumer.session.timeout.ms", "60000"}, {"consumer.heartbeat.interval.ms", "15000"}}));
  EXPECT_TRUE(fault({{"consumer.session.timeout.ms", "60001"}}));
  EXPECT_TRUE(fault({{"consumer.session.timeout.ms", "44999"}}));
  EXPECT_TRUE(fault({{"consumer.heartbeat.interval.ms", "4999"}}));
  EXPECT_TRUE(fault({{"consumer.heartbeat.interval.ms", "15001"}}));
}

TEST(configs, a_session_is_longer_than_the_time_between_heartbeats) {
  groups::coordinator_options bounds;
  bounds.consumer_session_timeout_min_ms = 1;
  EXPECT_FALSE(check_group_times(bounds, {{"consumer.session.timeout.ms", "5001"}}));
  EXPECT_TRUE(check_group_times(bounds, {{"consumer.session.timeout.ms", "5000"}}));
}

TEST(configs, the_offsets_of_share_groups_begin_at_a_known_place) {
  const config_row& row = *find_config(group_config_table(), "share.auto.offset.reset");
  for (const char* right : {"earliest", "latest", "by_duration:P1D", "by_duration:PT1H30M", "by_duration:P2DT0.5S"})
    EXPECT_FALSE(check_value(row, right)) << right;
  for (const char* wrong : {"never", "LATEST", "", "by_duration:", "by_duration:P", "by_duration:PT",
                            "by_duration:P1DT", "by_duration:-P1D", "by_duration:1D", "by_duration:P1H"})
    EXPECT_TRUE(check_value(row, wrong)) << wrong;
}

}  // namespace
}  // namespace mes::bus
