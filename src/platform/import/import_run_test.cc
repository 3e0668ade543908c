// A whole import against a platform in this process that is as strict as the real one and fails on purpose.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "platform/import/import.h"
#include "runtime/http_server.h"

namespace mes::platform {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using runtime::http_request;
using runtime::http_response;

// Keeps what it is told; answers every n-th call with an error, after or before it took effect.
class fake_platform {
 public:
  explicit fake_platform(int fail_every) : _fail_every(fail_every) {
    std::promise<std::uint16_t> port;
    _thread = std::thread([this, &port] {
      auto server = runtime::http_server::listen(
          _loop, {}, [this](http_request r, runtime::http_responder to) { to.send(answer(r)); });
      port.set_value((*server)->port());
      _loop.run();
    });
    _port = port.get_future().get();
  }
  ~fake_platform() {
    _loop.stop();
    _thread.join();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(_port); }

  int logins = 0;
  std::map<std::string, json::object> reports;  // by external_id
  std::map<std::string, json::object> orders;   // by number
  std::map<std::string, std::set<std::string>> entities;
  std::string refused_operation;  // answered with 422
  std::string forgotten_worker;   // whose reports are acknowledged and lost

 private:
  http_response answer(const http_request& r) {
    const int n = ++_calls;
    if (r.path == "/api/v1/auth/login" || r.path == "/api/v1/auth/refresh") {
      ++logins;
      return http_response::json(
          200, R"({"access_token":"t)" + std::to_string(logins) + R"(","refresh_token":"r","expires_in":900})");
    }
    if (r.headers.get("Authorization") != "Bearer t" + std::to_string(logins)) return http_response::json(401, "{}");
    if (_fail_every > 0) {
      if (n % (_fail_every * 7) == 0) {
        ++logins;  // the token is not good any more
        return http_response::json(401, R"({"exp":"token expired"})");
      }
      if (n % _fail_every == 0)
        return http_response::json(n % 2 ? 503 : 502, R"({"message":"name resolution failed"})");
      if (n % _fail_every == 1) {
        take(r);  // it took effect, but the answer is lost
        return http_response::json(504, "");
      }
    }
    return take(r);
  }

  http_response take(const http_request& r) {
    if (r.method == "GET") return read(r);
    const json::object body = json::parse(r.body).as_object();
    if (r.path.ends_with("/reports")) return report(r, body);
    if (r.path == "/api/v1/workorders") {
      const std::string number(body.at("number").as_string());
      if (!orders.try_emplace(number, body).second && r.headers.get("Idempotency-Key").empty())
        return http_response::json(409, "{}");
      return http_response::json(201, R"({"id":"id-of-)" + number + "\"}");
    }
    for (const char* key : {"number", "code", "employee_id"})
      if (body.contains(key)) entities[r.path].insert(std::string(body.at(key).as_string()));
    return http_response::json(201, "{}");
  }

  http_response report(const http_request& r, json::object body) {
    if (body.at("operation").as_string() == refused_operation)
      return http_response::json(422, R"({"title":"Unprocessable","detail":"no such operation here"})");
    const std::string id(body.at("external_id").as_string());
    EXPECT_EQ(r.headers.get("Idempotency-Key"), "\"" + id + "\"");
    body["order"] = r.path.substr(sizeof("/api/v1/workorders/id-of-") - 1,
                                  r.path.size() - sizeof("/api/v1/workorders/id-of-") + 1 - sizeof("/reports") + 1);
    if (body.at("worker").as_string() == forgotten_worker) return http_response::json(201, "{}");
    const auto [at, added] = reports.try_emplace(id, body);
    EXPECT_TRUE(added || at->second == body) << "one id, two contents";
    return http_response::json(201, "{}");
  }

