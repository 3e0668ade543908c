// The service on a database: what clients see, what is told, what stays.
#include "service/test_service.h"
#include "services/work_order/change.h"
#include "services/work_order/module.h"

namespace mes::work_order {
namespace {

using names = std::vector<std::string>;

class work_order_service : public service::testing::service_test {
 protected:
  work_order_service() : service_test(definition()) {}

  std::string make(const std::string& number, bool with_operations = true) {
    auto made =
        post("/", R"({"number":")" + number + R"(","part":"Cable Head","quantity":10)" +
                      (with_operations ? R"(,"operations":[{"sequence":10,"name":"Turning","resource":"Machine 4"},
                              {"sequence":20,"name":"Packing","kind":"packing","resource":"Packing"}])"
                                       : "") +
                      "}");
    EXPECT_TRUE(made) << made.error().message;
    return std::string(made->body.at("id").as_string());
  }
  std::string dispatched(const std::string& number) {
    std::string id = make(number);
    EXPECT_TRUE(post("/" + id + "/actions/release"));
    EXPECT_TRUE(post("/" + id + "/actions/dispatch"));
    events.clear();
    return id;
  }
  static std::string pieces(const std::string& operation, int good, const std::string& more = "") {
    return R"({"operation":")" + operation + R"(","worker":"ID4932","started_at":"2012-01-29T23:24:00Z",
      "ended_at":"2012-01-30T05:43:00Z","completed":)" +
           std::to_string(good) + more + "}";
  }
};
INSTANTIATE_TEST_SUITE_P(engines, work_order_service, store::testing::both_engines(), store::testing::engine_name);

TEST_P(work_order_service, is_found_by_id_and_by_number) {
  std::string id = make("Case 1");
  EXPECT_EQ(told(), names{"work-order.created"});
  EXPECT_EQ(get("/" + id)->body.at("number"), "Case 1");
  EXPECT_EQ(get("/Case 1")->body.at("id").as_string(), std::string_view(id));
  EXPECT_EQ(get("/Case 2").error().code, error_code::not_found);
  auto again = post("/", R"({"number":"Case 1","part":"x","quantity":1})");
  EXPECT_EQ(again.error().code, error_code::already_exists);
  EXPECT_EQ(get("/?number=Case%201")->body.at("data").as_array().size(), 1U);
  EXPECT_EQ(get("/?state=started")->body.at("data").as_array().size(), 0U);
}

TEST_P(work_order_service, pages_in_order) {
  for (int i = 0; i < 5; ++i) make("WO-" + std::to_string(i), false);
  auto first = get("/?limit=3");
  ASSERT_EQ(first->body.at("data").as_array().size(), 3U);
  auto second = get("/?limit=3&cursor=" + std::string(first->body.at("next_cursor").as_string()));
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->body.at("data").as_array().size(), 2U);
  EXPECT_EQ(second->body.at("data").at(1).at("number"), "WO-4");
}

TEST_P(work_order_service, lives_from_release_to_close) {
  std::string id = dispatched("WO-1");
  ASSERT_TRUE(post("/" + id + "/reports", pieces("Turning", 10)));
  EXPECT_EQ(told(), (names{"work-order.started", "work-order.updated:reported"}));
  ASSERT_TRUE(post("/" + id + "/reports", pieces("Packing", 10)));
  auto order = get("/" + id)->body;
  EXPECT_EQ(order.at("packed"), 10);
  EXPECT_EQ(order.at("completed"), 20);
  EXPECT_EQ(order.at("version"), 6);
  ASSERT_TRUE(post("/" + id + "/actions/complete"));
  ASSERT_TRUE(post("/" + id + "/actions/close"));
  EXPECT_EQ(told(), (names{"work-order.updated:reported", "work-order.completed", "work-order.updated:closed"}));
  EXPECT_EQ(post("/" + id + "/actions/start").error().code, error_code::illegal_transition);
  json::array kinds;
  auto timeline = get("/" + id + "/timeline");
  ASSERT_TRUE(timeline) << timeline.error().message;
  std::int64_t version = 0;
  for (const json::value& entry : timeline->body.at("data").as_array()) {
    EXPECT_EQ(entry.at("version"), ++version);
    EXPECT_EQ(entry.at("user_id"), "user-1");
    kinds.push_back(entry.at("kind"));
  }
  EXPECT_EQ(kinds, (json::array{"created", "released", "dispatched", "started", "reported", "reported", "completed",
                                "closed"}));
  auto page = get("/" + id + "/timeline?limit=5");
  auto rest = get("/" + id + "/timeline?limit=5&cursor=" + std::string(page->body.at("next_cursor").as_string()));
  EXPECT_EQ(rest->body.at("data").as_array().size(), 3U);
}

