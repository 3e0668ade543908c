#include <gtest/gtest.h>

#include "services/work_order/operation.h"
#include "services/work_order/order.h"
#include "services/work_order/report.h"

namespace mes::work_order {
namespace {

moment at(std::int64_t minute = 0) {
  return {.now = {1'326'000'000'000'000 + minute * 60'000'000},
          .new_id = [n = 0]() mutable { return "id-" + std::to_string(++n); }};
}

create_order input(std::int64_t pieces = 10) {
  return {.number = "WO-1",
          .part = "Cable Head",
          .quantity_ordered = quantity::of(pieces),
          .operations = std::vector<routing_operation>{
              {.sequence = 10, .name = "Turning", .resource = "Machine 4"},
              {.sequence = 20, .name = "Grinding", .resource = "Machine 1"},
              {.sequence = 30, .name = "Packing", .kind = operation_kind::packing, .resource = "Packing"}}};
}

work_order dispatched(std::int64_t pieces = 10) {
  work_order order = create(input(pieces), std::nullopt, at())->order;
  order = release(order, at())->order;
  return dispatch(order, {}, at())->order;
}

report_input pieces(std::string operation, std::int64_t good, std::int64_t bad = 0, std::int64_t board = 0) {
  return {.operation = std::move(operation),
          .worker = "ID4932",
          .started_at = at(0).now,
          .ended_at = at(60).now,
          .completed = quantity::of(good),
          .rejected = quantity::of(bad),
          .mrb = quantity::of(board)};
}

std::vector<std::string> topics(const order_change& change) {
  std::vector<std::string> names;
  std::int64_t version = change.read_version;
  for (const emitted& e : change.events) {
    EXPECT_EQ(e.version, ++version) << "versions have no gaps";
    std::string name = e.topic;
    if (const json::value* type = e.data.if_contains("change_type")) name += ":" + std::string(type->get_string());
    names.push_back(name);
  }
  EXPECT_EQ(change.order.version, version);
  return names;
}

using names = std::vector<std::string>;

TEST(create_order, refuses_numbers_that_are_routes_or_ids) {
  for (const char* number : {"schedules", "routings", "dispatch-queue", "a/b", " padded", ".", "..",
                             "0190f7a8-0000-7000-8000-000000000000"}) {
    create_order bad = input();
    bad.number = number;
    auto made = create(bad, std::nullopt, at());
    ASSERT_FALSE(made) << number;
    EXPECT_EQ(made.error().fields.at(0).path, "/number");
  }
  create_order shop = input();
  shop.number = "Case 1";
  EXPECT_TRUE(create(shop, std::nullopt, at()));
}

TEST(create_order, wants_a_quantity_above_zero_and_sequences_that_rise) {
  create_order bad = input(0);
  EXPECT_EQ(create(bad, std::nullopt, at()).error().fields.at(0).path, "/quantity");
  bad = input();
  bad.operations->at(1).sequence = 10;
  EXPECT_EQ(create(bad, std::nullopt, at()).error().fields.at(0).path, "/operations/1/sequence");
  bad = input();
  bad.operations->at(1).predecessors = {{30}};
  EXPECT_EQ(create(bad, std::nullopt, at()).error().fields.at(0).path, "/operations/1/predecessors");
}

TEST(order_life, emits_one_event_a_step_without_gaps) {
  auto change = create(input(), std::nullopt, at());
  EXPECT_EQ(topics(*change), names{"work-order.created"});
  EXPECT_EQ(change->order.version, 1);
  change = release(change->order, at());
  EXPECT_EQ(topics(*change), names{"work-order.updated:released"});
  EXPECT_EQ(change->order.operations[0].state, operation_state::ready);
  EXPECT_EQ(change->order.operations[1].state, operation_state::pending);
  change = dispatch(change->order, {.resources = {{{"Turning", "Machine 5"}}}}, at());
  EXPECT_EQ(topics(*change), names{"work-order.dispatched"});
  EXPECT_EQ(change->order.operations[0].resource, "Machine 5");
  change = start(change->order, at());
  EXPECT_EQ(topics(*change), names{"work-order.started"});
}

TEST(hold, remembers_the_state_and_waits_for_the_last_reason) {
  work_order order = dispatched();
  order = hold(order, "no material", hold_by::people, at())->order;
  EXPECT_EQ(order.state, order_state::on_hold);
  order = hold(order, "ncr:NCR-1", hold_by::quality, at())->order;
  EXPECT_EQ(order.hold_reasons.size(), 2U);
  auto half = resume(order, std::nullopt, hold_by::people, at());
  ASSERT_TRUE(half);
  EXPECT_EQ(half->order.state, order_state::on_hold) << "quality still holds it";
  EXPECT_EQ(topics(*half), names{"work-order.on-hold"});
  EXPECT_FALSE(resume(half->order, "ncr:NCR-1", hold_by::people, at())) << "only quality lifts its own";
  auto whole = resume(half->order, "ncr:NCR-1", hold_by::quality, at());
  EXPECT_EQ(whole->order.state, order_state::dispatched);
  EXPECT_EQ(topics(*whole), names{"work-order.updated:resumed"});
}

TEST(hold, the_same_reason_twice_changes_nothing) {
  work_order order = hold(dispatched(), "ncr:NCR-1", hold_by::quality, at())->order;
  auto again = hold(order, "ncr:NCR-1", hold_by::quality, at());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->events.empty());
  EXPECT_FALSE(hold(order, "ncr:x", hold_by::people, at()));
}

TEST(report, the_first_one_starts_the_order) {
  auto done = report(dispatched(), pieces("Turning", 4), at());
  ASSERT_TRUE(done);
  EXPECT_EQ(topics(done->change), (names{"work-order.started", "work-order.updated:reported"}));
  EXPECT_EQ(done->change.order.operations[0].state, operation_state::running);
  EXPECT_EQ(done->change.order.operations[1].state, operation_state::dispatched) << "it has pieces to work on";
  EXPECT_EQ(done->report.version, done->change.order.version);
  EXPECT_EQ(done->report.resource, "Machine 4") << "the planned one";
  const json::object& told = done->change.events.back().data.at("report").get_object();
  EXPECT_EQ(told.at("worker"), "ID4932");
  EXPECT_EQ(told.at("operation"), "Turning");
  EXPECT_EQ(told.at("completed"), 4);
}

TEST(report, live_ones_are_strict) {
  struct row {
    const char* what;
    report_input input;
    const char* path;
  };
  report_input backwards = pieces("Turning", 1);
  backwards.ended_at = {backwards.started_at.microseconds - 1};
  report_input breakdown = pieces("Turning", 1);
  breakdown.type = report_type::breakdown;
  report_input rework = pieces("Turning", 1);
  rework.rework = true;
  for (const row& r :
       {row{"unknown", pieces("Sawing", 1), "/operation"}, row{"no predecessor", pieces("Grinding", 1), "/operation"},
        row{"more than ordered", pieces("Turning", 8, 2, 1), "/completed"}, row{"time", backwards, "/ended_at"},
        row{"breakdown", breakdown, "/report_type"}, row{"nothing to rework", rework, "/rework"}}) {
    auto done = report(dispatched(), r.input, at());
    ASSERT_FALSE(done) << r.what;
    EXPECT_EQ(done.error().code, error_code::unprocessable) << r.what;
    EXPECT_EQ(done.error().fields.at(0).path, r.path) << r.what;
  }
  work_order created = create(input(), std::nullopt, at())->order;
  EXPECT_EQ(report(created, pieces("Turning", 1), at()).error().code, error_code::illegal_transition);
}

// in(n) ≤ good(n−1); in = good + scrap + mrb + in process; rework is not counted as new.
TEST(report, pieces_flow_from_operation_to_operation) {
  work_order order = report(dispatched(), pieces("Turning", 7, 2, 1), at())->change.order;
  EXPECT_FALSE(report(order, pieces("Grinding", 8), at())) << "only seven are good";
  report_input rework = pieces("Turning", 2);
  rework.rework = true;
  order = report(order, rework, at())->change.order;
  const operation& turning = order.operations[0];
  EXPECT_EQ(pieces_in(turning), quantity::of(10));
  EXPECT_EQ(pieces_good(turning), quantity::of(9));
  EXPECT_EQ(pieces_bad(turning), quantity::of(1));
  order = report(order, pieces("Grinding", 9), at())->change.order;
  order = report(order, pieces("Packing", 9), at())->change.order;
  EXPECT_EQ(order.packed, quantity::of(9));
  balance b = balance_of(order);
  EXPECT_EQ(b.finished, quantity::of(9));
  EXPECT_EQ(b.nonconforming, quantity::of(1));
  EXPECT_EQ(b.in_process, quantity::of(0));
  auto over = complete(order, {}, at());
  ASSERT_TRUE(over) << over.error().message;
  EXPECT_EQ(topics(*over), names{"work-order.completed"});
}

TEST(report, tolerance_allows_overproduction) {
  create_order wide = input(100);
  wide.tolerance_percent = 5;
  work_order order = create(wide, std::nullopt, at())->order;
  order = dispatch(release(order, at())->order, {}, at())->order;
  EXPECT_TRUE(report(order, pieces("Turning", 105), at()));
  EXPECT_FALSE(report(order, pieces("Turning", 106), at()));
}

TEST(complete, needs_all_pieces_or_the_word) {
  work_order order = report(dispatched(), pieces("Turning", 10), at())->change.order;
  EXPECT_EQ(complete(order, {}, at()).error().code, error_code::unprocessable);
  EXPECT_TRUE(complete(order, {.short_close = true}, at()));
  EXPECT_EQ(cancel(order, {.reason = "x"}, at()).error().code, error_code::unprocessable) << "it has output";
  EXPECT_TRUE(cancel(dispatched(), {.reason = "x"}, at()));
}

TEST(close, waits_for_quality) {
  work_order order =
      complete(report(dispatched(), pieces("Turning", 1), at())->change.order, {.short_close = true}, at())->order;
  EXPECT_FALSE(close(order, {"ncr:NCR-1"}, at()));
  EXPECT_EQ(topics(*close(order, {}, at())), names{"work-order.updated:closed"});
}

TEST(history, takes_the_order_to_started_and_keeps_what_was_reported) {
  create_order bare = input();
  bare.operations.reset();
  work_order order = create(bare, std::nullopt, at())->order;
  report_input old = pieces("Round Grinding", 18);
  old.historical = true;
  old.resource = "Machine 3";
  auto done = report(order, old, at());
  ASSERT_TRUE(done);
  EXPECT_EQ(topics(done->change), (names{"work-order.updated:released", "work-order.dispatched", "work-order.started",
                                         "work-order.updated:reported"}));
  EXPECT_TRUE(done->change.order.historical);
  EXPECT_EQ(done->report.violations, names{"over_reported"}) << "18 of 10 ordered";
  EXPECT_EQ(done->change.order.operations.at(0).name, "Round Grinding");

  old = pieces("Packing", 10);
  old.historical = true;
  old.kind = operation_kind::packing;
  done = report(done->change.order, old, at());
  EXPECT_EQ(topics(done->change), names{"work-order.updated:reported"});
  EXPECT_EQ(done->change.order.packed, quantity::of(10));

  old = pieces("Quality Check", 1);
  old.historical = true;
  old.started_at = at(61).now;
  old.ended_at = at(62).now;
  done = report(done->change.order, old, at());
  EXPECT_EQ(done->report.violations, names{"after_packing"});
  EXPECT_EQ(done->change.order.completed, quantity::of(29));
  EXPECT_EQ(done->change.order.reports, 3);
}

TEST(history, is_kept_even_for_an_order_that_is_over) {
  work_order order = cancel(dispatched(), {.reason = "x"}, at())->order;
  report_input old = pieces("Turning", 1);
  old.historical = true;
  auto done = report(order, old, at());
  ASSERT_TRUE(done);
  EXPECT_EQ(done->report.violations, names{"state"});
  EXPECT_EQ(done->change.order.state, order_state::cancelled);
}

TEST(reverse, takes_a_report_back) {
  auto done = report(dispatched(), pieces("Turning", 7, 2, 1), at());
  auto back = reverse(done->change.order, done->report, {.note = "wrong order"}, at());
  ASSERT_TRUE(back) << back.error().message;
  const work_order& order = back->change.order;
  EXPECT_EQ(order.completed, quantity{});
  EXPECT_EQ(order.rejected, quantity{});
  EXPECT_EQ(order.mrb, quantity{});
  EXPECT_EQ(back->report.reverses, done->report.id);
  EXPECT_EQ(back->report.completed, quantity::of(-7));
  EXPECT_FALSE(reverse(order, back->report, {.note = "again"}, at()));
}

TEST(reverse, not_when_the_next_operation_has_used_the_pieces) {
  auto done = report(dispatched(), pieces("Turning", 5), at());
  work_order order = report(done->change.order, pieces("Grinding", 3), at())->change.order;
  EXPECT_FALSE(reverse(order, done->report, {.note = "x"}, at()));
}

TEST(operation, starts_pauses_and_completes) {
  auto change = act_on_operation(dispatched(), "10", operation_verb::start, at());
  ASSERT_TRUE(change);
  EXPECT_EQ(topics(*change), (names{"work-order.started", "work-order.updated:operation-started"}));
  change = act_on_operation(change->order, "Turning", operation_verb::pause, at());
  EXPECT_EQ(topics(*change), names{"work-order.updated:operation-paused"});
  change = act_on_operation(change->order, "Turning", operation_verb::complete, at());
  EXPECT_EQ(topics(*change), names{"work-order.updated:operation-completed"});
  EXPECT_EQ(act_on_operation(change->order, "Turning", operation_verb::start, at()).error().code,
            error_code::illegal_transition);
  EXPECT_EQ(act_on_operation(change->order, "Sawing", operation_verb::start, at()).error().code, error_code::not_found);
}

TEST(add_operation, is_how_rework_comes_before_close) {
  auto change = add(dispatched(), {.name = "Rework", .rework = true}, at());
  ASSERT_TRUE(change);
  EXPECT_EQ(topics(*change), names{"work-order.updated:rework"});
  EXPECT_EQ(change->order.operations.back().sequence, 40);
  EXPECT_EQ(add(change->order, {.sequence = 40, .name = "x"}, at()).error().fields.at(0).path, "/sequence");
}

TEST(alter, not_below_what_has_gone_in) {
  work_order order = report(dispatched(), pieces("Turning", 5), at())->change.order;
  EXPECT_TRUE(alter(order, {.quantity_ordered = quantity::of(5)}, at()));
  EXPECT_FALSE(alter(order, {.quantity_ordered = quantity::of(4)}, at()));
}

}  // namespace
}  // namespace mes::work_order
