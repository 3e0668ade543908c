#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "wire/otlp/base64.h"
#include "wire/otlp/otlp_json.h"
#include "wire/otlp/otlp_reader.h"

namespace mes::wire::otlp {
namespace {

std::string bytes(std::initializer_list<int> list) { return {list.begin(), list.end()}; }

// The trace of opentelemetry-proto's examples/trace.json, shortened: the specification's own example.
constexpr std::string_view example = R"({"resourceSpans":[{"resource":{"attributes":[
 {"key":"service.name","value":{"stringValue":"my.service"}}]},"scopeSpans":[{"scope":{"name":"my.library",
 "version":"1.0.0","attributes":[{"key":"my.scope.attribute","value":{"stringValue":"some scope attribute"}}]},
 "spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","parentSpanId":"EEE19B7EC3C1B173",
 "name":"I'm a server span","startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000","kind":2,
 "attributes":[{"key":"my.span.attr","value":{"stringValue":"some value"}}]}]}]}]})";

struct read_span {
  std::string service, scope;
  span_head head;
  span_details details;
};

std::vector<read_span> read_all(const std::string& request) {
  std::vector<read_span> spans;
  auto read = read_export(request, [&](const span_bytes& s) {
    auto head = read_head(s.span);
    auto details = read_details(s.span);
    auto scope = read_scope(s.scope);
    ASSERT_TRUE(head && details && scope);
    spans.push_back({std::string(s.service), scope->name + "/" + scope->version, *head, *details});
  });
  EXPECT_TRUE(read);
  return spans;
}

TEST(otlp, the_specifications_example) {
  auto request = export_from_json(example);
  ASSERT_TRUE(request) << request.error().message;
  auto spans = read_all(*request);
  ASSERT_EQ(spans.size(), 1u);
  const read_span& s = spans[0];
  EXPECT_EQ(s.service, "my.service");
  EXPECT_EQ(s.scope, "my.library/1.0.0");
  EXPECT_EQ(s.head.trace_id,
            bytes({0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03, 0xd2, 0x69, 0xb6, 0x33, 0x81, 0x3f, 0xc6, 0x0c}));
  EXPECT_EQ(s.head.span_id, bytes({0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x74}));
  EXPECT_EQ(s.head.parent_id, bytes({0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x73}));
  EXPECT_EQ(s.head.name, "I'm a server span");
  EXPECT_EQ(s.head.kind, 2u);
  EXPECT_EQ(s.head.start_ns, 1544712660000000000u);
  EXPECT_EQ(s.head.end_ns, 1544712661000000000u);
  ASSERT_EQ(s.details.attributes.size(), 1u);
  EXPECT_EQ(s.details.attributes[0].first, "my.span.attr");
  EXPECT_EQ(std::get<std::string>(s.details.attributes[0].second), "some value");
}

// Bytes written by hand from trace.proto: resource_spans(1){resource(1){attributes(1){key, value{string}}},
// scope_spans(2){spans(2){...}}}.
TEST(otlp, protobuf_by_its_field_numbers) {
  std::string id16(16, 'T'), id8(8, 'S');
  std::string span = "\x0a\x10" + id16 + "\x12\x08" + id8 + "\x2a\x02op" + "\x30\x03" + "\x39" +
                     bytes({1, 0, 0, 0, 0, 0, 0, 0}) + "\x41" + bytes({2, 0, 0, 0, 0, 0, 0, 0}) +
                     "\x7a\x07\x12\x03"
                     "bad\x18\x02" +
                     "\x4a\x09\x0a\x01n\x12\x04\x18" + bytes({0xe5, 0x8e, 0x26});
  std::string scope_spans = "\x12" + bytes({static_cast<int>(span.size())}) + span;
  std::string resource = "\x0a\x15\x0a\x0cservice.name\x12\x05\x0a\x03svc";
  std::string resource_spans = "\x0a" + bytes({static_cast<int>(resource.size())}) + resource + "\x12" +
                               bytes({static_cast<int>(scope_spans.size())}) + scope_spans;
  std::string request = "\x0a" + bytes({static_cast<int>(resource_spans.size())}) + resource_spans;
  auto spans = read_all(request);  // views into the request
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].service, "svc");
  EXPECT_EQ(spans[0].head.trace_id, id16);
  EXPECT_EQ(spans[0].head.name, "op");
  EXPECT_EQ(spans[0].head.kind, 3u);
  EXPECT_EQ(spans[0].head.start_ns, 1u);
  EXPECT_EQ(spans[0].head.end_ns, 2u);
  EXPECT_EQ(spans[0].details.status, status_code::error);
  EXPECT_EQ(spans[0].details.status_message, "bad");
  ASSERT_EQ(spans[0].details.attributes.size(), 1u);
  EXPECT_EQ(std::get<std::int64_t>(spans[0].details.attributes[0].second), 0x65 + (0xe << 7) + (0x26 << 14));
}

