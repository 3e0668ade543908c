// The genealogy from events: graphs drawn by hand.
#include "service/test_service.h"
#include "services/traceability/module.h"

namespace mes::traceability {
namespace {
namespace json = boost::json;

using names = std::vector<std::string>;

class genealogy : public service::testing::service_test {
 protected:
  genealogy() : service_test(definition()) {}

  result<void> merge(const std::string& output, std::initializer_list<json::value_ref> parents) {
    return deliver("material.lot-merged", "id-" + output, 1,
                   {{"lot", output}, {"parents", json::array(parents)}, {"quantity", 1}, {"uom", "pcs"}});
  }
  result<void> split(const std::string& parent, std::initializer_list<json::value_ref> children) {
    return deliver("material.lot-split", "id-" + parent, 1,
                   {{"lot", parent}, {"children", json::array(children)}, {"quantity", 10}, {"uom", "pcs"}});
  }
  result<void> consume(const std::string& lot, const std::string& order) {
    return deliver("material.consumed", "id-" + lot, 2,
                   {{"lot", lot}, {"work_order", order}, {"quantity", 4}, {"uom", "pcs"}});
  }
  result<void> create(const std::string& lot, const std::string& order = "") {
    json::object data = {{"lot", lot}, {"part", "Nut"}, {"quantity", 4}, {"uom", "pcs"}};
    if (!order.empty()) data["work_order"] = order;
    return deliver("material.lot-created", "id-" + lot, 1, data);
  }
  names reached(const std::string& id, const std::string& towards, const std::string& query = "") {
    auto answer = get("/genealogy/" + id + "/" + towards + query);
    EXPECT_TRUE(answer) << answer.error().message;
    names found;
    if (answer)
      for (const json::value& n : answer->body.at("nodes").as_array())
        found.push_back(std::string(n.at("id").as_string()) + "@" + std::to_string(n.at("depth").as_int64()));
    std::ranges::sort(found);
    return found;
  }
};
INSTANTIATE_TEST_SUITE_P(engines, genealogy, store::testing::both_engines(), store::testing::engine_name);

TEST_P(genealogy, refuses_a_cycle) {
  ASSERT_TRUE(merge("B", {"A"}));
  ASSERT_TRUE(merge("C", {"B"}));
  EXPECT_EQ(merge("A", {"C"}).error().code, error_code::unprocessable);
  EXPECT_EQ(merge("A", {"A"}).error().code, error_code::unprocessable);
  EXPECT_EQ(reached("lot:A", "forward"), (names{"lot:B@1", "lot:C@2"}));
  EXPECT_TRUE(reached("lot:A", "backward").empty()) << "nothing of the refused edge is left";
}

TEST_P(genealogy, refuses_a_cycle_that_is_longer_than_any_answer) {
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(merge("L" + std::to_string(i + 1), {"L" + std::to_string(i)}));
  EXPECT_EQ(merge("L0", {"L60"}).error().code, error_code::unprocessable);
}

//   A → B → D     split into B and C, merged into D
//     ↘ C ↗
TEST_P(genealogy, reaches_the_end_of_a_diamond_once) {
  ASSERT_TRUE(split("A", {"B", "C"}));
  ASSERT_TRUE(merge("D", {"B", "C"}));
  EXPECT_EQ(reached("lot:A", "forward"), (names{"lot:B@1", "lot:C@1", "lot:D@2"}));
  EXPECT_EQ(reached("lot:D", "backward"), (names{"lot:A@2", "lot:B@1", "lot:C@1"}));
  EXPECT_EQ(get("/genealogy/lot:A/forward")->body.at("edges").as_array().size(), 4U);
  EXPECT_EQ(reached("lot:A", "forward", "?depth=1"), (names{"lot:B@1", "lot:C@1"}));
  for (const char* depth : {"0", "51", "x"})
    EXPECT_FALSE(get("/genealogy/lot:A/forward?depth=" + std::string(depth))) << depth;
}

TEST_P(genealogy, gives_each_child_of_a_split_its_share) {
  ASSERT_TRUE(deliver("material.lot-split", "a", 2,
                      {{"lot", "A"},
                       {"children", json::array{"B", "C"}},
                       {"quantities", json::array{7, 3}},
                       {"quantity", 10},
                       {"uom", "pcs"}}));
  for (const json::value& e : get("/genealogy/lot:A/forward")->body.at("edges").as_array())
    EXPECT_EQ(e.at("quantity"), e.at("to") == "lot:B" ? 7 : 3);
}

TEST_P(genealogy, knows_a_placeholder_from_what_its_owner_has_described) {
  ASSERT_TRUE(consume("L-1", "WO-1"));
  EXPECT_EQ(get("/nodes/lot:L-1")->body.at("placeholder"), true);
  ASSERT_TRUE(deliver("material.lot-quarantined", "id-L-1", 3, {{"lot", "L-1"}, {"state", "quarantined"}}));
  ASSERT_TRUE(create("L-1")) << "its first event comes last";
  auto node = get("/nodes/lot:L-1")->body;
  EXPECT_EQ(node.at("placeholder"), false);
  EXPECT_EQ(node.at("attributes").at("state"), "quarantined") << "version 3, not version 1";
  EXPECT_EQ(get("/nodes/lot:none").error().code, error_code::not_found);
}

TEST_P(genealogy, leads_from_material_through_an_order_to_its_output) {
  ASSERT_TRUE(consume("L-1", "WO-1"));
  ASSERT_TRUE(create("WO-1", "WO-1"));
  ASSERT_TRUE(consume("WO-1", "WO-2"));
  ASSERT_TRUE(deliver("material.serial-generated", "s1", 1, {{"serial", "S-1"}, {"work_order", "WO-2"}}));
  EXPECT_EQ(reached("lot:L-1", "forward"), (names{"lot:WO-1@2", "order:WO-1@1", "order:WO-2@3", "serial:S-1@4"}));
  EXPECT_EQ(reached("serial:S-1", "backward"), (names{"lot:L-1@4", "lot:WO-1@2", "order:WO-1@3", "order:WO-2@1"}));
}

TEST_P(genealogy, answers_with_what_was_known_then) {
  ASSERT_TRUE(merge("B", {"A"}));
  now = *instant::parse("2024-05-02T08:00:00Z");
  ASSERT_TRUE(merge("C", {"B"}));
  EXPECT_EQ(reached("lot:A", "forward", "?as_of=2024-05-01T12:00:00Z"), names{"lot:B@1"});
  EXPECT_EQ(reached("lot:A", "forward", "?as_of=2024-05-02T08:00:00Z"), (names{"lot:B@1", "lot:C@2"}));
  EXPECT_FALSE(get("/genealogy/lot:A/forward?as_of=yesterday"));
}

TEST_P(genealogy, simulates_a_recall_that_can_be_repeated) {
  ASSERT_TRUE(create("L-1"));
  ASSERT_TRUE(consume("L-1", "WO-1"));
  ASSERT_TRUE(create("L-2", "WO-1"));
  ASSERT_TRUE(consume("L-2", "WO-2"));
  std::string body = R"({"roots":["lot:L-1","lot:unheard-of"],"as_of":"2024-05-01T08:00:00Z"})";
  now = *instant::parse("2024-05-01T09:00:00Z");
  told();
  auto first = post("/recalls/simulations", body);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->body.at("affected").at("lots").as_array().size(), 1U);
  EXPECT_EQ(first->body.at("affected").at("orders").as_array().size(), 2U);
  names gaps;
  for (const json::value& g : first->body.at("gaps").as_array()) gaps.emplace_back(g.as_string());
  std::ranges::sort(gaps);
  EXPECT_EQ(gaps, (names{"lot:unheard-of", "order:WO-1", "order:WO-2"}));
  EXPECT_EQ(told(), names{"traceability.recall-simulated"});