  json::object sums(const std::vector<const json::object*>& of) const {
    std::int64_t completed = 0, rejected = 0, mrb = 0, minutes = 0;
    for (const json::object* r : of) {
      completed += r->at("completed").as_int64();
      rejected += r->at("rejected").as_int64();
      mrb += r->at("mrb").as_int64();
      minutes +=
          (*instant::parse(r->at("ended_at").as_string()) - *instant::parse(r->at("started_at").as_string())).count() /
          60'000'000;
    }
    return {{"reports", of.size()}, {"completed", completed},      {"rejected", rejected},
            {"mrb", mrb},           {"reported_minutes", minutes}, {"busy_minutes", minutes}};
  }

  std::int64_t packed(const std::string& order) const {
    std::int64_t sum = 0;
    for (const auto& [id, r] : reports)
      if (r.at("operation_kind").as_string() == "packing" && (order.empty() || r.at("order").as_string() == order))
        sum += r.at("completed").as_int64();
    return sum;
  }

  http_response read(const http_request& r) {
    if (r.path.starts_with("/api/v1/workorders/")) {
      const std::string number = r.path.substr(sizeof("/api/v1/workorders/id-of-") - 1);
      std::vector<const json::object*> of;
      for (const auto& [id, report] : reports)
        if (report.at("order").as_string() == number) of.push_back(&report);
      json::object out = sums(of);
      out["quantity"] = orders.at(number).at("quantity");
      out["packed"] = packed(number);
      return http_response::json(200, json::serialize(out));
    }
    if (r.path == "/api/v1/dashboard/production") return production(std::string(r.query_value("group_by")));
    const std::string key = r.path.ends_with("parts")       ? "number"
                            : r.path.ends_with("personnel") ? "employee_id"
                                                            : "code";
    json::array data;
    for (const std::string& e : entities[r.path]) data.push_back(json::object{{key, e}});
    return http_response::json(200, json::serialize(json::object{{"data", data}, {"next_cursor", nullptr}}));
  }

  http_response production(const std::string& group_by) {
    std::map<std::string, std::vector<const json::object*>> groups;
    std::vector<const json::object*> all;
    std::int64_t ordered = 0;
    for (const auto& [id, r] : reports) {
      const std::string order(r.at("order").as_string());
      groups[group_by == "work_order" ? order
             : group_by == "part"     ? std::string(orders.at(order).at("part").as_string())
                                      : std::string(r.at(group_by).as_string())]
          .push_back(&r);
      all.push_back(&r);
    }
    for (const auto& [number, o] : orders) ordered += o.at("quantity").as_int64();
    json::array data;
    for (const auto& [key, of] : groups) {
      json::object row = sums(of);
      row["key"] = key;
      data.push_back(row);
    }
    json::object totals = sums(all);
    totals["work_orders"] = orders.size();
    totals["ordered"] = ordered;
    totals["packed"] = packed("");
    return http_response::json(200, json::serialize(json::object{{"data", data}, {"totals", totals}}));
  }

  int _fail_every;
  int _calls = 0;
  runtime::event_loop _loop;
  std::thread _thread;
  std::uint16_t _port = 0;
};

class import_run_test : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/mes-import-XXXXXX";
    ASSERT_TRUE(mkdtemp(name));
    _dir = name;
    std::ofstream(_dir / "password") << "secret\n";
    std::ofstream(_dir / "m.yaml") << R"(
