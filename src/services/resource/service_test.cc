// The service on a database: what clients see, what is told, what events do.
#include "service/test_service.h"
#include "services/resource/events.h"
#include "services/resource/module.h"

namespace mes::resource {
namespace {

using names = std::vector<std::string>;

class resource_service : public service::testing::service_test {
 protected:
  resource_service() : service_test(definition()) {}

  static json::object report(const std::string& id, const std::string& from, const std::string& to,
                             const std::string& type = "production", bool historical = true) {
    return {{"work_order_id", "w1"},
            {"number", "Case 1"},
            {"part", "Cable Head"},
            {"state", "started"},
            {"change_type", "reported"},
            {"report", json::object{{"id", id},
                                    {"operation", "Turning"},
                                    {"resource", "Machine 4"},
                                    {"worker", "ID4932"},
                                    {"report_type", type},
                                    {"started_at", from},
                                    {"ended_at", to},
                                    {"completed", 4},
                                    {"rejected", 1},
                                    {"mrb", 0},
                                    {"historical", historical}}}};
  }
};
INSTANTIATE_TEST_SUITE_P(engines, resource_service, store::testing::both_engines(), store::testing::engine_name);

TEST_P(resource_service, knows_equipment_by_id_and_code) {
  auto made = post("/", R"({"code":"Machine 4","name":"Turning & Milling"})");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(told(), names{"equipment.status-changed"});
  EXPECT_EQ(get("/Machine 4")->body.at("id"), made->body.at("id"));
  EXPECT_EQ(post("/", R"({"code":"Machine 4"})").error().code, error_code::already_exists);
  EXPECT_EQ(post("/", R"({"code":"personnel"})").error().fields.at(0).path, "/code");
  EXPECT_TRUE(get("/personnel")) << "a route of its own";
}

TEST_P(resource_service, takes_over_what_reports_named_first) {
  ASSERT_TRUE(deliver("work-order.updated", "w1", 5, report("r1", "2012-01-01T08:00:00Z", "2012-01-01T09:00:00Z")));
  EXPECT_EQ(get("/Machine 4")->body.at("discovered"), true);
  EXPECT_EQ(get("/personnel/ID4932")->body.at("discovered"), true);
  auto made = post("/", R"({"code":"Machine 4","name":"Lathe"})");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->body.at("discovered"), false);
  EXPECT_TRUE(post("/personnel", R"({"employee_id":"ID4932","name":"ID4932"})"));
  EXPECT_EQ(get("/")->body.at("data").as_array().size(), 1U);
  EXPECT_EQ(get("/personnel")->body.at("data").as_array().size(), 1U);
}

TEST_P(resource_service, divides_time_by_reports) {
  ASSERT_TRUE(deliver("work-order.updated", "w1", 5, report("r1", "2012-01-01T08:00:00Z", "2012-01-01T09:00:00Z")));
  ASSERT_TRUE(
      deliver("work-order.updated", "w1", 6, report("r2", "2012-01-01T08:30:00Z", "2012-01-01T09:30:00Z", "setup")));
  ASSERT_TRUE(
      deliver("work-order.updated", "w1", 6, report("r2", "2012-01-01T08:30:00Z", "2012-01-01T09:30:00Z", "setup")));
  auto states = get("/Machine 4/states?from=2012-01-01T00:00:00Z&to=2012-01-02T00:00:00Z");
  ASSERT_TRUE(states) << states.error().message;
  EXPECT_EQ(states->body.at("busy_minutes"), 90.0) << "overlaps once";
  EXPECT_EQ(states->body.at("minutes").at("running"), 60.0);
  EXPECT_EQ(states->body.at("minutes").at("setup"), 30.0);
  EXPECT_EQ(states->body.at("minutes").at("unknown"), 1350.0);
  json::object back = report("r3", "2012-01-01T08:30:00Z", "2012-01-01T09:30:00Z", "setup");
  back["report"].as_object()["reverses"] = "r2";
  ASSERT_TRUE(deliver("work-order.updated", "w1", 7, back));
  EXPECT_EQ(get("/Machine 4/states?from=2012-01-01T00:00:00Z&to=2012-01-02T00:00:00Z")->body.at("busy_minutes"), 60.0);
}

TEST_P(resource_service, follows_live_reports_but_not_history) {
  ASSERT_TRUE(post("/", R"({"code":"Machine 4"})"));
  events.clear();
  ASSERT_TRUE(deliver("work-order.updated", "w1", 5, report("r1", "2024-05-01T08:00:00Z", "2024-05-01T09:00:00Z")));
  EXPECT_TRUE(told().empty());
  ASSERT_TRUE(deliver("work-order.updated", "w1", 6,
                      report("r2", "2024-05-01T09:00:00Z", "2024-05-01T10:00:00Z", "breakdown", false)));
  EXPECT_EQ(told(), names{"equipment.status-changed"});
  EXPECT_EQ(get("/Machine 4")->body.at("state"), "unplanned-down");
  now = *instant::parse("2024-05-01T12:00:00Z");
  json::object discovered = report("r3", "2024-05-01T11:00:00Z", "2024-05-01T11:59:00Z", "production", false);
  discovered["report"].as_object()["resource"] = "Machine 5";
  ASSERT_TRUE(deliver("work-order.updated", "w1", 7, discovered));
  EXPECT_EQ(get("/Machine 5")->body.at("state"), "running") << "known since just now, at work before";
}

TEST_P(resource_service, tells_states_and_faults) {
  ASSERT_TRUE(post("/", R"({"code":"M1"})"));
  auto state = post("/M1/states", R"({"packml_state":"execute","at":"2024-05-01T07:00:00Z"})");
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->body.at("state"), "running");
  ASSERT_TRUE(post("/M1/states", R"({"state":"idle","at":"2024-05-01T06:00:00Z"})")) << "late";
  EXPECT_EQ(get("/M1")->body.at("state"), "running");
  auto slices = get("/M1/states?from=2024-05-01T05:00:00Z&to=2024-05-01T08:00:00Z")->body;
  EXPECT_EQ(slices.at("minutes").at("idle"), 60.0);
  EXPECT_EQ(slices.at("minutes").at("running"), 60.0);
  EXPECT_EQ(slices.at("minutes").at("unknown"), 60.0);
  std::string path = "/M1/states/" + std::string(state->body.at("id").as_string());
  EXPECT_EQ(patch(path, R"({"reason":"warm-up"})").error().code, error_code::precondition_required);
  EXPECT_TRUE(patch(path, R"({"reason":"warm-up"})", "1"));
  events.clear();
  ASSERT_TRUE(post("/M1/events", R"({"kind":"fault","code":"E42","message":"spindle"})"));
  EXPECT_EQ(told(), names{"equipment.fault-detected"});
}