  // What comes to be known later changes later answers alone.
  ASSERT_TRUE(create("lot:unheard-of"));
  ASSERT_TRUE(create("unheard-of"));
  ASSERT_TRUE(deliver("work-order.created", "w1", 1, {{"number", "WO-1"}, {"part", "Nut"}}));
  ASSERT_TRUE(consume("L-1", "WO-3"));
  auto second = post("/recalls/simulations", body);
  json::object a = first->body.as_object(), b = second->body.as_object();
  a.erase("id");
  b.erase("id");
  EXPECT_EQ(json::serialize(a), json::serialize(b));
  EXPECT_EQ(
      post("/recalls/simulations", R"({"roots":["lot:L-1"]})")->body.at("affected").at("orders").as_array().size(), 3U);
  std::string id(first->body.at("id").as_string());
  EXPECT_EQ(get("/recalls/simulations/" + id)->body.at("gaps"), first->body.at("gaps"));
}

// EPCIS 2.0 (GS1): every event has eventTime and eventTimeZoneOffset; an ObjectEvent an action and a list of what;
// a TransformationEvent inputs or outputs and no action.
TEST_P(genealogy, speaks_epcis) {
  ASSERT_TRUE(deliver("work-order.updated", "w1", 2,
                      {{"number", "WO-1"},
                       {"part", "Nut"},
                       {"report", json::object{{"id", "r-1"},
                                               {"operation", "Turning"},
                                               {"resource", "Machine 4"},
                                               {"worker", "ID1"},
                                               {"report_type", "production"},
                                               {"started_at", "2024-05-01T06:00:00Z"},
                                               {"ended_at", "2024-05-01T07:00:00Z"},
                                               {"completed", 5}}}}));
  ASSERT_TRUE(consume("L-1", "WO-1"));
  auto document = get("/epcis/events?work_order=WO-1");
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->body.at("type"), "EPCISDocument");
  EXPECT_EQ(document->body.at("schemaVersion"), "2.0");
  EXPECT_TRUE(document->body.at("@context").is_array());
  EXPECT_TRUE(instant::parse(document->body.at("creationDate").as_string()));
  const json::array& events_told = document->body.at("epcisBody").at("eventList").as_array();
  ASSERT_EQ(events_told.size(), 2U);
  for (const json::value& e : events_told) {
    EXPECT_TRUE(instant::parse(e.at("eventTime").as_string()));
    EXPECT_EQ(e.at("eventTimeZoneOffset"), "+00:00");
    const json::object& members = e.as_object();
    if (e.at("type") == "ObjectEvent") {
      EXPECT_EQ(e.at("action"), "OBSERVE");
      EXPECT_TRUE(members.contains("epcList") || members.contains("quantityList"));
      EXPECT_EQ(e.at("quantityList").at(0).at("quantity"), 5);
      EXPECT_EQ(e.at("eventTime"), "2024-05-01T07:00:00.000Z");
    } else {
      EXPECT_EQ(e.at("type"), "TransformationEvent");
      EXPECT_FALSE(members.contains("action"));
      EXPECT_EQ(e.at("inputQuantityList").at(0).at("epcClass"), "urn:mes:lot%3AL-1");
      EXPECT_TRUE(members.contains("outputQuantityList"));
    }
  }
  EXPECT_EQ(get("/epcis/events").error().fields.at(0).path, "?work_order");
}

TEST(traceability_contracts, are_those_checked_in) {
  service::testing::expect_contract("contracts/openapi/traceability.json", service::openapi_of(definition()));
}

}  // namespace
}  // namespace mes::traceability