TEST_P(work_order_service, takes_an_external_id_once) {
  std::string id = make("Case 1", false);
  std::string old = pieces("Round Grinding", 12, R"(,"historical":true,"external_id":"x1","resource":"Machine 3")");
  auto first = post("/" + id + "/reports", old);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->status, 201);
  EXPECT_EQ(told(), (names{"work-order.created", "work-order.updated:released", "work-order.dispatched",
                           "work-order.started", "work-order.updated:reported"}));
  auto again = post("/" + id + "/reports", old);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->status, 200);
  EXPECT_EQ(again->body, first->body);
  EXPECT_TRUE(told().empty()) << "nothing happened";
  EXPECT_EQ(get("/" + id)->body.at("completed"), 12);
  auto other = post("/" + id + "/reports",
                    pieces("Round Grinding", 13, R"(,"historical":true,"external_id":"x1","resource":"Machine 3")"));
  EXPECT_EQ(other.error().code, error_code::already_exists);
  EXPECT_EQ(get("/" + id + "/reports")->body.at("data").as_array().size(), 1U);
}

TEST_P(work_order_service, identical_reports_with_other_ids_are_different_reports) {
  std::string id = make("Case 1", false);
  for (const char* external : {"x1", "x2"})
    ASSERT_TRUE(post("/" + id + "/reports", pieces("Packing", 5,
                                                   R"(,"historical":true,"operation_kind":"packing","external_id":")" +
                                                       std::string(external) + "\"")));
  EXPECT_EQ(get("/" + id)->body.at("packed"), 10);
}

TEST_P(work_order_service, reverses_a_report_once) {
  std::string id = dispatched("WO-1");
  auto report = post("/" + id + "/reports", pieces("Turning", 4));
  std::string path = "/" + id + "/reports/" + std::string(report->body.at("id").as_string()) + "/actions/reverse";
  auto back = post(path, R"({"note":"wrong order"})");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->body.at("completed"), -4);
  EXPECT_EQ(get("/" + id)->body.at("completed"), 0);
  EXPECT_EQ(post(path, R"({"note":"again"})").error().code, error_code::conflict);
}

TEST_P(work_order_service, honours_if_match) {
  std::string id = dispatched("WO-1");
  EXPECT_EQ(post("/" + id + "/actions/start", "", "2").error().code, error_code::precondition_failed);
  EXPECT_TRUE(post("/" + id + "/actions/start", "", "3"));
  EXPECT_EQ(patch("/" + id, R"({"quantity":12})").error().code, error_code::precondition_required);
  EXPECT_TRUE(patch("/" + id, R"({"quantity":12})", "4"));
  EXPECT_EQ(told().back(), "work-order.updated:quantity");
}

TEST_P(work_order_service, queues_what_can_be_worked_on) {
  std::string id = dispatched("WO-1");
  auto queue = get("/dispatch-queue?resource=Machine%204");
  ASSERT_TRUE(queue) << queue.error().message;
  ASSERT_EQ(queue->body.at("data").as_array().size(), 1U);
  EXPECT_EQ(queue->body.at("data").at(0).at("operation"), "Turning");
  EXPECT_EQ(get("/dispatch-queue?resource=Packing")->body.at("data").as_array().size(), 0U);
  ASSERT_TRUE(post("/" + id + "/reports", pieces("Turning", 1)));
  EXPECT_EQ(get("/dispatch-queue?resource=Packing")->body.at("data").as_array().size(), 1U);
  ASSERT_TRUE(post("/" + id + "/actions/hold", R"({"reason":"no material"})"));
  EXPECT_EQ(get("/dispatch-queue")->body.at("data").as_array().size(), 0U);
}