TEST_P(resource_service, versions_of_an_aggregate_have_no_gaps) {
  auto made = post("/", R"({"code":"M1"})");
  ASSERT_TRUE(patch("/M1", R"({"name":"Lathe"})", "1"));
  ASSERT_TRUE(post("/M1/states", R"({"state":"running"})"));
  ASSERT_TRUE(post("/M1/events", R"({"kind":"fault","code":"E1"})"));
  std::int64_t version = 0;
  for (const auto& e : events) EXPECT_EQ(e.aggregate_version, ++version) << e.type;
  EXPECT_EQ(version, 3);
}

TEST_P(resource_service, assigns_only_who_is_certified) {
  ASSERT_TRUE(post("/", R"({"code":"M1","required_certifications":["welding"]})"));
  ASSERT_TRUE(post("/personnel", R"({"employee_id":"P1","name":"Ada"})"));
  std::string assign =
      R"({"employee_id":"P1","equipment":"M1","from":"2024-05-01T08:00:00Z","to":"2024-05-01T16:00:00Z"})";
  EXPECT_EQ(post("/assignments", assign).error().code, error_code::unprocessable);
  ASSERT_TRUE(post("/personnel/P1/certifications",
                   R"({"code":"welding","valid_from":"2024-01-01T00:00:00Z","valid_to":"2024-05-10T00:00:00Z"})"));
  events.clear();
  auto made = post("/assignments", assign);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(told(), names{"personnel.assigned"});
  ASSERT_TRUE(run_timers());
  EXPECT_EQ(told(), names{"personnel.certification-expiring"}) << "nine days: within 30";
  ASSERT_TRUE(run_timers());
  EXPECT_TRUE(told().empty()) << "once";
  now = *instant::parse("2024-05-10T00:00:00Z");
  ASSERT_TRUE(run_timers());
  EXPECT_EQ(told(), (names{"personnel.certification-expired", "personnel.unassigned"}));
  EXPECT_EQ(get("/assignments?state=active")->body.at("data").as_array().size(), 0U);
}

TEST_P(resource_service, queues_and_releases_what_orders_bring) {
  json::object op{{"id", "o1"}, {"sequence", 10}, {"name", "Turning"}, {"state", "dispatched"}, {"resource", "M1"}};
  json::object order{{"number", "WO-1"}, {"part", "p"}, {"state", "dispatched"}, {"operations", json::array{op}}};
  ASSERT_TRUE(deliver("work-order.dispatched", "w1", 3, order));
  EXPECT_EQ(get("/M1/queue")->body.at("data").as_array().size(), 1U);
  order["state"] = "completed";
  ASSERT_TRUE(deliver("work-order.completed", "w1", 9, order));
  EXPECT_EQ(get("/M1/queue")->body.at("data").as_array().size(), 0U);
  ASSERT_TRUE(deliver("work-order.dispatched", "w1", 3, order));
  EXPECT_EQ(get("/M1/queue")->body.at("data").as_array().size(), 0U) << "older than what is known";
}