name: test-shop
time: { format: '%Y-%m-%d %H:%M' }
part: { number: part }
resource: { code: machine }
worker: { employee_id: worker }
order: { number: order, quantity: ordered }
report:
  operation: step
  operation_kind: { constant: production, cases: [{ when: { step: pack }, value: packing }] }
  report_type: { column: type, map: { S: setup, D: production, B: breakdown } }
  started_at: from
  ended_at: to
  completed: good
  rejected: bad
)";
    std::ofstream csv(_dir / "log.csv");
    csv << "order,ordered,part,machine,worker,step,type,from,to,good,bad\n";
    for (int i = 0; i < 120; ++i) {
      const int n = i % 60;  // every row is there twice
      csv << "o-" << n % 7 << ',' << 10 + n % 7 << ",p-" << n % 7 << ",m-" << n % 5 << ",w-" << n % 4 << ','
          << (n % 6 ? "turn" : "pack") << ',' << "SDB"[n % 3] << ",2024-01-01 0" << n % 9 << ":00,2024-01-01 0" << n % 9
          << ':' << 10 + n % 50 << ',' << n % 8 << ',' << n % 2 << '\n';
    }
    csv << "o-1,11,p-1,m-1,w-1,turn,D,never,2024-01-01 10:00,1,0\n";
    csv << "short,row\n";
  }
  void TearDown() override { fs::remove_all(_dir); }

  json::object import(const fake_platform& into, int& code) {
    testing::internal::CaptureStdout();
    code = import_command({.file = (_dir / "log.csv").string(),
                           .mapping = (_dir / "m.yaml").string(),
                           .gateway = into.url(),
                           .password_file = (_dir / "password").string(),
                           .in_flight = 16,
                           .reconcile_s = 1,
                           .json = true});
    const std::string out = testing::internal::GetCapturedStdout();
    return json::parse(out).as_object();
  }

  std::string rejects() const {
    std::ifstream in(_dir / "log.csv.rejects.csv");
    return (std::ostringstream() << in.rdbuf()).str();
  }

  fs::path _dir;
};

TEST_F(import_run_test, everything_arrives_once_and_bad_rows_are_listed) {
  fake_platform platform(0);
  int code = 0;
  const json::object first = import(platform, code);
  EXPECT_EQ(code, 0) << json::serialize(first);
  EXPECT_TRUE(first.at("reconciled").as_bool());
  EXPECT_EQ(first.at("rows").as_int64(), 122);
  EXPECT_EQ(first.at("acknowledged").as_int64(), 120);
  EXPECT_EQ(platform.reports.size(), 120u);  // identical rows are different reports
  EXPECT_EQ(platform.orders.size(), 7u);
  EXPECT_EQ(platform.entities["/api/v1/equipment/personnel"].size(), 4u);
  EXPECT_THAT(rejects(),
              testing::HasSubstr("122,\"report.started_at is \"\"never\"\"; a time as %Y-%m-%d %H:%M was expected\""));
  EXPECT_THAT(rejects(), testing::HasSubstr("123,\"2 fields; the header has 11\",\"short,row\""));

  const json::object second = import(platform, code);
  EXPECT_EQ(code, 0) << json::serialize(second);
  EXPECT_EQ(platform.reports.size(), 120u);
}

TEST_F(import_run_test, failures_and_lost_answers_change_nothing) {
  fake_platform platform(9);
  int code = 0;
  const json::object result = import(platform, code);
  EXPECT_EQ(code, 0) << json::serialize(result);
  EXPECT_EQ(platform.reports.size(), 120u);
  EXPECT_GT(result.at("calls_repeated").as_int64(), 10);
  EXPECT_GT(platform.logins, 1);
}

TEST_F(import_run_test, reports_that_the_platform_refuses_are_listed_and_the_rest_reconciles) {
  fake_platform platform(0);
  platform.refused_operation = "pack";
  int code = 0;
  const json::object result = import(platform, code);
  EXPECT_EQ(code, 0) << json::serialize(result);
  EXPECT_EQ(result.at("rejected_rows").as_int64(), 22);
  EXPECT_THAT(rejects(), testing::HasSubstr("HTTP 422: Unprocessable: no such operation here"));
}

TEST_F(import_run_test, a_platform_that_loses_a_report_does_not_reconcile) {
  fake_platform platform(0);
  platform.forgotten_worker = "w-3";
  int code = 0;
  const json::object result = import(platform, code);
  EXPECT_EQ(code, 1);
  EXPECT_FALSE(result.at("reconciled").as_bool());
}

}  // namespace
}  // namespace mes::platform
