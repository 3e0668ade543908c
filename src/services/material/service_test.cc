// The service on a database: what clients see, what is told, what events do.
#include "service/test_service.h"
#include "services/material/module.h"

namespace mes::material {
namespace {
namespace json = boost::json;

using names = std::vector<std::string>;

class material_service : public service::testing::service_test {
 protected:
  material_service() : service_test(definition()) {}

  void SetUp() override {
    service_test::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(post("/", R"({"number":"Nut","description":"M6"})"));
    ASSERT_TRUE(post("/", R"({"number":"Bolt","uom":"kg"})"));
  }

  json::value receive(const std::string& number, int pieces, const std::string& more = R"(,"inspection":false)") {
    auto made = post("/lots",
                     R"({"number":")" + number + R"(","part":"Nut","quantity":)" + std::to_string(pieces) + more + "}");
    EXPECT_TRUE(made) << made.error().message;
    return made ? made->body : json::value();
  }
  result<service::reply> act(const std::string& lot, const std::string& verb, const std::string& body = "{}") {
    return post("/lots/" + lot + "/actions/" + verb, body);
  }
  result<service::reply> consume(const std::string& lot, const std::string& amount, const std::string& order) {
    return act(lot, "consume", R"({"quantity":)" + amount + R"(,"work_order":")" + order + "\"}");
  }
  std::string state(const std::string& lot) { return std::string(get("/lots/" + lot)->body.at("state").as_string()); }
  std::int64_t on_hand(const std::string& lot) {
    auto rows = get("/inventory?lot=" + lot)->body.at("data").as_array();
    std::int64_t summed = rows.empty() ? 0 : rows.at(0).at("on_hand").as_int64();
    EXPECT_EQ(get("/lots/" + lot)->body.at("on_hand").as_int64(), summed) << "the lot's figure is the sum of movements";
    return summed;
  }
  // Of each aggregate the versions of its events are 1, 2, 3, …
  void expect_no_gaps() {
    std::map<std::string, std::int64_t> last;
    for (const service::event& e : events) EXPECT_EQ(e.aggregate_version, ++last[e.aggregate_id]) << e.type;
  }
};
INSTANTIATE_TEST_SUITE_P(engines, material_service, store::testing::both_engines(), store::testing::engine_name);

TEST_P(material_service, keeps_parts_by_unique_number) {
  EXPECT_EQ(post("/", R"({"number":"Nut","description":"M6"})").error().code, error_code::already_exists);
  EXPECT_EQ(post("/", R"({"number":"lots"})").error().fields.at(0).path, "/number");
  auto by_number = get("/Nut");
  ASSERT_TRUE(by_number);
  EXPECT_EQ(by_number->body.at("uom"), "pcs");
  EXPECT_EQ(get("/" + std::string(by_number->body.at("id").as_string()))->body.at("number"), "Nut");
  EXPECT_EQ(get("/?number=Bolt")->body.at("data").as_array().size(), 1U);
  EXPECT_EQ(get("/Washer").error().code, error_code::not_found);
  EXPECT_EQ(patch("/Nut", R"({"description":"M8"})").error().code, error_code::precondition_required);
  EXPECT_EQ(patch("/Nut", R"({"description":"M8"})", "1")->body.at("description"), "M8");
  EXPECT_EQ(patch("/Nut", R"({"description":"M9"})", "1").error().code, error_code::precondition_failed);
  ASSERT_TRUE(post("/Nut/revisions", R"({"revision":"B"})"));
  EXPECT_EQ(post("/Nut/revisions", R"({"revision":"B"})").error().code, error_code::already_exists);
  EXPECT_EQ(get("/Nut")->body.at("revision"), "B");
  EXPECT_EQ(get("/Nut/revisions")->body.at("data").as_array().size(), 2U);
}

TEST_P(material_service, refuses_a_bill_of_material_that_contains_its_part) {
  ASSERT_TRUE(post("/", R"({"number":"Joint"})"));
  ASSERT_TRUE(post("/boms", R"({"part":"Joint","lines":[{"component":"Nut","quantity":2}]})"));
  EXPECT_EQ(post("/boms", R"({"part":"Joint","lines":[{"component":"Bolt","quantity":1}]})").error().code,
            error_code::already_exists);
  auto cycle =
      post("/boms", R"({"part":"Nut","lines":[{"component":"Bolt","quantity":1},{"component":"Joint","quantity":1}]})");
  EXPECT_EQ(cycle.error().fields.at(0).path, "/lines/1/component");
  EXPECT_EQ(post("/boms", R"({"part":"Nut","lines":[{"component":"Gear","quantity":1}]})").error().fields.at(0).path,
            "/lines/0/component");
  EXPECT_EQ(get("/boms?part=Joint")->body.at("data").as_array().size(), 1U);
}

TEST_P(material_service, quarantines_what_is_received_until_it_is_released) {
  json::value made = receive("L-1", 10, "");
  EXPECT_EQ(made.at("state"), "quarantined");
  expect_no_gaps();
  EXPECT_EQ(told(), (names{"material.lot-created", "material.received", "material.lot-quarantined"}));
  EXPECT_EQ(consume("L-1", "1", "WO-1").error().code, error_code::illegal_transition);
  ASSERT_TRUE(act("L-1", "release"));
  EXPECT_EQ(events.at(0).data.at("lot"), "L-1");
  EXPECT_EQ(events.at(0).data.at("part"), "Nut");
  EXPECT_EQ(told(), names{"material.lot-released"});
  EXPECT_EQ(post("/lots", R"({"number":"L-1","part":"Nut","quantity":1})").error().code, error_code::already_exists);
  EXPECT_EQ(post("/lots", R"({"part":"Gear","quantity":1})").error().fields.at(0).path, "/part");
  EXPECT_EQ(post("/lots", R"({"part":"Nut","quantity":0})").error().code, error_code::unprocessable);
  EXPECT_EQ(post("/lots", R"({"part":"Bolt","quantity":1,"uom":"pcs"})").error().fields.at(0).path, "/uom");
  EXPECT_EQ(on_hand("L-1"), 10) << "refusals leave nothing";
}

TEST_P(material_service, consumes_never_below_zero_and_depletes) {
  receive("L-1", 10);
  told();
  ASSERT_TRUE(consume("L-1", "4", "WO-1"));
  EXPECT_EQ(events.at(0).data.at("work_order"), "WO-1");
  EXPECT_EQ(events.at(0).data.at("quantity"), 4);
  EXPECT_EQ(events.at(0).data.at("uom"), "pcs");
  EXPECT_EQ(consume("L-1", "7", "WO-1").error().fields.at(0).path, "/quantity");
  EXPECT_EQ(consume("L-1", "-1", "WO-1").error().code, error_code::invalid_argument);
  EXPECT_EQ(on_hand("L-1"), 6);
  ASSERT_TRUE(consume("L-1", "6", "WO-2"));
  EXPECT_EQ(told(), (names{"material.consumed", "material.consumed"}));
  EXPECT_EQ(state("L-1"), "depleted");
  EXPECT_EQ(on_hand("L-1"), 0);
  EXPECT_EQ(act("L-1", "return", R"({"quantity":5,"work_order":"WO-1"})").error().code, error_code::unprocessable)
      << "WO-1 had four";
  ASSERT_TRUE(act("L-1", "return", R"({"quantity":3,"work_order":"WO-1"})"));
  EXPECT_EQ(act("L-1", "return", R"({"quantity":2,"work_order":"WO-1"})").error().code, error_code::unprocessable);
  EXPECT_EQ(on_hand("L-1"), 3);
  EXPECT_EQ(state("L-1"), "quarantined");
  EXPECT_EQ(get("/movements?lot=L-1")->body.at("data").as_array().size(), 4U);
}

TEST_P(material_service, reserves_and_keeps_others_off) {
  receive("L-1", 10);
  auto reserve = [&](const std::string& order, int pieces) {
    return post("/reservations",
                R"({"lot":"L-1","work_order":")" + order + R"(","quantity":)" + std::to_string(pieces) + "}");
  };
  ASSERT_TRUE(reserve("WO-1", 6));
  EXPECT_EQ(reserve("WO-2", 5).error().code, error_code::unprocessable);
  auto second = reserve("WO-2", 4);
  ASSERT_TRUE(second);
  EXPECT_EQ(consume("L-1", "5", "WO-2").error().code, error_code::unprocessable) << "6 are WO-1's";
  ASSERT_TRUE(consume("L-1", "4", "WO-1"));
  EXPECT_EQ(get("/reservations?work_order=WO-1")->body.at("data").at(0).at("quantity"), 2);
  ASSERT_TRUE(consume("L-1", "2", "WO-1"));
  EXPECT_EQ(get("/reservations?work_order=WO-1")->body.at("data").at(0).at("state"), "used");
  EXPECT_EQ(consume("L-1", "1", "WO-3").error().code, error_code::unprocessable) << "the rest is WO-2's";
  EXPECT_EQ(act("L-1", "split", R"({"children":[{"quantity":2},{"quantity":2}]})").error().code, error_code::conflict);
  ASSERT_TRUE(deliver("work-order.cancelled", "w2", 3, {{"number", "WO-2"}, {"historical", false}}));
  EXPECT_EQ(get("/reservations?work_order=WO-2")->body.at("data").at(0).at("state"), "cancelled");
  EXPECT_TRUE(consume("L-1", "4", "WO-3"));
}

TEST_P(material_service, splits_and_merges_into_new_lots) {
  receive("L-1", 10, R"(,"expires_at":"2024-06-01T00:00:00Z","inspection":false)");
  receive("L-2", 5);
  auto parts = act("L-1", "split", R"({"children":[{"quantity":7,"number":"L-1a"},{"quantity":3,"number":"L-1b"}]})");
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_EQ(state("L-1"), "depleted");
  EXPECT_EQ(on_hand("L-1"), 0);
  EXPECT_EQ(on_hand("L-1a") + on_hand("L-1b"), 10);
  EXPECT_EQ(events.back().type, "material.lot-split");
  EXPECT_EQ(events.back().data.at("lot"), "L-1");
  EXPECT_EQ(events.back().data.at("children"), (json::array{"L-1a", "L-1b"}));
  ASSERT_TRUE(act("L-2", "quarantine", R"({"reason":"dented"})"));
  auto merged = act("L-1a", "merge", R"({"lots":["L-2"],"number":"L-3"})");
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->body.at("state"), "quarantined") << "the strictest";
  EXPECT_EQ(merged->body.at("expires_at"), "2024-06-01T00:00:00.000Z") << "the earliest";
  EXPECT_EQ(on_hand("L-3"), 12);
  EXPECT_EQ(on_hand("L-1a"), 0);
  EXPECT_EQ(on_hand("L-2"), 0);
  EXPECT_EQ(events.back().data.at("lot"), "L-3");
  EXPECT_EQ(events.back().data.at("parents"), (json::array{"L-2"}));
  expect_no_gaps();
  EXPECT_EQ(act("L-1b", "merge", R"({"lots":["L-9"]})").error().fields.at(0).path, "/lots/0");
  EXPECT_EQ(act("L-1b", "split", R"({"children":[{"quantity":1},{"quantity":1}]})").error().code,
            error_code::unprocessable);
}

