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

std::string written(const otlp_span& s) {
  std::string spans;
  append_span(spans, s);
  otlp_attribute service{"service.name", "s"};
  return to_hex(write_trace_request(std::span(&service, 1), {.name = "mes", .version = {}}, spans));
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
  otlp_attribute attribute{"k", "v"};
  s.attributes = std::span(&attribute, 1);
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
  EXPECT_EQ(written(s), "0a" + size + body);
}

TEST(otlp_writer, spans_that_wait_together_are_as_long_as_each_alone) {
  otlp_span s;
  s.name = "a name that is longer than a small string";
  std::string one, many;
  append_span(one, s);
  for (int i = 0; i < 1000; ++i) append_span(many, s);
  ASSERT_EQ(many.size(), 1000 * one.size());
  for (std::size_t at = 0; at < many.size(); at += one.size()) ASSERT_EQ(many.substr(at, one.size()), one);
}

TEST(otlp_writer, texts_are_utf8_whatever_clients_send) {
  otlp_span s;
  otlp_attribute attribute{"url.path", "/caf\xe9/caf\xc3\xa9/longer than eight\xff"};
  s.attributes = std::span(&attribute, 1);
  std::string bytes = written(s);
  EXPECT_NE(bytes.find(to_hex("/caf?/caf\xc3\xa9/longer than eight?")), std::string::npos) << bytes;
}

TEST(otlp_writer, a_root_has_no_parent_and_success_no_status) {
  otlp_span s;
  std::string bytes = written(s);
  EXPECT_EQ(bytes.find("2208"), std::string::npos);
  EXPECT_EQ(bytes.find("7a02"), std::string::npos);
}

}  // namespace
}  // namespace mes::wire
