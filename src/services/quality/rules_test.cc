#include <gtest/gtest.h>

#include <map>
#include <set>

#include "services/quality/improvement.h"
#include "services/quality/inspection.h"
#include "services/quality/nonconformance.h"
#include "services/quality/statistics.h"

namespace mes::quality {
namespace {

const instant now = *instant::parse("2024-05-01T08:00:00Z");

template <class State, class Verb>
std::set<std::pair<std::string, std::string>> pairs_of(std::span<const service::transition<State, Verb>> table) {
  std::set<std::pair<std::string, std::string>> pairs;
  for (const auto& t : table)
    pairs.emplace(std::string(wire::name_of_enum(t.from)), std::string(wire::name_of_enum(t.to)));
  return pairs;
}
using pairs = std::set<std::pair<std::string, std::string>>;

// "Inspection created→in-progress→passed|failed|cancelled"
TEST(states, of_inspections) {
  EXPECT_EQ((pairs_of<inspection_state, inspection_verb>(inspection_transitions)),
            (pairs{{"created", "in-progress"},
                   {"created", "cancelled"},
                   {"in-progress", "passed"},
                   {"in-progress", "failed"},
                   {"in-progress", "cancelled"}}));
}

// "NCR open→contained→mrb-review→dispositioned→executing→verified→closed, void only while open"
TEST(states, of_ncrs) {
  EXPECT_EQ((pairs_of<ncr_state, ncr_verb>(ncr_transitions)), (pairs{{"open", "contained"},
                                                                     {"open", "mrb-review"},
                                                                     {"open", "void"},
                                                                     {"contained", "mrb-review"},
                                                                     {"mrb-review", "dispositioned"},
                                                                     {"dispositioned", "executing"},
                                                                     {"executing", "verified"},
                                                                     {"verified", "closed"}}));
}

// "CAPA open→root-cause→planned→implementing→verifying→closed, verifying→planned if ineffective"
TEST(states, of_capas) {
  EXPECT_EQ((pairs_of<capa_state, capa_verb>(capa_transitions)), (pairs{{"open", "root-cause"},
                                                                        {"root-cause", "planned"},
                                                                        {"planned", "implementing"},
                                                                        {"implementing", "verifying"},
                                                                        {"verifying", "closed"},
                                                                        {"verifying", "planned"}}));
}

// "FAI draft→in-progress→submitted→approved|rejected→(superseded); rejected→in-progress"
TEST(states, of_first_articles) {
  EXPECT_EQ((pairs_of<fai_state, fai_verb>(fai_transitions)), (pairs{{"draft", "in-progress"},
                                                                     {"in-progress", "submitted"},
                                                                     {"submitted", "approved"},
                                                                     {"submitted", "rejected"},
                                                                     {"rejected", "in-progress"},
                                                                     {"rejected", "superseded"},
                                                                     {"approved", "superseded"}}));
}

// "Signature required→completed|declined|expired"
TEST(states, of_signatures) {
  EXPECT_EQ((pairs_of<signature_state, signature_verb>(signature_transitions)),
            (pairs{{"required", "completed"}, {"required", "declined"}, {"required", "expired"}}));
}

inspection in_progress() {
  return {.state = inspection_state::in_progress,
          .inspected = quantity::of(5),
          .characteristics = {{.number = "1",
                               .lower = quantity::parse("9.95"),
                               .upper = quantity::parse("10.05"),
                               .if_failed = severity::critical},
                              {.number = "2", .name = "no burr"}}};
}
measurement value(const char* text) { return {.characteristic = "1", .value = quantity::parse(text)}; }

TEST(inspection, result_comes_from_the_limits) {
  struct row {
    const char* value;
    bool burr_free;
    inspection_state state;
  };
  for (const row& r : {row{"9.95", true, inspection_state::passed}, row{"10.05", true, inspection_state::passed},
                       row{"10.050001", true, inspection_state::failed},
                       row{"9.949999", true, inspection_state::failed}, row{"10", false, inspection_state::failed}}) {
    measurement claimed = value(r.value);
    claimed.passed = true;  // typed: not believed
    auto i = record(in_progress(), {claimed, {.characteristic = "2", .conforming = r.burr_free}}, now);
    ASSERT_TRUE(i);
    auto decided = decide(*i, {}, now);
    ASSERT_TRUE(decided);
    EXPECT_EQ(decided->state, r.state) << r.value;
    if (r.state == inspection_state::failed) {
      EXPECT_EQ(decided->failed_quantity, quantity::of(5));
      EXPECT_EQ(worst_of(*decided), r.burr_free ? severity::critical : severity::major);
    }
  }
}

TEST(inspection, refuses_what_cannot_be_judged) {
  EXPECT_FALSE(record(in_progress(), {{.characteristic = "3"}}, now));
  EXPECT_FALSE(record(in_progress(), {{.characteristic = "1", .conforming = true}}, now)) << "limits need a value";
  EXPECT_FALSE(record(in_progress(), {{.characteristic = "2", .value = quantity::of(1)}}, now));
  measurement stale = value("10");
  stale.gauge_calibrated_until = now + -std::chrono::hours(1);
  EXPECT_FALSE(record(in_progress(), {stale}, now)) << "gauge out of calibration";
  EXPECT_FALSE(decide(*record(in_progress(), {value("10")}, now), {}, now)) << "2 was not measured";
  EXPECT_EQ(record({}, {value("10")}, now).error().code, error_code::illegal_transition);
}

json::object event_with(int rejected, int mrb) {
  return {{"work_order_id", "w1"},
          {"number", "Case 1"},
          {"part", "Cable Head"},
          {"report", json::object{{"id", "r1"},
                                  {"operation", "Turning"},
                                  {"resource", "Machine 4"},
                                  {"worker", "ID4932"},
                                  {"completed", 7},
                                  {"rejected", rejected},
                                  {"mrb", mrb},
                                  {"historical", true}}}};
}

TEST(findings, come_from_rejects_and_board_pieces_once_a_report) {
  EXPECT_FALSE(findings_of(event_with(0, 0), "q", now));
  auto found = findings_of(event_with(2, 1), "q", now);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->nonconformance.amount, quantity::of(3)) << "rejected + mrb";
  EXPECT_EQ(found->nonconformance.state, ncr_state::mrb_review);
  EXPECT_EQ(found->nonconformance.how_bad, severity::major);
  EXPECT_EQ(found->nonconformance.work_order, "Case 1");
  EXPECT_EQ(found->nonconformance.request_id, "q");
  EXPECT_TRUE(found->nonconformance.historical);
  EXPECT_FALSE(found->nonconformance.hold_order);
  EXPECT_EQ(found->failed.state, inspection_state::failed);
  EXPECT_EQ(found->failed.reason, "rejects");
  EXPECT_EQ(found->failed.inspected, quantity::of(10));
  auto again = findings_of(event_with(2, 1), "other", now);
  EXPECT_EQ(again->nonconformance.id, found->nonconformance.id) << "the id follows from the report's";
  EXPECT_EQ(findings_of(event_with(2, 0), "q", now)->nonconformance.state, ncr_state::open);
}

TEST(ncr, closes_only_when_all_pieces_are_decided_and_executed) {
  ncr n{.state = ncr_state::mrb_review, .amount = quantity::of(3)};
  using kind = disposition_kind;
  EXPECT_FALSE(decide(n, {.dispositions = {{kind::scrap, quantity::of(2)}}}, "u", now)) << "two of three";
  EXPECT_FALSE(decide(n, {.dispositions = {{kind::use_as_is, quantity::of(3)}}}, "u", now)) << "needs a reason";
  auto decided = decide(
      n, {.dispositions = {{kind::scrap, quantity::of(2)}, {kind::use_as_is, quantity::of(1), "customer agreed"}}}, "u",
      now);
  ASSERT_TRUE(decided) << decided.error().message;
  auto first = execute(*decided, {.disposition = 0}, "u", now);
  ASSERT_TRUE(first);
  EXPECT_FALSE(verify(*first)) << "one is still to do";
  EXPECT_FALSE(execute(*first, {.disposition = 0}, "u", now)) << "twice";
  auto second = execute(*first, {.disposition = 1}, "u", now);
  ASSERT_TRUE(second);
  EXPECT_FALSE(close(*second, now)) << "not verified";
  auto verified = verify(*second);
  ASSERT_TRUE(verified);
  auto closed = close(*verified, now);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->state, ncr_state::closed);
}

