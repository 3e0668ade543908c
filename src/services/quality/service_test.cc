// The service on a database: what clients see, what is told, what events do.
#include "base/sha256.h"
#include "service/test_service.h"
#include "services/quality/events.h"
#include "services/quality/module.h"

namespace mes::quality {
namespace {

using names = std::vector<std::string>;

class quality_service : public service::testing::service_test {
 protected:
  quality_service() : service_test(definition()) {}

  static json::object report(const std::string& id, int rejected, int mrb) {
    return {{"work_order_id", "w1"},
            {"number", "Case 1"},
            {"part", "Cable Head"},
            {"change_type", "reported"},
            {"report", json::object{{"id", id},
                                    {"operation", "Turning"},
                                    {"resource", "Machine 4"},
                                    {"worker", "ID4932"},
                                    {"completed", 7},
                                    {"rejected", rejected},
                                    {"mrb", mrb},
                                    {"historical", true}}}};
  }
  std::string id_of(const result<service::reply>& r) {
    EXPECT_TRUE(r) << r.error().message;
    return std::string(r->body.at("id").as_string());
  }
};
INSTANTIATE_TEST_SUITE_P(engines, quality_service, store::testing::both_engines(), store::testing::engine_name);

TEST_P(quality_service, opens_one_inspection_and_one_ncr_for_a_report_with_rejects) {
  ASSERT_TRUE(deliver("work-order.updated", "w1", 5, report("r0", 0, 0)));
  EXPECT_TRUE(events.empty());
  ASSERT_TRUE(deliver("work-order.updated", "w1", 6, report("r1", 2, 1)));
  const names opened = {"quality.inspection-created", "quality.inspection-failed", "quality.ncr-created"};
  ASSERT_EQ(events.size(), 3U);
  const json::object& data = events.back().data;
  EXPECT_EQ(data.at("quantity"), 3);
  EXPECT_EQ(data.at("severity"), "major");
  EXPECT_EQ(data.at("work_order_id"), "w1");
  EXPECT_EQ(data.at("work_order"), "Case 1");
  EXPECT_EQ(data.at("historical"), true);
  EXPECT_EQ(data.at("hold_order"), false);
  EXPECT_EQ(told(), opened);
  ASSERT_TRUE(deliver("work-order.updated", "w1", 6, report("r1", 2, 1)));
  EXPECT_TRUE(told().empty()) << "the same report again";
  auto all = get("/ncrs?work_order_id=w1")->body.at("data");
  ASSERT_EQ(all.as_array().size(), 1U);
  EXPECT_EQ(all.at(0).at("state"), "mrb-review");
  EXPECT_EQ(all.at(0).at("request_id"), "request-of-event");
  EXPECT_EQ(get("/inspections?state=failed")->body.at("data").at(0).at("reason"), "rejects");
}

TEST_P(quality_service, voids_the_ncr_of_a_report_that_is_taken_back) {
  ASSERT_TRUE(deliver("work-order.updated", "w1", 6, report("r1", 2, 0)));
  events.clear();
  json::object back = report("r2", -2, 0);
  back["report"].as_object()["reverses"] = "r1";
  ASSERT_TRUE(deliver("work-order.updated", "w1", 7, back));
  EXPECT_EQ(told(), names{"quality.ncr-closed"});
  EXPECT_EQ(get("/ncrs")->body.at("data").at(0).at("state"), "void");
}

TEST_P(quality_service, takes_an_ncr_from_containment_to_close) {
  std::string ncr = id_of(post("/ncrs", R"({"part":"p","quantity":3,"severity":"major","description":"burr"})"));
  EXPECT_EQ(told(), names{"quality.ncr-created"});
  std::string path = "/ncrs/" + ncr + "/actions/";
  ASSERT_TRUE(post(path + "contain", R"({"containment":"red box"})"));
  EXPECT_EQ(post(path + "void").error().code, error_code::illegal_transition) << "only while open";
  ASSERT_TRUE(post(path + "review"));
  EXPECT_EQ(post(path + "decide", R"({"dispositions":[{"kind":"scrap","quantity":2}]})").error().code,
            error_code::unprocessable);
  ASSERT_TRUE(post(path + "decide", R"({"dispositions":[{"kind":"scrap","quantity":3}]})"));
  EXPECT_EQ(post(path + "close").error().code, error_code::illegal_transition);
  ASSERT_TRUE(post(path + "execute", R"({"disposition":0})"));
  ASSERT_TRUE(post(path + "verify"));
  auto closed = post(path + "close");
  ASSERT_TRUE(closed) << closed.error().message;
  EXPECT_EQ(closed->body.at("state"), "closed");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].aggregate_version, 2) << "the second event about it";
  EXPECT_EQ(told(), names{"quality.ncr-closed"});
}

