// What each way of balancing promises (Kong's documentation of upstreams; nginx's smooth round-robin for the order).
#include "gateway/balancer/algorithms.h"

#include <gtest/gtest.h>

#include <map>

namespace mes::gateway {
namespace {

std::vector<peer> make_peers(std::initializer_list<int> weights) {
  std::vector<peer> peers;
  for (int w : weights) {
    auto at = parse_endpoint("10.0.0." + std::to_string(peers.size() + 1), 80);
    peers.push_back({.state = std::make_shared<peer_state>(*at), .target = peers.size(), .weight = w});
  }
  return peers;
}

std::string turns(balancer& b, std::vector<peer>& peers, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    auto chosen = b.choose(peers, {});
    out += chosen ? std::to_string(*chosen) : "-";
  }
  return out;
}

TEST(round_robin, spreads_weights_smoothly) {
  struct {
    std::initializer_list<int> weights;
    std::string_view order;
  } cases[] = {{{5, 1, 1}, "0010200"}, {{1, 1}, "0101"}, {{100, 100, 100}, "012012"}, {{0, 10}, "1111"}, {{0}, "--"}};
  for (const auto& c : cases) {
    auto peers = make_peers(c.weights);
    auto b = make_balancer(balancing::round_robin);
    EXPECT_EQ(turns(*b, peers, static_cast<int>(c.order.size())), c.order);
  }
}

TEST(round_robin, passes_over_the_unhealthy_and_the_tried) {
  auto peers = make_peers({1, 1, 1});
  auto b = make_balancer(balancing::round_robin);
  peers[1].state->health.set(false);
  EXPECT_EQ(turns(*b, peers, 4).find('1'), std::string::npos);
  std::vector<peer_state*> tried = {peers[0].state.get()};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(b->choose(peers, {.tried = tried}), 2U);
  tried.push_back(peers[2].state.get());
  EXPECT_TRUE(b->choose(peers, {.tried = tried}));  // the last resort
  for (peer& p : peers) p.state->health.set(false);
  EXPECT_FALSE(b->choose(peers, {}));
}

TEST(least_connections, goes_by_connections_for_the_weight) {
  auto peers = make_peers({100, 100, 200});
  auto b = make_balancer(balancing::least_connections);
  for (int i = 0; i < 8; ++i) ++peers[*b->choose(peers, {})].state->open;
  EXPECT_EQ(peers[0].state->open, 2);
  EXPECT_EQ(peers[1].state->open, 2);
  EXPECT_EQ(peers[2].state->open, 4);
}

// As nginx's least_conn, which goes round among servers that are equal: what gets nothing has no turn to leave to the
// next.
TEST(least_connections, equal_ones_take_turns_whatever_lies_between_them) {
  for (auto algorithm : {balancing::least_connections, balancing::latency}) {
    auto weightless = make_peers({100, 0, 0, 0, 100});
    EXPECT_EQ(turns(*make_balancer(algorithm), weightless, 6), "404040");
    auto unhealthy = make_peers({100, 100, 100});
    unhealthy[1].state->health.set(false);
    EXPECT_EQ(turns(*make_balancer(algorithm), unhealthy, 6), "202020");
    auto all = make_peers({100, 100, 100});
    EXPECT_EQ(turns(*make_balancer(algorithm), all, 6), "120120");
  }
}

TEST(latency, prefers_the_quicker) {
  auto peers = make_peers({1, 1});
  auto b = make_balancer(balancing::latency);
  peers[0].state->note_latency(500, 1'000'000);
  peers[1].state->note_latency(5, 1'000'000);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(b->choose(peers, {.now_us = 2'000'000}), 1U);
}

TEST(latency, goes_by_weight_where_all_are_as_quick) {
  auto peers = make_peers({1000, 1});
  auto b = make_balancer(balancing::latency);
  for (peer& p : peers) p.state->note_latency(5, 1'000'000);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(b->choose(peers, {.now_us = 1'000'000}), 0U);
}

TEST(latency, a_new_peer_is_taken_for_an_average_one) {
  auto peers = make_peers({1, 1, 1});
  auto b = make_balancer(balancing::latency);
  peers[0].state->note_latency(5, 1'000'000);
  peers[1].state->note_latency(25, 1'000'000);  // the third: nothing known
  for (int i = 0; i < 20; ++i) EXPECT_EQ(b->choose(peers, {.now_us = 1'000'000}), 0U);
  peers[0].state->health.set(false);
  for (int i = 0; i < 20; ++i) {
    auto chosen = b->choose(peers, {.now_us = 1'000'000});
    ASSERT_TRUE(chosen);
    peers[*chosen].state->unanswered++;
  }
  EXPECT_EQ(peers[1].state->unanswered, 10);
  EXPECT_EQ(peers[2].state->unanswered, 10);
}

TEST(latency, what_does_not_answer_draws_nothing_however_long_ago_it_was_quick) {
  auto peers = make_peers({1, 1});
  auto b = make_balancer(balancing::latency);
  for (peer& p : peers) p.state->note_latency(5, 1'000'000);
  constexpr std::int64_t hour_us = 3'600'000'000;
  peers[1].state->unanswered = 2;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(b->choose(peers, {.now_us = hour_us}), 0U);
    peers[0].state->note_latency(5, hour_us);
  }
}

TEST(consistent_hashing, is_stable_and_moves_only_what_it_must) {
  auto peers = make_peers({100, 100, 100, 100});
  auto b = make_balancer(balancing::consistent_hashing);
  b->use(peers);
  std::map<std::string, std::size_t> before;
  std::map<std::size_t, int> share;
  for (int i = 0; i < 4000; ++i) {
    std::string key = "user-" + std::to_string(i);
    auto chosen = b->choose(peers, {.hash = balancer_hash(key)});
    ASSERT_TRUE(chosen);
    EXPECT_EQ(b->choose(peers, {.hash = balancer_hash(key)}), chosen);
    before[key] = *chosen;
    ++share[*chosen];
  }
  for (const auto& [p, count] : share) EXPECT_NEAR(count, 1000, 300) << p;
  peers[2].state->health.set(false);
  for (const auto& [key, was] : before) {
    auto now = b->choose(peers, {.hash = balancer_hash(key)});
    if (was == 2)
      EXPECT_NE(now, 2U);
    else
      EXPECT_EQ(now, was);
  }
  auto rest = make_peers({100, 100, 100, 100});
  rest.erase(rest.begin() + 2);  // gone for good
  b->use(rest);
  for (const auto& [key, was] : before) {
    auto now = b->choose(rest, {.hash = balancer_hash(key)});
    if (was != 2) EXPECT_EQ(rest[*now].state->where.text, peers[was].state->where.text);
  }
}

}  // namespace
}  // namespace mes::gateway