TEST(capa, does_not_close_without_effectiveness) {
  capa c{.state = capa_state::verifying};
  EXPECT_FALSE(advance(c, capa_verb::close, {}, now));
  auto again = advance(c, capa_verb::reopen, {.effectiveness = "no effect"}, now);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->state, capa_state::planned);
  EXPECT_EQ(again->rounds, 2);
  capa open;
  EXPECT_EQ(advance(open, capa_verb::analyse, {}, now).error().fields.at(0).path, "/root_cause");
}

TEST(first_article, needs_a_result_or_an_ncr_for_every_characteristic_and_another_approver) {
  first_article f{.state = fai_state::in_progress,
                  .process_reference = "P1",
                  .organization = "Shop",
                  .characteristics = {{.number = "1", .requirement = "10 ± 0.05"}},
                  .author = "a"};
  EXPECT_FALSE(submit(f));
  f.characteristics[0].nonconformance = "NCR-000001";
  auto submitted = submit(f);
  ASSERT_TRUE(submitted) << submitted.error().message;
  EXPECT_EQ(decide(*submitted, fai_verb::approve, {}, "a", now).error().code, error_code::permission_denied);
  EXPECT_EQ(decide(*submitted, fai_verb::approve, {}, "b", now)->state, fai_state::approved);
  f.partial = true;
  EXPECT_FALSE(submit(f)) << "a partial one names its baseline";
}