TEST_P(material_service, expires_lots_when_their_time_has_come) {
  receive("L-1", 10, R"(,"expires_at":"2024-05-01T09:00:00Z","inspection":false)");
  receive("L-2", 10);
  told();
  ASSERT_TRUE(run_timers());
  EXPECT_EQ(state("L-1"), "released");
  now = *instant::parse("2024-05-01T09:00:00Z");
  EXPECT_EQ(consume("L-1", "1", "WO-1").error().code, error_code::unprocessable) << "before the timer runs too";
  ASSERT_TRUE(run_timers());
  EXPECT_EQ(state("L-1"), "expired");
  EXPECT_EQ(state("L-2"), "released");
  EXPECT_EQ(told(), names{"material.lot-quarantined"});
}

TEST_P(material_service, makes_an_output_lot_once) {
  json::object data = {
      {"number", "WO-7"},
      {"part", "Nut"},
      {"uom", "pcs"},
      {"historical", false},
      {"completed", 18},
      {"operations", json::array{json::object{{"sequence", 10}, {"state", "completed"}, {"completed", 10}},
                                 json::object{{"sequence", 20}, {"state", "completed"}, {"completed", 8}},
                                 json::object{{"sequence", 30}, {"state", "skipped"}, {"completed", 0}}}}};
  ASSERT_TRUE(deliver("work-order.completed", "w7", 9, data));
  EXPECT_EQ(events.at(0).data.at("work_order"), "WO-7");
  EXPECT_EQ(told(), (names{"material.lot-created", "material.received", "material.lot-released"}));
  EXPECT_EQ(on_hand("WO-7"), 8) << "what the last operation made";
  ASSERT_TRUE(deliver("work-order.completed", "w7", 9, data));
  EXPECT_TRUE(told().empty());
  data["historical"] = true;
  data["number"] = "WO-8";
  ASSERT_TRUE(deliver("work-order.completed", "w8", 9, data));
  EXPECT_TRUE(told().empty()) << "history has no lots";
}

