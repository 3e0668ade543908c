// Zipkin's formats: the rules are those of zipkin2-api.yaml and of openzipkin's conversion from version 1.
#include "wire/zipkin/zipkin.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace mes::wire::zipkin {
namespace {

using otlp::attribute_value;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(zipkin_json, a_span_of_version_2) {
  const auto spans = read_json_v2(R"([{
    "traceId": "5af7183fb1d4cf5f", "parentId": "6b221d5bc9e6496c", "id": "352bff9a74ca9ad2", "kind": "CLIENT",
    "name": "get /api", "timestamp": 1556604172355737, "duration": 1431,
    "localEndpoint": {"serviceName": "backend", "ipv4": "192.168.99.1", "port": 3306},
    "remoteEndpoint": {"serviceName": "mysql", "ipv4": "172.19.0.2", "port": 58648},
    "annotations": [{"timestamp": 1556604172355800, "value": "sent"}], "tags": {"http.method": "GET"}}])");
  ASSERT_TRUE(spans) << spans.error().message;
  const auto records = records_of(*spans);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].service, "backend");
  EXPECT_THAT(records[0].attributes, ElementsAre(Pair("ip", attribute_value("192.168.99.1"))));
  ASSERT_EQ(records[0].spans.size(), 1u);
  const auto& s = records[0].spans[0];
  EXPECT_EQ(s.trace_id, std::string(8, '\0') + "\x5a\xf7\x18\x3f\xb1\xd4\xcf\x5f");
  EXPECT_EQ(s.parent_id, "\x6b\x22\x1d\x5b\xc9\xe6\x49\x6c");
  EXPECT_EQ(s.kind, otlp::kind_of("client"));
  EXPECT_EQ(s.start_ns, 1556604172355737'000u);
  EXPECT_EQ(s.end_ns - s.start_ns, 1431'000u);
  EXPECT_THAT(s.attributes, Contains(Pair("peer.service", attribute_value("mysql"))));
  EXPECT_THAT(s.attributes, Contains(Pair("peer.ipv4", attribute_value("172.19.0.2"))));
  EXPECT_THAT(s.attributes, Contains(Pair("peer.port", attribute_value(std::int64_t{58648}))));
  ASSERT_EQ(s.events.size(), 1u);
  EXPECT_EQ(s.events[0].name, "sent");
}

TEST(zipkin_json, one_span_of_version_1_with_both_sides_is_two) {
  const auto spans = read_json_v1(R"([{"traceId": "1", "id": "2", "name": "get", "timestamp": 100, "duration": 60,
    "annotations": [
      {"timestamp": 100, "value": "cs", "endpoint": {"serviceName": "web"}},
      {"timestamp": 110, "value": "sr", "endpoint": {"serviceName": "db"}},
      {"timestamp": 150, "value": "ss", "endpoint": {"serviceName": "db"}},
      {"timestamp": 155, "value": "parsed", "endpoint": {"serviceName": "web"}},
      {"timestamp": 160, "value": "cr", "endpoint": {"serviceName": "web"}}],
    "binaryAnnotations": [
      {"key": "sql", "value": "select 1", "endpoint": {"serviceName": "db"}},
      {"key": "sa", "value": true, "endpoint": {"serviceName": "db", "ipv4": "10.0.0.2"}}]}])");
  ASSERT_TRUE(spans) << spans.error().message;
  ASSERT_EQ(spans->size(), 2u);
  const span& client = (*spans)[0];
  const span& server = (*spans)[1];
  EXPECT_EQ(client.local->service, "web");
  EXPECT_EQ(client.remote->ipv4, "10.0.0.2");
  EXPECT_EQ(client.timestamp_us, 100);
  EXPECT_EQ(client.duration_us, 60);
  EXPECT_EQ(client.annotations.at(0).value, "parsed");
  EXPECT_EQ(server.local->service, "db");
  EXPECT_EQ(server.timestamp_us, 110);
  EXPECT_EQ(server.duration_us, 40);
  EXPECT_THAT(server.tags, ElementsAre(Pair("sql", attribute_value("select 1"))));
  EXPECT_EQ(client.id, server.id);
}

TEST(zipkin_json, says_which_span_and_which_field) {
  const auto message = [](std::string_view body) {
    const auto read = read_json_v2(body);
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(message(R"([{"traceId":"1","id":"2"},{"traceId":"1"}])"), "Span 1: \"id\" is missing");
  EXPECT_EQ(message(R"([{"traceId":"xy","id":"2"}])"), "Span 0: \"traceId\" is not hex digits");
  EXPECT_EQ(message(R"([{"traceId":"1","id":"2","kind":"BOTH"}])"),
            "Span 0: \"kind\" is not CLIENT, SERVER, PRODUCER or CONSUMER");
  EXPECT_THAT(message(R"([{"traceId":"1","id":"2","tags":[]}])"), HasSubstr("\"tags\" is not an object"));
  EXPECT_THAT(message("[{"), HasSubstr("not valid JSON"));
}

TEST(zipkin_protobuf, bytes_that_are_no_list_of_spans) {
  EXPECT_FALSE(read_protobuf("\xff\xff\xff"));
  EXPECT_TRUE(read_protobuf("")->empty());
}

}  // namespace
}  // namespace mes::wire::zipkin