TEST(signature, holds_for_one_record_one_meaning_and_no_later_version) {
  signature s{.record_sha256 = "h1", .meaning = "approved", .expires_at = now + std::chrono::hours(1)};
  EXPECT_TRUE(sign(s, {"u", "h1", "approved"}, "U", "h1", now));
  EXPECT_FALSE(sign(s, {"u", "h2", "approved"}, "U", "h1", now));
  EXPECT_FALSE(sign(s, {"u", "h1", "reviewed"}, "U", "h1", now));
  EXPECT_FALSE(sign(s, {"u", "h1", "approved"}, "U", "h2", now)) << "the record has changed";
  EXPECT_FALSE(sign(s, {"u", "h1", "approved"}, "U", "h1", now + std::chrono::hours(2)));
}

// ISO 2859-1: normal to tightened: 2 of at most 5 consecutive lots rejected; tightened to normal: 5 accepted in a row;
// stop: 5 rejected on tightened; reduced to normal: 1 rejected; normal to reduced: switching score of 30.
TEST(sampling, switches_as_the_standard_says) {
  sampling_state s;
  auto lots = [&](const char* text) {
    for (const char* p = text; *p; ++p) s = after_lot(s, {.accepted = *p == 'A'});
    return s.how;
  };
  EXPECT_EQ(lots("RAAAAR"), sampling_severity::normal) << "six lots apart";
  EXPECT_EQ(lots("AAAR"), sampling_severity::tightened) << "two of five";
  EXPECT_EQ(lots("AAAARAAAA"), sampling_severity::tightened);
  EXPECT_EQ(lots("A"), sampling_severity::normal);
  EXPECT_EQ(lots("AAAAAAAAAAAAAA"), sampling_severity::normal) << "score 28";
  EXPECT_EQ(lots("A"), sampling_severity::reduced) << "score 30";
  EXPECT_EQ(lots("R"), sampling_severity::normal);
  EXPECT_EQ(lots("RR"), sampling_severity::tightened);
  EXPECT_EQ(lots("RRRRR"), sampling_severity::stopped);
}

// Center 10, ranges 2 of subgroups of 2: sigma = 2 / 1.128; limits = 10 ± 3 sigma / sqrt 2.
TEST(chart, has_frozen_limits_and_tells_signals) {
  spc_request in{.baseline = 2, .lower = quantity::of(4), .upper = quantity::of(19)};
  auto group = [](int a, int b) { return std::vector<quantity>{quantity::of(a), quantity::of(b)}; };
  in.subgroups = {group(9, 11), group(11, 9), group(20, 20)};
  auto c = chart_of(in);
  ASSERT_TRUE(c);
  EXPECT_DOUBLE_EQ(c->center, 10);
  EXPECT_NEAR(c->sigma, 1.7730496, 1e-6);
  EXPECT_NEAR(c->upper_control, 10 + 3 * 1.7730496 / 1.41421356, 1e-5);
  ASSERT_EQ(c->signals.size(), 1U);
  EXPECT_EQ(c->signals[0].subgroup, 2U);
  EXPECT_NEAR(*c->cp, 15 / (6 * 1.7730496), 1e-6);
  EXPECT_NEAR(*c->cpk, 6 / (3 * 1.7730496), 1e-6) << "the nearer limit";
  in.subgroups[1] = {quantity::of(1)};
  EXPECT_FALSE(chart_of(in));
}

}  // namespace
}  // namespace mes::quality
