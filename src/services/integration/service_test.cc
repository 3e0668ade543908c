// Messages, counters and webhooks.
#include <array>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>

#include "runtime/test_bus.h"
#include "service/test_process.h"
#include "services/integration/module.h"

namespace mes::integration {
namespace {
namespace json = boost::json;

using names = std::vector<std::string>;

class integration_messages : public service::testing::service_test {
 protected:
  integration_messages() : service_test(definition()) {}

  result<service::reply> receive(int pieces, std::optional<int> version = {}, const std::string& sender = "erp") {
    return post("/messages", R"({"sender":")" + sender + R"(","external_id":"PO-1","type":"work-order",)" +
                                 (version ? R"("external_version":)" + std::to_string(*version) + "," : "") +
                                 R"("payload":{"number":"WO-1","quantity":)" + std::to_string(pieces) + "}}");
  }
  result<service::reply> read(const std::string& readings) {
    return post("/scada/readings", R"({"source":"plc-1","readings":[)" + readings + "]}");
  }
  static std::string reading(int sequence, const std::string& value, const std::string& more = "",
                             const std::string& point = "count") {
    return R"({"point":")" + point + R"(","sequence":)" + std::to_string(sequence) +
           R"(,"at":"2024-05-01T08:00:00Z","value":)" + value + more + "}";
  }
  json::value point() { return get("/scada/points")->body.at("data").at(0); }
};
INSTANTIATE_TEST_SUITE_P(engines, integration_messages, store::testing::both_engines(), store::testing::engine_name);

TEST_P(integration_messages, takes_the_same_message_once) {
  auto first = receive(10);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->status, 202);
  EXPECT_EQ(events.at(0).data.at("payload").at("quantity"), 10);
  EXPECT_EQ(told(), names{"integration.message-received"});
  auto again = receive(10);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->body.at("id"), first->body.at("id"));
  EXPECT_TRUE(told().empty()) << "nobody hears of it twice";
  EXPECT_EQ(receive(11).error().code, error_code::conflict);
  EXPECT_TRUE(receive(11, {}, "plm")) << "another sender's id";
}

TEST_P(integration_messages, goes_by_the_senders_version) {
  auto newer = receive(20, 2);
  ASSERT_TRUE(newer);
  told();
  auto older = receive(10, 1);
  ASSERT_TRUE(older);
  EXPECT_EQ(older->body.at("payload").at("quantity"), 20) << "ignored";
  EXPECT_EQ(told(), names{"system.notification"}) << "and told of";
  EXPECT_EQ(receive(21, 2).error().code, error_code::conflict);
  auto newest = receive(30, 3);
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->body.at("id"), newer->body.at("id"));
  EXPECT_EQ(events.at(0).aggregate_version, 2);
  EXPECT_EQ(events.at(0).data.at("payload").at("quantity"), 30);
  EXPECT_EQ(told(), names{"integration.message-received"});
}

// 100, 130 (+30), reset, 5 (+5), 9 (+4): 39.
TEST_P(integration_messages, counts_through_a_reset) {
  ASSERT_TRUE(post("/scada/points", R"({"id":"count","counter":true})"));
  auto done = read(reading(1, "100") + "," + reading(2, "130") + "," + reading(3, "5") + "," + reading(4, "9"));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->body.at("taken"), 4);
  EXPECT_EQ(point().at("total"), 39);
  EXPECT_EQ(point().at("resets"), 1);
  EXPECT_EQ(point().at("value"), 9);
  ASSERT_TRUE(read(reading(5, "0", R"(,"quality":"bad")")));
  EXPECT_EQ(point().at("total"), 39) << "bad quality counts nothing";
  EXPECT_EQ(point().at("resets"), 1);
  ASSERT_TRUE(read(reading(6, "9.5")));
  EXPECT_EQ(point().at("total").to_number<double>(), 39.5);
}

TEST_P(integration_messages, takes_a_sequence_number_once) {
  ASSERT_TRUE(post("/scada/points", R"({"id":"count","counter":true})"));
  std::string batch = reading(1, "10") + "," + reading(2, "20");
  ASSERT_TRUE(read(batch));
  told();
  auto again = read(batch);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->body.at("taken"), 0);
  EXPECT_EQ(again->body.at("repeated"), 2);
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(point().at("total"), 10);
  auto overlap = read(reading(2, "20") + "," + reading(3, "25"));
  EXPECT_EQ(overlap->body.at("taken"), 1);
  EXPECT_EQ(events.at(0).data.at("readings").as_array().size(), 1U);
  EXPECT_EQ(point().at("total"), 15);
}

TEST_P(integration_messages, quarantines_points_that_nobody_knows) {
  auto done = read(reading(1, "1", "", "strange"));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->body.at("quarantined"), 1);
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(get("/scada/points")->body.at("quarantined").at(0).at("point"), "strange");
}

