// Figures follow from Kafka's rules: 11 samples of 1 s, of which ten at least count as full; the wait is
// (rate - limit) / limit * span.
#include "bus/security/quotas.h"

#include <gtest/gtest.h>

namespace mes::bus::security {
namespace {

quota_entity entity(quota_entity::part user, quota_entity::part client, quota_entity::part ip = {}) {
  return {std::move(user), std::move(client), std::move(ip)};
}
const quota_entity::part none, otherwise = std::optional<std::string>();
quota_entity::part named(std::string name) { return std::optional<std::string>(std::move(name)); }

TEST(rate_meter, a_burst_of_ten_seconds_is_no_excess) {
  rate_meter m;
  m.record(1'000, 5'000);
  EXPECT_EQ(m.excess_ms(100, 5'000), 0);
  m.record(1'000, 5'000);
  // 2000 in 10 s are 200 a second: (200 - 100) / 100 * 10 s.
  EXPECT_EQ(m.excess_ms(100, 5'000), 10'000);
}

TEST(rate_meter, the_wait_is_long_enough) {
  rate_meter m;
  m.record(1'500, 0);
  ASSERT_EQ(m.excess_ms(100, 0), 5'000);
  // Afterwards the sample of then has still to count: the window only shifts.
  EXPECT_GT(m.excess_ms(100, 1'000), 0);
  EXPECT_EQ(m.excess_ms(100, 11'000), 0) << "it is forgotten after 11 windows";
  EXPECT_TRUE(m.is_idle(11'001));
}

TEST(rate_meter, a_steady_rate_at_the_limit_is_no_excess) {
  rate_meter m;
  for (std::int64_t now = 0; now < 60'000; now += 100) {
    m.record(10, now);
    ASSERT_LE(m.excess_ms(100, now), 100) << now;
  }
  for (std::int64_t now = 60'000; now < 75'000; now += 100) m.record(20, now);
  EXPECT_GT(m.excess_ms(100, 75'000), 5'000);
}

// KIP-599: a burst of 11 s is paid in advance; what is missing is waited for, tokens / rate.
TEST(token_bucket, debts) {
  token_bucket b;
  b.take(22, 2, 0);
  EXPECT_FALSE(b.is_empty(2, 0));
  EXPECT_EQ(b.debt_ms(2, 0), 0);
  b.take(6, 2, 0);
  EXPECT_TRUE(b.is_empty(2, 0));
  EXPECT_EQ(b.debt_ms(2, 0), 3'000);
  EXPECT_EQ(b.debt_ms(2, 1'000), 2'000);
  EXPECT_FALSE(b.is_empty(2, 3'000));
}

// The order of Kafka's documentation ("Setting quotas").
TEST(quotas, the_most_specific_counts) {
  quotas q;
  EXPECT_FALSE(q.active());
  const auto set = [&](const quota_entity& e, double value) { q.set(e, {{"producer_byte_rate", value}}); };
  const auto limit = [&] { return q.limit(quota_kind::produce, "alice", "app").value_or(0); };
  EXPECT_EQ(limit(), 0);
  set(entity(none, otherwise), 1);
  EXPECT_EQ(limit(), 1);
  set(entity(none, named("app")), 2);
  EXPECT_EQ(limit(), 2);
  set(entity(otherwise, none), 3);
  EXPECT_EQ(limit(), 3);
  set(entity(otherwise, otherwise), 4);
  EXPECT_EQ(limit(), 4);
  set(entity(otherwise, named("app")), 5);
  EXPECT_EQ(limit(), 5);
  set(entity(named("alice"), none), 6);
  EXPECT_EQ(limit(), 6);
  set(entity(named("alice"), otherwise), 7);
  EXPECT_EQ(limit(), 7);
  set(entity(named("alice"), named("app")), 8);
  EXPECT_EQ(limit(), 8);
  set(entity(named("bob"), named("app")), 9);
  EXPECT_EQ(limit(), 8);
  EXPECT_FALSE(q.limit(quota_kind::fetch, "alice", "app"));
}

TEST(quotas, clients_of_a_default_are_counted_each_by_itself) {
  quotas q;
  q.set(entity(otherwise, none), {{"producer_byte_rate", 100}});
  EXPECT_EQ(q.record(quota_kind::produce, "alice", "a", 1'000, 0), 0);
  EXPECT_EQ(q.record(quota_kind::produce, "bob", "a", 1'000, 0), 0);
  EXPECT_EQ(q.record(quota_kind::produce, "alice", "other", 1'000, 0), 10'000);
}

TEST(quotas, what_is_remembered_is_bounded) {
  quotas q;
  q.set(entity(none, otherwise), {{"producer_byte_rate", 100}});
  q.set(entity(none, none, otherwise), {{"connection_creation_rate", 1}});
  const std::string long_id(1'000, 'a');
  EXPECT_EQ(q.record(quota_kind::produce, "u", long_id + "1", 1'000, 0), 0);
  EXPECT_GT(q.record(quota_kind::produce, "u", long_id + "2", 1'000, 0), 0) << "the same id, as far as it is kept";
  constexpr std::size_t each_max = 100'000;
  for (std::size_t i = 0; i < each_max + 100; ++i) {
    q.record(quota_kind::produce, "u", std::to_string(i), 1, 1);
    q.connected(std::to_string(i), 1);
  }
  EXPECT_EQ(q.counted(), 2 * (each_max + 1));
  EXPECT_EQ(q.record(quota_kind::produce, "u", "0", 999, 1), 0) << "who is known has his own";
  EXPECT_GT(q.record(quota_kind::produce, "u", "new", 999, 1), 0) << "who is not shares one";
  EXPECT_EQ(q.record(quota_kind::produce, "u", "new", 1, 20'000), 0) << "the others are forgotten";
  EXPECT_EQ(q.counted(), 1U);
}

TEST(quotas, requests_hold_for_a_window_at_most) {
  quotas q;
  q.set(entity(none, named("app")), {{"request_percentage", 1}});
  EXPECT_EQ(q.record(quota_kind::request, "u", "app", 5'000, 0), 1'000);
}

TEST(quotas, strict_mutations_are_refused_while_there_is_a_debt) {
  quotas q;
  q.set(entity(named("alice"), none), {{"controller_mutation_rate", 1}});
  EXPECT_TRUE(q.mutate("alice", "x", 11, true, 0));
  EXPECT_TRUE(q.mutate("alice", "x", 4, true, 0)) << "the last token may be overdrawn";
  EXPECT_FALSE(q.mutate("alice", "x", 1, true, 0));
  EXPECT_EQ(q.mutation_wait_ms("alice", "x", 0), 4'000);
  EXPECT_TRUE(q.mutate("alice", "x", 1, false, 0));
  EXPECT_EQ(q.mutation_wait_ms("alice", "x", 0), 5'000);
  EXPECT_TRUE(q.mutate("bob", "x", 1'000, true, 0));
}

TEST(quotas, what_is_remembered_of_mutations_is_bounded) {
  quotas q;
  q.set(entity(none, otherwise), {{"controller_mutation_rate", 1}});
  constexpr std::size_t each_max = 100'000;
  for (std::size_t i = 0; i < each_max + 100; ++i) q.mutate("u", std::to_string(i), 1, true, 0);
  EXPECT_EQ(q.counted(), each_max + 1);
  EXPECT_FALSE(q.mutate("u", "new", 1, true, 0)) << "it shares one with those for whom there was no room";
  EXPECT_EQ(q.mutation_wait_ms("u", "new", 0), 1'000) << "11 of them were paid, one was overdrawn, the rest refused";
  EXPECT_TRUE(q.mutate("u", "0", 10, true, 0)) << "who is known has his own";
  q.forget_idle(1'000);
  EXPECT_EQ(q.counted(), 2U) << "one that is full again is as a new one";
  q.set(entity(none, otherwise), {{"request_percentage", 1}});
  EXPECT_EQ(q.counted(), 0U);
}

TEST(quotas, connections_of_an_address) {
  quotas q;
  q.set(entity(none, none, otherwise), {{"connection_creation_rate", 1}});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(q.connected("10.0.0.1", 0), 0) << i;
  EXPECT_GT(q.connected("10.0.0.1", 0), 0);
  EXPECT_EQ(q.connected("10.0.0.2", 0), 0);
}

TEST(quotas, connections_that_are_refused_do_not_count) {
  quotas q;
  q.set(entity(none, none, otherwise), {{"connection_creation_rate", 2}});
  int let_in = 0;
  for (std::int64_t now = 0; now < 100'000; now += 100)
    if (q.connected("10.0.0.1", now) == 0) ++let_in;
  EXPECT_GT(let_in, 150) << "two a second";
  EXPECT_LE(let_in, 220);
}

TEST(quotas, an_address_has_its_quota_however_it_is_written) {
  quotas q;
  const quota_entity written = entity(none, none, named("0:0:0:0:0:0:0:1"));
  q.set(written, {{"connection_creation_rate", 1}});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(q.connected("::1", 0), 0) << i;
  EXPECT_GT(q.connected("::1", 0), 0);
  EXPECT_TRUE(q.all().contains(written)) << "shown as it was written";
  q.set(written, {});
  EXPECT_EQ(q.connected("::1", 0), 0);
}

TEST(quotas, entities_are_kept) {
  for (const quota_entity& e : {entity(named("a"), otherwise), entity(none, named("c")), entity(none, none, otherwise)})
    EXPECT_EQ(decode_entity(encode_entity(e)), e);
  const quotas::values v = {{"producer_byte_rate", 1024}, {"request_percentage", 12.5}};
  EXPECT_EQ(decode_values(encode_values(v)), v);
}

}  // namespace
}  // namespace mes::bus::security
