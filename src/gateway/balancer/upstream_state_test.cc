// What becomes of a target that passive checks have found unhealthy.
#include "gateway/balancer/upstream_state.h"

#include <gtest/gtest.h>

#include "gateway/net/loop.h"

namespace mes::gateway {
namespace {

constexpr std::int64_t minute_ms = 60'000;

class upstream_state_test : public testing::Test {
 protected:
  upstream_state_test() : log("gateway") { log.set_stdout(false); }

  static std::shared_ptr<const upstream> passive(double active_unhealthy_interval_s = 0) {
    auto u = std::make_shared<upstream>(upstream{.name = "u"});
    u->passive.tcp_failures = 1;
    u->active.unhealthy_interval_s = active_unhealthy_interval_s;
    u->targets.push_back({.id = "t", .host = "127.0.0.1", .port = 1, .weight = 100});
    return u;
  }
  std::shared_ptr<peer_state> failed(upstream_state& state) const {
    auto peer = state.peer(state.config().targets.front(), *parse_endpoint("127.0.0.1", 1));
    state.note(*peer, sighting::tcp_failure, 1, "passive");
    return peer;
  }

  observe::logger log;
};

TEST_F(upstream_state_test, gives_an_unhealthy_target_another_try_after_a_minute) {
  upstream_state state(passive(), log);
  std::int64_t before_ms = net_loop::clock_us() / 1000;
  auto peer = failed(state);
  std::int64_t after_ms = net_loop::clock_us() / 1000;
  ASSERT_FALSE(peer->health.healthy());
  EXPECT_TRUE(state.revivable());
  state.revive(*peer, before_ms + minute_ms - 1, minute_ms);
  EXPECT_FALSE(peer->health.healthy());
  state.revive(*peer, after_ms + minute_ms, minute_ms);
  EXPECT_TRUE(peer->health.healthy());
  // The next failure counts from the start, and the next minute begins with it.
  EXPECT_TRUE(peer->health.note(sighting::tcp_failure, 1));
}

TEST_F(upstream_state_test, what_was_set_unhealthy_by_hand_stays_so) {
  upstream_state state(passive(), log);
  auto peer = state.peer(state.config().targets.front(), *parse_endpoint("127.0.0.1", 1));
  ASSERT_TRUE(state.set_health("127.0.0.1:1", "", false));
  state.revive(*peer, net_loop::clock_us() / 1000 + 1000 * minute_ms, minute_ms);
  EXPECT_FALSE(peer->health.healthy());
  ASSERT_TRUE(state.set_health("127.0.0.1:1", "", true));
  EXPECT_TRUE(peer->health.healthy());
}

// Of a name, too: its addresses are those of before the weight was changed.
TEST_F(upstream_state_test, health_goes_by_the_weight_that_a_target_has_now) {
  auto with_weight = [](int weight) {
    auto u = std::make_shared<upstream>(*passive());
    u->source.values["healthchecks"] = nullptr;
    u->targets = {{.id = "n", .host = "a.example", .port = 80, .weight = weight}};
    return u;
  };
  upstream_state before(with_weight(0), log);
  before.set_addresses(before.config().targets.front(), {*parse_endpoint("127.0.0.1", 80)});
  EXPECT_EQ(before.report().health, target_health::unhealthy);
  upstream_state now(with_weight(100), log, &before);
  EXPECT_EQ(now.report().health, target_health::healthy);
  EXPECT_EQ(now.report().targets.front().addresses.front().weight, 100);
}

// kong/runloop/balancer/targets.lua: a name that is known no more loses its addresses, and weighs nothing.
TEST_F(upstream_state_test, a_target_that_cannot_be_resolved_has_no_addresses) {
  auto u = std::make_shared<upstream>(*passive());
  u->targets.push_back({.id = "n", .host = "a.example", .port = 80, .weight = 50});
  upstream_state state(u, log);
  EXPECT_EQ(state.report().weighs.total, 150);
  state.set_addresses(u->targets[1], {*parse_endpoint("127.0.0.1", 80), *parse_endpoint("127.0.0.2", 80)});
  EXPECT_EQ(state.report().weighs.total, 200);
  state.set_addresses(u->targets[1], {});
  upstream_report told = state.report();
  EXPECT_EQ(told.weighs.total, 100);
  EXPECT_EQ(told.targets[1].health, target_health::dns_error);
  EXPECT_TRUE(told.targets[1].addresses.empty());
  EXPECT_EQ(told.health, target_health::healthy);
}

// kong/runloop/balancer/healthcheckers.lua, and 08-targets_routes_spec.lua: "return HEALTHY if weight of target turns
// from zero to non-zero".
TEST_F(upstream_state_test, nobody_looks_at_a_target_without_weight_and_with_one_it_begins_anew) {
  auto with_weight = [](int weight) {
    auto u = std::make_shared<upstream>(*passive());
    u->source.values["healthchecks"] = nullptr;
    u->targets.front().weight = weight;
    return u;
  };
  auto health = [](const upstream_state& s) {
    target_report told = s.report().targets.front();
    EXPECT_EQ(told.health, told.addresses.front().health);
    return told.health;
  };
  upstream_state first(with_weight(10), log);
  ASSERT_TRUE(first.set_health("127.0.0.1:1", "", false));
  upstream_state heavier(with_weight(20), log, &first);
  EXPECT_EQ(health(heavier), target_health::unhealthy);
  upstream_state off(with_weight(0), log, &heavier);
  EXPECT_EQ(health(off), target_health::healthchecks_off);
  EXPECT_EQ(health(heavier), target_health::unhealthy);  // requests under way go by it
  upstream_state still_off(with_weight(0), log, &off);
  EXPECT_EQ(health(still_off), target_health::healthchecks_off);
  upstream_state on(with_weight(10), log, &still_off);
  EXPECT_EQ(health(on), target_health::healthy);
}

// kong/runloop/balancer/upstreams.lua and healthcheckers.lua: an upstream that is changed has a new checker, which
// finds what the one before knew of its targets.
TEST_F(upstream_state_test, health_outlasts_a_change_of_the_checks) {
  auto with_failures = [](int failures, double interval_s) {
    auto u = std::make_shared<upstream>(*passive(interval_s));
    u->source.values["healthchecks"] = failures + interval_s;
    u->passive.http_failures = failures;
    return u;
  };
  upstream_state first(with_failures(1, 0), log);
  auto peer = failed(first);
  upstream_state stricter(with_failures(2, 0), log, &first);
  EXPECT_EQ(stricter.report().targets.front().health, target_health::unhealthy);
  EXPECT_EQ(stricter.peer(stricter.config().targets.front(), *parse_endpoint("127.0.0.1", 1)), peer);
  peer->next_probe_ms = 3'600'000;
  upstream_state active(with_failures(2, 5), log, &stricter);
  EXPECT_EQ(active.report().targets.front().health, target_health::unhealthy);
  EXPECT_EQ(peer->next_probe_ms, 0) << "other checks begin at once";
}

TEST_F(upstream_state_test, what_no_check_would_find_healthy_again_begins_anew_unless_it_was_set_by_hand) {
  auto active = [](double healthy_interval_s, double unhealthy_interval_s) {
    auto u = std::make_shared<upstream>(*passive());
    u->passive = {};
    u->active.healthy_interval_s = healthy_interval_s;
    u->active.unhealthy_interval_s = unhealthy_interval_s;
    u->source.values["healthchecks"] = healthy_interval_s + unhealthy_interval_s;
    return u;
  };
  const struct {
    std::shared_ptr<const upstream> before, after;
  } cases[] = {{active(5, 5), active(5, 0)}, {active(5, 5), active(0, 0)}, {active(5, 0), active(0, 0)}};
  for (const auto& c : cases) {
    upstream_state found(c.before, log);
    auto peer = failed(found);
    upstream_state now(c.after, log, &found);
    EXPECT_TRUE(peer->health.healthy());
  }
  upstream_state by_hand(active(5, 5), log);
  ASSERT_TRUE(by_hand.set_health("127.0.0.1:1", "", false));
  upstream_state unchecked(active(0, 0), log, &by_hand);
  upstream_state again(active(5, 0), log, &unchecked);
  EXPECT_EQ(again.report().targets.front().health, target_health::unhealthy);
}

TEST_F(upstream_state_test, leaves_it_to_active_checks_where_there_are_some) {
  upstream_state state(passive(1), log);
  EXPECT_FALSE(state.revivable());
}

TEST_F(upstream_state_test, never_revives_as_kong_if_asked_not_to) {
  upstream_state state(passive(), log);
  auto peer = failed(state);
  state.revive(*peer, net_loop::clock_us() / 1000 + 1000 * minute_ms, 0);
  EXPECT_FALSE(peer->health.healthy());
}

}  // namespace
}  // namespace mes::gateway
