// The state tables against the text of the design, and the rules of lots.
#include "services/material/rules.h"

#include <gtest/gtest.h>

#include <map>

namespace mes::material {
namespace {

instant at(std::int64_t minutes) { return {minutes * 60'000'000}; }
lot a_lot(const std::string& number, std::int64_t pieces, lot_state state = lot_state::released) {
  return {.id = "id-" + number,
          .number = number,
          .part = "Nut",
          .revision = "A",
          .uom = "pcs",
          .state = state,
          .initial = quantity::of(pieces),
          .on_hand = quantity::of(pieces)};
}

// "created→quarantined⇄released→depleted; →rejected→scrapped|returned; expired". scrapped and returned are final.
TEST(lot_states, are_those_of_the_design) {
  using s = lot_state;
  using v = lot_verb;
  auto to = [](s from, v verb) { return service::next_state<s, v>(lot_transitions, from, verb); };
  EXPECT_EQ(to(s::created, v::quarantine), s::quarantined);
  EXPECT_EQ(to(s::quarantined, v::release), s::released);
  EXPECT_EQ(to(s::released, v::quarantine), s::quarantined);
  EXPECT_EQ(to(s::released, v::use_up), s::depleted);
  EXPECT_EQ(to(s::quarantined, v::reject), s::rejected);
  EXPECT_EQ(to(s::rejected, v::scrap), s::scrapped);
  EXPECT_EQ(to(s::rejected, v::return_to_vendor), s::returned);
  for (s from : {s::created, s::quarantined, s::released}) EXPECT_EQ(to(from, v::expire), s::expired);
  EXPECT_FALSE(to(s::released, v::scrap)) << "only what was rejected";
  EXPECT_FALSE(to(s::rejected, v::release));
  EXPECT_FALSE(to(s::expired, v::release));
  for (const auto& row : lot_transitions) {
    EXPECT_NE(row.from, s::scrapped);
    EXPECT_NE(row.from, s::returned);
  }
}

// "generated→in-process→completed→installed|shipped→returned; scrapped is final"
TEST(serial_states, are_those_of_the_design) {
  using s = serial_state;
  using v = serial_verb;
  auto to = [](s from, v verb) { return service::next_state<s, v>(serial_transitions, from, verb); };
  EXPECT_EQ(to(s::generated, v::start), s::in_process);
  EXPECT_EQ(to(s::in_process, v::complete), s::completed);
  EXPECT_EQ(to(s::completed, v::install), s::installed);
  EXPECT_EQ(to(s::completed, v::ship), s::shipped);
  EXPECT_EQ(to(s::installed, v::return_), s::returned);
  EXPECT_EQ(to(s::shipped, v::return_), s::returned);
  EXPECT_FALSE(to(s::generated, v::ship));
  for (const auto& row : serial_transitions) EXPECT_NE(row.from, s::scrapped);
}

TEST(consumption, takes_released_unexpired_and_free_material_alone) {
  lot l = a_lot("L-1", 10);
  EXPECT_TRUE(check_consumable(l, quantity::of(10), {}, at(0)));
  EXPECT_TRUE(check_consumable(l, quantity::of(7), quantity::of(3), at(0)));
  EXPECT_EQ(check_consumable(l, quantity::of(8), quantity::of(3), at(0)).error().code, error_code::unprocessable);
  EXPECT_EQ(check_consumable(l, {}, {}, at(0)).error().code, error_code::unprocessable) << "nothing";
  EXPECT_EQ(check_consumable(l, -quantity::of(1), {}, at(0)).error().code, error_code::unprocessable);
  l.expires_at = at(5);
  EXPECT_TRUE(check_consumable(l, quantity::of(1), {}, at(4)));
  EXPECT_EQ(check_consumable(l, quantity::of(1), {}, at(5)).error().code, error_code::unprocessable)
      << "at that moment";
  for (lot_state s : {lot_state::created, lot_state::quarantined, lot_state::rejected, lot_state::expired})
    EXPECT_EQ(check_consumable(a_lot("L-2", 10, s), quantity::of(1), {}, at(0)).error().code,
              error_code::illegal_transition);
}

TEST(split, children_add_up_to_the_parent) {
  lot l = a_lot("L-1", 10);
  std::vector<child_lot> children = {{.amount = quantity::of(6)}, {.amount = *quantity::parse("3.999999")}};
  EXPECT_EQ(check_split(l, children).error().code, error_code::unprocessable);
  children.push_back({.amount = *quantity::parse("0.000001")});
  EXPECT_TRUE(check_split(l, children));
  children[0].amount = quantity::of(16);
  children[1].amount = *quantity::parse("-6.000001");
  EXPECT_EQ(check_split(l, children).error().fields.at(0).path, "/children/1/quantity");
  EXPECT_EQ(check_split(a_lot("L-2", 1, lot_state::rejected), children).error().code, error_code::illegal_transition);
}

TEST(merge, takes_the_strictest_status_and_the_earliest_expiry) {
  std::vector<lot> parents = {a_lot("L-1", 1), a_lot("L-2", 2, lot_state::quarantined), a_lot("L-3", 3)};
  parents[0].expires_at = at(9);
  parents[1].holds = {"ncr:NCR-1"};
  parents[2].expires_at = at(7);
  auto out = merged(parents);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->state, lot_state::quarantined);
  EXPECT_EQ(out->expires_at, at(7));
  EXPECT_EQ(out->holds, std::vector<std::string>{"ncr:NCR-1"});
  EXPECT_EQ(out->parents, (std::vector<std::string>{"L-1", "L-2", "L-3"}));
  EXPECT_EQ(merged(std::vector<lot>{parents[0], parents[2]})->state, lot_state::released);
}

TEST(merge, is_of_one_part_and_revision) {
  std::vector<lot> parents = {a_lot("L-1", 1), a_lot("L-2", 2)};
  parents[1].revision = "B";
  EXPECT_EQ(merged(parents).error().code, error_code::unprocessable);
  parents[1] = a_lot("L-2", 2);
  parents[1].part = "Bolt";
  EXPECT_EQ(merged(parents).error().code, error_code::unprocessable);
  EXPECT_EQ(merged(std::vector<lot>{parents[0], parents[0]}).error().code, error_code::unprocessable) << "with itself";
  EXPECT_EQ(merged(std::vector<lot>{parents[0], a_lot("L-9", 2, lot_state::scrapped)}).error().code,
            error_code::illegal_transition);
}

}  // namespace
}  // namespace mes::material