TEST(otlp, values_of_every_kind) {
  auto request =
      export_from_json(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001",
    "spanId":"0000000000000002","attributes":[
    {"key":"b","value":{"boolValue":true}},{"key":"i","value":{"intValue":"-9007199254740993"}},
    {"key":"d","value":{"doubleValue":1.5}},{"key":"y","value":{"bytesValue":"AQIDBA=="}},
    {"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x\"y"},{"boolValue":false},{"intValue":0},{}]}}},
    {"key":"m","value":{"kvlistValue":{"values":[{"key":"z","value":{"intValue":1}},{"key":"a","value":{"doubleValue":2.5}}]}}}],
    "events":[{"timeUnixNano":5,"name":"e","attributes":[{"key":"k","value":{"stringValue":"v"}}]}],
    "links":[{"traceId":"00000000000000000000000000000003","spanId":"0000000000000004"}],
    "status":{"code":"STATUS_CODE_ERROR","message":"m"},"kind":"SPAN_KIND_PRODUCER"}]}]}]})");
  ASSERT_TRUE(request) << request.error().message;
  auto spans = read_all(*request);
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].service, "OTLPResourceNoServiceName");
  std::map<std::string, attribute_value> at(spans[0].details.attributes.begin(), spans[0].details.attributes.end());
  EXPECT_EQ(at["b"], attribute_value(true));
  EXPECT_EQ(at["i"], attribute_value(std::int64_t{-9007199254740993}));
  EXPECT_EQ(at["d"], attribute_value(1.5));
  EXPECT_EQ(at["y"], attribute_value(std::string("AQIDBA==")));
  EXPECT_EQ(at["l"], attribute_value(std::string(R"(["x\"y",false,0,null])")));
  EXPECT_EQ(at["m"], attribute_value(std::string(R"({"a":2.5,"z":1})")));
  EXPECT_EQ(spans[0].details.events.at(0).time_ns, 5u);
  EXPECT_EQ(spans[0].details.links.at(0).span_id, std::string(7, '\0') + '\4');
  EXPECT_EQ(spans[0].details.status, status_code::error);
  EXPECT_EQ(spans[0].head.kind, 4u);
}

TEST(otlp, what_is_wrong_is_refused) {
  EXPECT_FALSE(export_from_json("{"));
  EXPECT_FALSE(export_from_json("[]"));
  EXPECT_FALSE(export_from_json(R"({"resourceSpans":{}})"));
  EXPECT_FALSE(export_from_json(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"x*z"}]}]}]})"));
  EXPECT_FALSE(read_export("\x0a\xff", [](const span_bytes&) {}));
  auto none = read_head("\x0a\x10" + std::string(16, '\0'));
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->trace_id.empty()) << "all zero is no id";
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += R"({"arrayValue":{"values":[)";
  EXPECT_FALSE(export_from_json(R"({"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":)" + deep));
}

TEST(otlp, base64_rfc_4648_section_10) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(base64_encode(plain), coded);
    EXPECT_EQ(base64_decode(coded), plain);
  }
  EXPECT_FALSE(base64_decode("Zg=*"));
}

// Fixtures of Jaeger and Data Prepper, where they are at hand (MES_SHARED_DATA names their folder).
class shared_traces : public testing::TestWithParam<std::pair<const char*, std::size_t>> {};

TEST_P(shared_traces, have_the_spans_that_their_readme_counts) {
  const char* folder = std::getenv("MES_SHARED_DATA");
  std::filesystem::path path = std::filesystem::path(folder ? folder : "../shared/data") / "traces" / GetParam().first;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  std::ifstream in(path);
  auto request = export_from_json(std::string(std::istreambuf_iterator<char>(in), {}));
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(read_all(*request).size(), GetParam().second);
}
INSTANTIATE_TEST_SUITE_P(files, shared_traces,
                         testing::Values(std::pair{"otlp-jaeger-otlp2jaeger-in.json", 2},
                                         std::pair{"otlp-data-prepper-multiple-traces.json", 4}));

}  // namespace
}  // namespace mes::wire::otlp