TEST_P(material_service, holds_lots_for_quality_in_any_order_of_events) {
  receive("L-1", 10);
  json::object opened = {{"number", "NCR-1"}, {"lot", "L-1"}, {"historical", false}};
  ASSERT_TRUE(deliver("quality.ncr-created", "n1", 1, opened));
  EXPECT_EQ(state("L-1"), "quarantined");
  EXPECT_EQ(act("L-1", "release").error().code, error_code::conflict) << "the nonconformance holds it";
  json::object closed = opened;
  closed["dispositions"] = json::array{json::object{{"kind", "scrap"}, {"quantity", 2}},
                                       json::object{{"kind", "use-as-is"}, {"quantity", 8}}};
  ASSERT_TRUE(deliver("quality.ncr-closed", "n1", 2, closed));
  EXPECT_EQ(state("L-1"), "released");
  EXPECT_EQ(on_hand("L-1"), 8) << "two were scrapped";
  ASSERT_TRUE(deliver("quality.ncr-created", "n1", 1, opened));
  EXPECT_EQ(state("L-1"), "released") << "its opening came after its end";

  receive("L-2", 4);
  opened = {{"number", "NCR-2"}, {"lots", json::array{"L-2", "L-404"}}};
  ASSERT_TRUE(deliver("quality.ncr-created", "n2", 1, opened));
  opened["dispositions"] = json::array{json::object{{"kind", "scrap"}, {"quantity", 4}}};
  ASSERT_TRUE(deliver("quality.ncr-closed", "n2", 2, opened));
  EXPECT_EQ(state("L-2"), "scrapped");
  EXPECT_EQ(on_hand("L-2"), 0);
  expect_no_gaps();
}

