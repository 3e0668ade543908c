#include "wire/otlp/otlp_writer.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace mes::wire {
namespace {

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (unsigned char c : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", c);
    out += digits;
  }
  return out;
}

// Written out by hand from trace.proto's field numbers and protobuf's encoding: tag = number << 3 | wire type.
TEST(otlp_writer, writes_a_span_as_the_protocol_says) {
  otlp_span s;
  s.trace_id.fill(0x11);
  s.span_id.fill(0x22);
  s.parent_span_id.fill(0x33);
  s.name = "op";
  s.kind = 2;
  s.start = instant{1};
  s.end = instant{2};
  s.failed = true;
  s.attributes = {{"k", "v"}};
  std::string span =
      "0a1011111111111111111111111111111111"                                // trace_id
      "12082222222222222222"                                                // span_id
      "22083333333333333333"                                                // parent_span_id
      "2a026f70"                                                            // name
      "3002"                                                                // kind: SERVER
      "39e803000000000000"                                                  // start: 1,000 ns
      "41d007000000000000"                                                  // end: 2,000 ns
      "4a080a016b12030a0176"                                                // attribute k = v
      "7a021802";                                                           // status.code: ERROR
  std::string resource = "0a150a130a0c736572766963652e6e616d6512030a0173";  // attribute service.name = "s"
  std::string scope_spans = "0a050a036d6573";                               // scope.name = "mes"
  scope_spans += "12" + to_hex(std::string(1, static_cast<char>(span.size() / 2))) + span;
  std::string body = resource + "12" + to_hex(std::string(1, static_cast<char>(scope_spans.size() / 2))) + scope_spans;
  std::string size = to_hex(std::string(1, static_cast<char>(body.size() / 2)));
  EXPECT_EQ(to_hex(write_trace_request("s", std::span(&s, 1))), "0a" + size + body);
}

TEST(otlp_writer, a_root_has_no_parent_and_success_no_status) {
  otlp_span s;
  std::string bytes = to_hex(write_trace_request("s", std::span(&s, 1)));
  EXPECT_EQ(bytes.find("2208"), std::string::npos);
  EXPECT_EQ(bytes.find("7a02"), std::string::npos);
}

}  // namespace
}  // namespace mes::wire