TEST_P(work_order_service, copies_the_routing_and_dispatches_by_schedule) {
  std::string body = R"({"number":"R-1","part":"Cable Head","operations":[{"sequence":10,"name":"Turning"}]})";
  EXPECT_EQ(post("/routings", body)->body.at("revision"), 1);
  EXPECT_EQ(post("/routings", body)->body.at("revision"), 2);
  auto made =
      post("/", R"({"number":"WO-1","part":"Cable Head","quantity":1,"routing":{"number":"R-1","revision":1}})");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->body.at("routing").at("revision"), 1);
  EXPECT_EQ(made->body.at("operations").at(0).at("name"), "Turning");
  ASSERT_TRUE(post("/WO-1/actions/release"));
  auto schedule = post("/schedules", R"({"number":"S-1","from":"2024-05-01T00:00:00Z","to":"2024-05-02T00:00:00Z",
    "entries":[{"work_order":"WO-1","operation":"Turning","resource":"Machine 5"}]})");
  ASSERT_TRUE(schedule) << schedule.error().message;
  events.clear();
  auto published = post("/schedules/" + std::string(schedule->body.at("id").as_string()) + "/actions/dispatch");
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(told(), (names{"work-order.dispatched", "production-schedule.dispatched"}));
  EXPECT_EQ(get("/WO-1")->body.at("operations").at(0).at("resource"), "Machine 5");
}

TEST_P(work_order_service, is_held_by_a_severe_ncr_until_it_closes) {
  std::string id = dispatched("WO-1");
  json::object ncr{{"work_order_id", id}, {"number", "NCR-1"}, {"severity", "major"}, {"hold_order", true}};
  ASSERT_TRUE(deliver("quality.ncr-created", "n1", 1, ncr));
  EXPECT_EQ(told(), names{"work-order.on-hold"});
  ASSERT_TRUE(deliver("quality.ncr-created", "n1", 1, ncr));
  EXPECT_TRUE(told().empty()) << "the same again changes nothing";
  EXPECT_EQ(post("/" + id + "/reports", pieces("Turning", 1)).error().code, error_code::illegal_transition);
  ASSERT_TRUE(deliver("quality.ncr-closed", "n1", 2, ncr));
  EXPECT_EQ(told(), names{"work-order.updated:resumed"});
  ncr["severity"] = "minor";
  ncr["number"] = "NCR-2";
  ASSERT_TRUE(deliver("quality.ncr-created", "n2", 1, ncr));
  EXPECT_TRUE(told().empty()) << "minor";
  ASSERT_TRUE(post("/" + id + "/reports", pieces("Turning", 1)));
  ASSERT_TRUE(post("/" + id + "/actions/complete", R"({"short_close":true})"));
  EXPECT_EQ(post("/" + id + "/actions/close").error().code, error_code::unprocessable) << "NCR-2 is open";
  ASSERT_TRUE(deliver("quality.ncr-closed", "n2", 2, ncr));
  EXPECT_TRUE(post("/" + id + "/actions/close"));
}

TEST_P(work_order_service, is_not_held_by_an_ncr_whose_end_came_first) {
  std::string id = dispatched("WO-1");
  json::object ncr{{"work_order_id", id}, {"number", "NCR-1"}, {"severity", "major"}, {"hold_order", true}};
  ASSERT_TRUE(deliver("quality.ncr-closed", "n1", 2, ncr));
  ASSERT_TRUE(deliver("quality.ncr-created", "n1", 1, ncr));
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(get("/" + id)->body.at("state"), "dispatched");
}

TEST_P(work_order_service, is_never_held_for_history) {
  std::string id = make("Case 1", false);
  ASSERT_TRUE(post("/" + id + "/reports", pieces("Turning", 1, R"(,"historical":true)")));
  events.clear();
  json::object ncr{{"work_order_id", id}, {"number", "NCR-1"}, {"severity", "critical"}, {"hold_order", true}};
  ASSERT_TRUE(deliver("quality.ncr-created", "n1", 1, ncr));
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(get("/" + id)->body.at("state"), "started");
}

TEST(work_order_contracts, are_those_checked_in) {
  using service::testing::expect_contract, service::testing::expect_event_contract;
  expect_contract("contracts/openapi/work-order.json", service::openapi_of(definition()));
  for (const char* name : {"created", "updated", "dispatched", "started", "completed", "cancelled", "on-hold"})
    expect_event_contract<order_event>("work-order." + std::string(name));
  expect_event_contract<schedule_event>("production-schedule.created");
  expect_event_contract<schedule_event>("production-schedule.dispatched");
}

}  // namespace
}  // namespace mes::work_order