TEST_P(material_service, releases_what_its_inspections_have_passed) {
  receive("L-1", 10, "");
  ASSERT_TRUE(deliver("quality.inspection-failed", "i1", 2, {{"number", "INS-1"}, {"lot", "L-1"}}));
  ASSERT_TRUE(deliver("quality.inspection-passed", "i2", 2, {{"number", "INS-2"}, {"lot", "L-1"}}));
  EXPECT_EQ(state("L-1"), "quarantined") << "INS-1 still holds it";
  ASSERT_TRUE(deliver("quality.inspection-passed", "i3", 2,
                      {{"number", "INS-3"}, {"lot", "L-1"}, {"supersedes_number", "INS-1"}}));
  EXPECT_EQ(state("L-1"), "released");
  expect_no_gaps();
}

TEST_P(material_service, scraps_only_what_was_rejected) {
  receive("L-1", 10);
  EXPECT_EQ(act("L-1", "scrap", R"({"reason":"x"})").error().code, error_code::illegal_transition);
  ASSERT_TRUE(act("L-1", "quarantine"));
  ASSERT_TRUE(act("L-1", "reject"));
  ASSERT_TRUE(act("L-1", "scrap", R"({"quantity":4,"reason":"rust"})"));
  EXPECT_EQ(state("L-1"), "rejected");
  EXPECT_EQ(act("L-1", "scrap", R"({"quantity":7,"reason":"rust"})").error().code, error_code::unprocessable);
  ASSERT_TRUE(act("L-1", "return", R"({"to":"vendor"})"));
  EXPECT_EQ(state("L-1"), "returned");
  EXPECT_EQ(on_hand("L-1"), 0);
}

