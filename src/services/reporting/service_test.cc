// Production figures from events: sums and unions of intervals, worked out by hand.
#include "service/test_service.h"
#include "services/reporting/module.h"

namespace mes::reporting {
namespace {
namespace json = boost::json;

struct reported {
  std::string id, part, resource, start, end;
  int completed = 0, rejected = 0, mrb = 0;
  std::string kind = "production", order = "WO-1";
};

class reporting_service : public service::testing::service_test {
 protected:
  reporting_service() : service_test(definition()) {}

  void tell(const reported& r, std::int64_t version = 2) {
    json::object report{{"id", r.id},
                        {"operation", "Turning"},
                        {"operation_kind", r.kind},
                        {"resource", r.resource},
                        {"worker", "ID1"},
                        {"report_type", "production"},
                        {"started_at", "2024-05-01T" + r.start + ":00Z"},
                        {"ended_at", "2024-05-01T" + r.end + ":00Z"},
                        {"completed", r.completed},
                        {"rejected", r.rejected},
                        {"mrb", r.mrb}};
    auto done = deliver("work-order.updated", "id-" + r.order, version,
                        {{"number", r.order},
                         {"part", r.part},
                         {"quantity", 100},
                         {"state", "started"},
                         {"change_type", "reported"},
                         {"report", std::move(report)}});
    EXPECT_TRUE(done) << done.error().message;
  }
  json::value production(const std::string& query) {
    auto answer = get("/production" + query);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? answer->body : json::value();
  }
  static json::value row(const json::value& body, std::string_view key) {
    for (const json::value& one : body.at("data").as_array())
      if (one.at("key").as_string() == key) return one;
    ADD_FAILURE() << "no row " << key;
    return json::object{{"busy_minutes", -1}, {"reported_minutes", -1}, {"reports", -1}};
  }
};
INSTANTIATE_TEST_SUITE_P(engines, reporting_service, store::testing::both_engines(), store::testing::engine_name);

// M1:  08:00 ████████████ 09:00
//          08:10 ██ 08:20
//              08:30 ████████████ 09:30
//                                 09:30 ██ 09:40       10:00 ████ 10:20
// union 08:00-09:40 and 10:00-10:20: 120 minutes; sum 60 + 10 + 60 + 10 + 20 = 160.
// M2:  08:00-08:45 twice: union 45, sum 90.
TEST_P(reporting_service, counts_overlapping_minutes_of_a_machine_once) {
  tell({"r1", "Nut", "M1", "08:00", "09:00", 10});
  tell({"r2", "Bolt", "M1", "08:30", "09:30", 20, 3});
  tell({"r3", "Bolt", "M1", "10:00", "10:20", 30, 0, 4});
  tell({"r4", "Bolt", "M1", "08:10", "08:20", 5});
  tell({"r5", "Bolt", "M1", "09:30", "09:40", 5});
  tell({"r6", "Nut", "M2", "08:00", "08:45", 10, 3});
  tell({"r7", "Nut", "M2", "08:00", "08:45", 10, 0, 0, "packing"});
  json::value by_resource = production("?group_by=resource");
  EXPECT_EQ(row(by_resource, "M1").at("busy_minutes"), 120);
  EXPECT_EQ(row(by_resource, "M1").at("reported_minutes"), 160);
  EXPECT_EQ(row(by_resource, "M1").at("reports"), 5);
  EXPECT_EQ(row(by_resource, "M2").at("busy_minutes"), 45);
  EXPECT_EQ(row(by_resource, "M2").at("reported_minutes"), 90);
  const json::value& totals = by_resource.at("totals");
  EXPECT_EQ(totals.at("busy_minutes"), 165);
  EXPECT_EQ(totals.at("reported_minutes"), 250);
  EXPECT_EQ(totals.at("completed"), 90);
  EXPECT_EQ(totals.at("rejected"), 6);
  EXPECT_EQ(totals.at("mrb"), 4);
  EXPECT_EQ(totals.at("packed"), 10);
  EXPECT_EQ(totals.at("work_orders"), 1);
  EXPECT_EQ(totals.at("ordered"), 100);
  // Bolt on M1 alone: 08:10-08:20, 08:30-09:40, 10:00-10:20 = 10 + 70 + 20.
  json::value by_part = production("?group_by=part");
  EXPECT_EQ(row(by_part, "Bolt").at("busy_minutes"), 100);
  EXPECT_EQ(row(by_part, "Nut").at("busy_minutes"), 105) << "60 on M1, 45 on M2";
  // Reports that start in [08:30, 10:00): r2 and r5, which touch: 70 minutes.
  json::value period = production("?group_by=none&from=2024-05-01T08:30:00Z&to=2024-05-01T10:00:00Z");
  EXPECT_EQ(period.at("totals").at("reports"), 2);
  EXPECT_EQ(period.at("totals").at("busy_minutes"), 70);
  // 6 of 90 + 6 + 4.
  EXPECT_DOUBLE_EQ(get("/kpis")->body.at("reject_rate").as_double(), 0.06);
  EXPECT_EQ(get("/lead-times")->body.at("data").as_array().size(), 2U) << "an order's row a part";
}

TEST_P(reporting_service, gives_no_figure_where_nothing_was_reported) {
  json::value figures = get("/kpis")->body;
  EXPECT_TRUE(figures.at("reject_rate").is_null());
  EXPECT_FALSE(figures.at("reject_rate_reason").as_string().empty());
  EXPECT_EQ(production("").at("totals").at("busy_minutes"), 0);
  EXPECT_TRUE(production("?group_by=part").at("data").as_array().empty());
}

TEST_P(reporting_service, takes_a_report_once_and_the_newest_state) {
  tell({"r1", "Nut", "M1", "08:00", "09:00", 10}, 3);
  tell({"r1", "Nut", "M1", "08:00", "09:00", 10}, 3);
  EXPECT_EQ(production("").at("totals").at("reports"), 1);
  EXPECT_EQ(production("").at("totals").at("completed"), 10);
  auto say = [&](std::int64_t version, const std::string& state, int pieces) {
    auto done = deliver("work-order." + state, "id-WO-1", version,
                        {{"number", "WO-1"}, {"part", "Nut"}, {"quantity", pieces}, {"state", state}});
    EXPECT_TRUE(done);
  };
  say(7, "completed", 120);
  say(5, "dispatched", 100);
  say(1, "created", 90);
  json::value orders = get("/wip")->body.at("data");
  ASSERT_EQ(orders.as_array().size(), 1U);
  EXPECT_EQ(orders.at(0).at("state"), "completed");
  EXPECT_EQ(orders.at(0).at("ordered"), 120);
  tell({"r2", "Nut", "M1", "09:00", "10:00", 5}, 4);
  EXPECT_EQ(production("").at("totals").at("reports"), 2) << "a late report counts";
  EXPECT_EQ(get("/wip")->body.at("data").at(0).at("state"), "completed") << "and changes no state";
}

TEST_P(reporting_service, refuses_a_report_without_times) {
  auto refused = deliver("work-order.updated", "w1", 1, {{"number", "WO-1"}, {"report", json::object{{"id", "r1"}}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::corrupt);
  EXPECT_TRUE(get("/wip")->body.at("data").as_array().empty()) << "nothing of it is kept";
}

TEST(reporting_contracts, are_those_checked_in) {
  service::testing::expect_contract("contracts/openapi/reporting.json", service::openapi_of(definition()));
}

}  // namespace
}  // namespace mes::reporting
