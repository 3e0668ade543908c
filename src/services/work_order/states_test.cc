// The state tables against the text of the design: every pair of state and verb that it does not name is forbidden.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "services/work_order/model.h"

namespace mes::work_order {
namespace {

template <class State, class Verb>
std::map<std::pair<std::string, std::string>, std::set<std::string>> rows_of(
    std::span<const service::transition<State, Verb>> table) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> rows;
  for (const auto& t : table)
    rows[{std::string(wire::name_of_enum(t.from)), std::string(wire::name_of_enum(t.verb))}].insert(
        std::string(wire::name_of_enum(t.to)));
  return rows;
}

using expected_rows = std::map<std::pair<std::string, std::string>, std::set<std::string>>;

// "created→released→dispatched→started⇄on-hold→completed→closed. Hold from released/dispatched/started, remembers and
// resumes the prior state; holds are a set of reasons. Cancel before completed. completed→started forbidden."
TEST(order_states, are_those_of_the_design) {
  const expected_rows expected = {
      {{"created", "release"}, {"released"}},    {{"released", "dispatch"}, {"dispatched"}},
      {{"dispatched", "start"}, {"started"}},    {{"started", "complete"}, {"completed"}},
      {{"completed", "close"}, {"closed"}},      {{"released", "hold"}, {"on-hold"}},
      {{"dispatched", "hold"}, {"on-hold"}},     {{"started", "hold"}, {"on-hold"}},
      {{"on-hold", "hold"}, {"on-hold"}},        {{"on-hold", "resume"}, {"released", "dispatched", "started"}},
      {{"created", "cancel"}, {"cancelled"}},    {{"released", "cancel"}, {"cancelled"}},
      {{"dispatched", "cancel"}, {"cancelled"}}, {{"started", "cancel"}, {"cancelled"}},
      {{"on-hold", "cancel"}, {"cancelled"}},
  };
  EXPECT_EQ((rows_of<order_state, order_verb>(order_transitions)), expected);
}

// "pending→ready→dispatched→setup→running⇄paused→completed; skipped, blocked."
TEST(operation_states, are_those_of_the_design) {
  auto rows = rows_of<operation_state, operation_verb>(operation_transitions);
  const std::vector<std::string> chain = {"pending", "ready", "dispatched", "setup", "running"};
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    bool follows = false;
    for (const auto& [key, to] : rows) follows |= key.first == chain[i] && to.contains(chain[i + 1]);
    EXPECT_TRUE(follows) << chain[i] << " leads to " << chain[i + 1];
  }
  EXPECT_EQ((rows[{"running", "pause"}]), std::set<std::string>{"paused"});
  EXPECT_EQ((rows[{"paused", "start"}]), std::set<std::string>{"running"});
  EXPECT_EQ((rows[{"paused", "complete"}]), std::set<std::string>{"completed"});
  for (const auto& [key, to] : rows) {
    EXPECT_EQ(to.size(), 1U) << key.first << " " << key.second;
    EXPECT_NE(key.first, "completed") << "completed is final";
    EXPECT_NE(key.first, "skipped") << "skipped is final";
  }
}

TEST(order_states, an_error_names_what_is_possible) {
  auto next =
      service::next_state<order_state, order_verb>(order_transitions, order_state::completed, order_verb::start);
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, error_code::illegal_transition);
  EXPECT_NE(next.error().message.find("close"), std::string::npos);
}

}  // namespace
}  // namespace mes::work_order