TEST_P(material_service, adjusts_to_what_was_counted) {
  receive("L-1", 10);
  told();
  ASSERT_TRUE(act("L-1", "adjust", R"({"counted":8.5,"reason":"count"})"));
  EXPECT_EQ(events.at(0).data.at("difference").to_number<double>(), -1.5);
  EXPECT_EQ(told(), names{"material.inventory-adjusted"});
  ASSERT_TRUE(act("L-1", "adjust", R"({"counted":0,"reason":"count"})"));
  EXPECT_EQ(state("L-1"), "depleted");
}

TEST_P(material_service, gives_a_serial_number_once_for_ever) {
  auto made = post("/serials", R"({"part":"Nut","count":2,"prefix":"N-","work_order":"WO-1"})");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->body.at("data").at(0).at("serial"), "N-000001");
  EXPECT_EQ(events.at(0).data.at("serial"), "N-000001");
  EXPECT_EQ(events.at(0).data.at("work_order"), "WO-1");
  EXPECT_EQ(told(), (names{"material.serial-generated", "material.serial-generated"}));
  ASSERT_TRUE(post("/serials", R"({"part":"Nut","numbers":["N-000003"]})"));
  EXPECT_EQ(post("/serials", R"({"part":"Nut","numbers":["N-000009","N-000003"]})").error().fields.at(0).path,
            "/numbers/1");
  EXPECT_TRUE(get("/serials?serial=N-000009")->body.at("data").as_array().empty()) << "nothing of a refused command";
  EXPECT_TRUE(post("/serials", R"({"part":"Bolt","numbers":["N-000003"]})")) << "of another part";
  EXPECT_EQ(post("/serials", R"({"part":"Nut","prefix":"N-"})")->body.at("data").at(0).at("serial"), "N-000004");
  std::string path = "/serials/" + std::string(made->body.at("data").at(0).at("id").as_string()) + "/actions/";
  told();
  EXPECT_EQ(post(path + "ship").error().code, error_code::illegal_transition);
  ASSERT_TRUE(post(path + "scrap"));
  EXPECT_EQ(events.at(0).aggregate_version, 2);
  EXPECT_EQ(told(), names{"material.scrapped"});
  EXPECT_EQ(post(path + "start").error().code, error_code::illegal_transition);
  EXPECT_EQ(post("/serials", R"({"part":"Nut","numbers":["N-000001"]})").error().code, error_code::already_exists)
      << "scrapped, and still taken";
}

TEST_P(material_service, lists_inventory_page_by_page) {
  for (int i = 1; i <= 5; ++i) receive("L-" + std::to_string(i), i);
  ASSERT_TRUE(consume("L-3", "3", "WO-1"));
  auto first = get("/inventory?part=Nut&limit=2");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->body.at("data").at(1).at("lot"), "L-2");
  std::string cursor(first->body.at("next_cursor").as_string());
  auto second = get("/inventory?part=Nut&limit=2&cursor=" + cursor);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->body.at("data").at(0).at("lot"), "L-4") << "nothing is left of L-3";
  EXPECT_EQ(second->body.at("data").at(1).at("available"), 5);
  EXPECT_FALSE(second->body.as_object().contains("next_cursor"));
  EXPECT_EQ(get("/inventory?part=Bolt&limit=2&cursor=" + cursor).error().code, error_code::invalid_argument);
}

TEST(material_contracts, are_those_checked_in) {
  service::testing::expect_contract("contracts/openapi/material.json", service::openapi_of(definition()));
}

}  // namespace
}  // namespace mes::material