TEST_P(integration_messages, refuses_webhooks_that_cannot_be) {
  EXPECT_EQ(
      post("/webhooks", R"({"name":"w","url":"ftp://x","topics":["material.received"]})").error().fields.at(0).path,
      "/url");
  EXPECT_EQ(
      post("/webhooks", R"({"name":"w","url":"http://x/","topics":["system.audit-log"]})").error().fields.at(0).path,
      "/topics/0");
  auto made = post("/webhooks", R"({"name":"w","url":"http://x/","topics":["material.received"]})");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_FALSE(made->body.at("secret").as_string().empty());
  EXPECT_TRUE(get("/webhooks")->body.at("data").at(0).at("secret").as_string().empty()) << "shown once";
}

// What OpenSSL's own program says: base64url of the HMAC-SHA-256 over the body.
std::string openssl_hmac(const std::string& secret, const std::string& body) {
  std::string file = "/tmp/mes-test-hmac-" + uuid::make_v4().to_string();
  std::ofstream(file, std::ios::binary) << body;
  std::string command =
      "openssl dgst -sha256 -hmac '" + secret + "' -binary " + file + " | openssl base64 -A | tr '+/' '-_' | tr -d '='";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 256> line{};
  std::string out;
  while (pipe && fgets(line.data(), line.size(), pipe.get())) out += line.data();
  std::filesystem::remove(file);
  return out;
}

// A partner that refuses the first request and takes the second.
TEST(webhooks, are_signed_and_sent_until_the_partner_takes_them) {
  std::mutex mutex;
  std::condition_variable came;
  std::vector<runtime::http_request> requests;
  runtime::test_server partner([&](runtime::http_request q, runtime::http_responder r) {
    std::lock_guard lock(mutex);
    requests.push_back(std::move(q));
    r.send(runtime::http_response::text(requests.size() == 1 ? 503 : 204, ""));
    came.notify_all();
  });
  names topics = {"material.received", "integration.message-sent", "integration.message-failed", "system.audit-log",
                  "system.health-check"};
  for (const char* more :
       {"work-order.created", "work-order.updated", "work-order.completed", "work-order.cancelled",
        "work-order.on-hold", "quality.ncr-created", "quality.ncr-closed", "quality.fai-approved", "material.consumed",
        "material.scrapped", "material.inventory-adjusted", "equipment.fault-detected",
        "equipment.maintenance-required", "reporting.report-generated", "system.notification"})
    topics.emplace_back(more);
  runtime::testing::test_bus bus(topics, 1);
  std::string folder = "/tmp/mes-test-webhooks-" + uuid::make_v4().to_string();
  {
    service::testing::test_process running(definition(), "sqlite:" + folder + "/test.db", bus.bootstrap());
    std::string token = running.token({"admin"});
    auto made = running.call("POST", "/api/v1/integration/webhooks",
                             R"({"name":"w","url":")" + partner.url("/hook") + R"(","topics":["material.received"]})",
                             token, {});
    ASSERT_EQ(made.status, 201) << made.body;
    std::string secret(wire::parse_json(made.body)->at("secret").as_string());

    observe::logger log("webhook_test", observe::level::error);
    runtime::kafka_producer producer(bus.bootstrap(), "test", log);
    service::event e{.type = "material.received",
                     .aggregate_id = "lot-1",
                     .aggregate_version = 2,
                     .data = {{"lot", "L-1"}, {"note", "Grüße"}},
                     .id = uuid::make_v7(),
                     .source = "/material-service",
                     .time = instant::now(),
                     .request_id = "r-1"};
    for (int i = 0; i < 2; ++i) producer.produce(to_record(e), [](result<void> r) { EXPECT_TRUE(r); });  // twice
    ASSERT_TRUE(producer.flush(std::chrono::seconds(10)));

    std::unique_lock lock(mutex);
    ASSERT_TRUE(came.wait_for(lock, std::chrono::seconds(60), [&] { return requests.size() >= 2; }));
    EXPECT_EQ(requests[0].body, requests[1].body);
    EXPECT_EQ(requests[0].headers.get("X-MES-Message-ID"), requests[1].headers.get("X-MES-Message-ID"));
    EXPECT_EQ(requests[1].headers.get("X-MES-Signature"), "sha256=" + openssl_hmac(secret, requests[1].body));
    EXPECT_EQ(requests[1].headers.get("X-MES-Event"), "material.received");
    auto body = wire::parse_json(requests[1].body);
    ASSERT_TRUE(body);
    EXPECT_EQ(body->at("data").at("lot"), "L-1");
    EXPECT_EQ(body->at("id").as_string(), std::string_view(e.id.to_string()));
    lock.unlock();
    for (int i = 0; i < 300; ++i) {
      auto sent = running.call("GET", "/api/v1/integration/messages?direction=outbound&state=sent", "", token, {});
      json::value page = *wire::parse_json(sent.body);
      if (page.at("data").as_array().empty()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        continue;
      }
      EXPECT_EQ(page.at("data").as_array().size(), 1U);
      EXPECT_EQ(page.at("data").at(0).at("attempts"), 2);
      break;
    }
    lock.lock();
    EXPECT_EQ(requests.size(), 2U) << "the event came twice and went out once";
  }
  std::filesystem::remove_all(folder);
}

TEST(integration_contracts, are_those_checked_in) {
  service::testing::expect_contract("contracts/openapi/integration.json", service::openapi_of(definition()));
}

}  // namespace
}  // namespace mes::integration
