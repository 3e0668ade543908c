// Thresholds as Kong documents them for its health checks: in a row, of one kind, each direction starting the other
// over.
#include "gateway/balancer/peer_health.h"

#include <gtest/gtest.h>

#include <string_view>

namespace mes::gateway {
namespace {

TEST(peer_health, follows_what_is_seen) {
  struct {
    std::string_view seen;  // s success, t tcp failure, o time-out, h http failure
    int successes, tcp, timeouts, http;
    bool healthy;
  } cases[] = {
      {"t", 0, 1, 0, 0, false},     {"t", 0, 2, 0, 0, true},        {"tt", 0, 2, 0, 0, false},
      {"to", 0, 2, 2, 0, true},     {"oo", 0, 2, 2, 0, false},      {"hhh", 0, 0, 0, 0, true},
      {"hsh", 1, 0, 0, 2, true},    {"hshh", 1, 0, 0, 2, false},    {"hhs", 1, 0, 0, 2, true},
      {"hhs", 2, 0, 0, 2, false},   {"hhss", 2, 0, 0, 2, true},     {"hhshs", 2, 0, 0, 2, false},
      {"hhshss", 2, 0, 0, 2, true}, {"hhsssss", 0, 0, 0, 2, false}, {"ssssh", 1, 0, 0, 1, false},
  };
  for (const auto& c : cases) {
    peer_health h;
    for (char what : c.seen) {
      if (what == 's') h.note(sighting::success, c.successes);
      if (what == 't') h.note(sighting::tcp_failure, c.tcp);
      if (what == 'o') h.note(sighting::timeout, c.timeouts);
      if (what == 'h') h.note(sighting::http_failure, c.http);
    }
    EXPECT_EQ(h.healthy(), c.healthy) << c.seen;
  }
}

TEST(peer_health, tells_of_changes_alone) {
  peer_health h;
  EXPECT_FALSE(h.note(sighting::timeout, 2));
  EXPECT_TRUE(h.note(sighting::timeout, 2));
  EXPECT_FALSE(h.note(sighting::timeout, 2));
  EXPECT_TRUE(h.note(sighting::success, 1));
  h.set(false);
  EXPECT_FALSE(h.healthy());
}

}  // namespace
}  // namespace mes::gateway