TEST_P(resource_service, keeps_the_later_word_on_an_operation) {
  json::object op{{"id", "o1"}, {"sequence", 10}, {"name", "Turning"}, {"state", "completed"}, {"resource", "M1"}};
  json::object next{{"id", "o2"}, {"sequence", 20}, {"name", "Packing"}, {"state", "pending"}, {"resource", "M1"}};
  json::object update{{"number", "WO-1"}, {"part", "p"}, {"state", "started"}, {"operation", op}};
  ASSERT_TRUE(deliver("work-order.updated", "w1", 5, update));
  op["state"] = "dispatched";
  json::object order{{"number", "WO-1"}, {"part", "p"}, {"state", "dispatched"}, {"operations", json::array{op, next}}};
  ASSERT_TRUE(deliver("work-order.dispatched", "w1", 3, order));
  auto queue = get("/M1/queue")->body.at("data");
  ASSERT_EQ(queue.as_array().size(), 1U) << "the first is completed, which came before its dispatch";
  EXPECT_EQ(queue.at(0).at("operation"), "Packing");
}

TEST_P(resource_service, requires_maintenance_by_date_and_run_time) {
  ASSERT_TRUE(post("/", R"({"code":"Machine 4"})"));
  ASSERT_TRUE(post("/maintenance", R"({"number":"PM-1","equipment":"Machine 4","run_minutes_max":60})"));
  ASSERT_TRUE(post("/maintenance", R"({"number":"PM-2","equipment":"Machine 4","due":"2024-05-03T00:00:00Z"})"));
  events.clear();
  ASSERT_TRUE(deliver("work-order.updated", "w1", 5, report("r1", "2024-05-01T08:00:00Z", "2024-05-01T09:00:00Z")));
  now = *instant::parse("2024-05-02T00:00:00Z");
  ASSERT_TRUE(run_timers());
  EXPECT_EQ(told(), names{"equipment.maintenance-required"});
  EXPECT_EQ(get("/maintenance?state=required")->body.at("data").at(0).at("number"), "PM-1");
  now = *instant::parse("2024-05-04T00:00:00Z");
  ASSERT_TRUE(run_timers());
  EXPECT_EQ(told(), names{"equipment.maintenance-required"});
}

TEST_P(resource_service, calculates_oee_once_for_the_same_inputs) {
  ASSERT_TRUE(deliver("work-order.updated", "w1", 5, report("r1", "2024-05-01T08:00:00Z", "2024-05-01T09:00:00Z")));
  std::string window = R"({"equipment":"Machine 4","from":"2024-05-01T00:00:00Z","to":"2024-05-02T00:00:00Z"})";
  auto oee = get("/oee?equipment=Machine%204&from=2024-05-01T00:00:00Z&to=2024-05-02T00:00:00Z");
  ASSERT_TRUE(oee) << oee.error().message;
  EXPECT_TRUE(oee->body.at("oee").at("value").is_null());
  EXPECT_EQ(oee->body.at("quality").at("value"), 0.8);
  events.clear();
  EXPECT_EQ(post("/oee/calculations", window)->body.at("revision"), 1);
  EXPECT_EQ(told(), names{"equipment.oee-calculated"});
  EXPECT_EQ(post("/oee/calculations", window)->body.at("revision"), 1);
  EXPECT_TRUE(told().empty());
  ASSERT_TRUE(post("/calendars", R"({"code":"C1","shifts":[{"weekday":3,"from_minute":360,"to_minute":840}]})"));
  EXPECT_EQ(post("/oee/calculations", window)->body.at("revision"), 2);
}

TEST(resource_contracts, are_those_checked_in) {
  using service::testing::expect_contract, service::testing::expect_event_contract;
  expect_contract("contracts/openapi/resource.json", service::openapi_of(definition()));
  expect_event_contract<status_changed>("equipment.status-changed");
  expect_event_contract<fault_detected>("equipment.fault-detected");
  expect_event_contract<maintenance_required>("equipment.maintenance-required");
  expect_event_contract<oee_calculated>("equipment.oee-calculated");
  expect_event_contract<assignment_told>("personnel.assigned");
  expect_event_contract<assignment_told>("personnel.unassigned");
  expect_event_contract<certification_told>("personnel.certification-expiring");
  expect_event_contract<certification_told>("personnel.certification-expired");
  expect_event_contract<skills_told>("personnel.skill-updated");
}

}  // namespace
}  // namespace mes::resource