TEST_P(quality_service, decides_inspections_by_their_plan) {
  ASSERT_TRUE(post("/plans", R"({"number":"P-1","part":"p","characteristics":[
    {"number":"1","lower":9.95,"upper":10.05,"severity_if_failed":"critical"}]})"));
  auto run = [&](const std::string& value, const std::string& more = "") {
    std::string id =
        id_of(post("/inspections", R"({"plan":"P-1","part":"p","work_order_id":"w1","inspected":4)" + more + "}"));
    EXPECT_TRUE(post("/inspections/" + id + "/actions/start"));
    EXPECT_TRUE(post("/inspections/" + id + "/actions/record",
                     R"({"measurements":[{"characteristic":"1","value":)" + value + "}]}"));
    auto decided = post("/inspections/" + id + "/actions/decide");
    EXPECT_TRUE(decided) << decided.error().message;
    return decided->body;
  };
  auto failed = run("10.06");
  EXPECT_EQ(failed.at("state"), "failed");
  EXPECT_EQ(told(), (names{"quality.inspection-created", "quality.inspection-failed", "quality.ncr-created"}));
  EXPECT_EQ(get("/ncrs?severity=critical")->body.at("data").as_array().size(), 1U);
  auto passed = run("10.01", R"(,"supersedes":")" + std::string(failed.at("id").as_string()) + "\"");
  EXPECT_EQ(passed.at("state"), "passed");
  EXPECT_EQ(events.back().data.at("supersedes_number"), failed.at("number"));
  EXPECT_EQ(told(), (names{"quality.inspection-created", "quality.inspection-passed"}));
}

TEST_P(quality_service, lets_another_person_approve_a_first_article) {
  std::string id = id_of(post("/fai", R"({"fair_id":"F-1","part_number":"p","part_name":"Cable Head"})"));
  ASSERT_TRUE(post("/fai/" + id + "/actions/start"));
  EXPECT_EQ(post("/fai/" + id + "/actions/submit").error().code, error_code::unprocessable);
  auto filled = put("/fai/" + id, R"({"process_reference":"P1","organization":"Shop",
    "characteristics":[{"number":"1","requirement":"10 mm","result":"10.01"}]})",
                    "2");
  ASSERT_TRUE(filled) << filled.error().message;
  ASSERT_TRUE(post("/fai/" + id + "/actions/submit"));
  EXPECT_EQ(post("/fai/" + id + "/actions/approve").error().code, error_code::permission_denied);
  user = "user-2";
  events.clear();
  ASSERT_TRUE(post("/fai/" + id + "/actions/approve"));
  EXPECT_EQ(told(), names{"quality.fai-approved"});
}

TEST_P(quality_service, binds_a_signature_to_the_record_and_refuses_a_made_up_token) {
  std::string ncr = id_of(post("/ncrs", R"({"part":"p","quantity":1,"description":"x"})"));
  auto record = json::serialize(get("/ncrs/" + ncr)->body);
  auto asked = post("/signatures", R"({"record_type":"ncr","record_id":")" + ncr + R"(","meaning":"approved"})");
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(asked->body.at("record_sha256").as_string(), std::string_view(sha256_hex(record)));
  EXPECT_EQ(told().back(), "quality.signature-required");
  std::string path = "/signatures/" + std::string(asked->body.at("id").as_string()) + "/actions/";
  auto forged = post(path + "sign", R"({"reauth_token":"eyJhbGciOiJub25lIn0.e30.","printed_name":"U"})");
  EXPECT_EQ(forged.error().code, error_code::permission_denied);
  EXPECT_EQ(post(path + "decline", R"({"reason":"not mine"})")->body.at("state"), "declined");
  EXPECT_EQ(post(path + "decline", R"({"reason":"again"})").error().code, error_code::illegal_transition);
}

TEST_P(quality_service, opens_capas_for_known_ncrs) {
  EXPECT_EQ(post("/capas", R"({"problem":"x","ncrs":["NCR-9"]})").error().fields.at(0).path, "/ncrs/0");
  std::string id = id_of(post("/capas", R"({"problem":"burr again"})"));
  EXPECT_EQ(told(), names{"quality.capa-created"});
  EXPECT_EQ(post("/capas/" + id + "/actions/analyse", R"({"root_cause":"worn tool"})")->body.at("state"), "root-cause");
}

TEST(quality_contracts, are_those_checked_in) {
  using service::testing::expect_contract, service::testing::expect_event_contract;
  expect_contract("contracts/openapi/quality.json", service::openapi_of(definition()));
  for (const char* name : {"created", "passed", "failed"})
    expect_event_contract<inspection_event>("quality.inspection-" + std::string(name));
  for (const char* name : {"created", "closed"}) expect_event_contract<ncr_event>("quality.ncr-" + std::string(name));
  expect_event_contract<capa_event>("quality.capa-created");
  for (const char* name : {"created", "approved", "rejected"})
    expect_event_contract<fai_event>("quality.fai-" + std::string(name));
  for (const char* name : {"required", "completed"})
    expect_event_contract<signature_event>("quality.signature-" + std::string(name));
}

}  // namespace
}  // namespace mes::quality
