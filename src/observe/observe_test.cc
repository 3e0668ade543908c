#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "observe/label.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "observe/trace.h"

namespace mes::observe {
using testing::HasSubstr;

TEST(trace_context, reads_the_recommendations_example) {
  // W3C Trace Context, section 3.2.2.5
  auto context = trace_context::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->trace_hex(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(context->to_traceparent(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
}

TEST(trace_context, refuses_what_the_recommendation_refuses) {
  for (const char* text : {"", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra"})
    EXPECT_FALSE(trace_context::parse(text)) << text;
}

TEST(trace_context, a_request_id_is_its_trace_id) {
  uuid id = uuid::make_v7();
  trace_context root = trace_context::make_root(id);
  EXPECT_EQ(root.trace_hex(), id.to_hex());
  EXPECT_EQ(root.child().request_id(), id);
  EXPECT_NE(root.child().span, root.span);
}

TEST(logger, writes_numbers_that_read_back_as_they_were) {
  for (double number :
       {0.0, 0.001, 0.25, 1.5, 12.0, 12.034, 999.999, 0.1 + 0.2, 1.0 / 3, -2.5, 1e-9, 123456789.125, 1e18, 1e300}) {
    std::string line;
    logger("s").append(line, level::info, "m", {{"n", number}});
    std::size_t at = line.find("\"n\":") + 4;
    EXPECT_EQ(std::strtod(line.c_str() + at, nullptr), number) << line;
  }
  std::string line;
  logger("s").append(line, level::info, "m", {{"a", 1.25}, {"b", 3.0}, {"c", 0.034}});
  EXPECT_THAT(line, HasSubstr(R"("a":1.25,"b":3,"c":0.034})"));
}

TEST(logger, lines_that_were_gathered_are_shipped_together_and_gone) {
  std::string shipped, lines;
  logger log("s");
  log.set_stdout(false);
  log.set_shipper([&](std::string l) { shipped = std::move(l); });
  log.append(lines, level::info, "one");
  log.append(lines, level::debug, "not enabled");
  log.append(lines, level::info, "two");
  log.emit(lines);
  EXPECT_TRUE(lines.empty());
  EXPECT_EQ(std::ranges::count(shipped, '\n'), 2);
  EXPECT_THAT(shipped, HasSubstr("\"message\":\"one\""));
  EXPECT_THAT(shipped, HasSubstr("\"message\":\"two\""));
}

TEST(logger, writes_the_specifications_keys) {
  std::string shipped;
  logger log("work-order-service");
  log.set_stdout(false);
  log.set_shipper([&](std::string line) { shipped = std::move(line); });
  log.write(level::info, "a \"quoted\"\n line \xff", {{"count", std::int64_t{3}}, {"ok", true}},
            {.request_id = "r-1", .user_id = "user-1"});
  EXPECT_THAT(shipped, HasSubstr("\"level\":\"info\",\"service\":\"work-order-service\""));
  EXPECT_THAT(shipped, HasSubstr("\"message\":\"a \\\"quoted\\\"\\u000a line \xef\xbf\xbd\""));
  EXPECT_THAT(shipped, HasSubstr("\"request_id\":\"r-1\",\"user_id\":\"user-1\",\"count\":3,\"ok\":true}\n"));
}

TEST(logger, escapes_what_a_terminal_would_obey) {
  std::string text;
  append_json_string(text, "a\x1b[2J\x7f\xc2\x9b\xc2\xa0\xc3\xa9");
  EXPECT_EQ(text, "\"a\\u001b[2J\\u007f\\u009b\xc2\xa0\xc3\xa9\"");
}

// Each byte at each place of a text of plain ones; Python's json.dumps(text, ensure_ascii=False) escapes no others but
// DEL and U+0080 to U+009F.
TEST(logger, escapes_a_byte_wherever_it_stands) {
  for (int c = 0; c < 0x80; ++c)
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'p'), written, expected(20, 'p');
      text[at] = static_cast<char>(c);
      char escape[8] = {static_cast<char>(c), 0};
      if (c == '"' || c == '\\') std::snprintf(escape, sizeof escape, "\\%c", c);
      if (c < 0x20 || c == 0x7f) std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      append_json_string(written, text);
      EXPECT_EQ(written, '"' + expected.replace(at, 1, c == 0 ? "\\u0000" : escape) + '"') << c << " at " << at;
    }
}

TEST(logger, a_long_text_keeps_every_character_whole) {
  std::string text, expected = "\"";
  for (int i = 0; i < 2000; ++i) {
    text += "\xf0\x9f\x94\xa9\x1b\xff";  // a character of four bytes, one to escape, one that is no UTF-8
    expected += "\xf0\x9f\x94\xa9\\u001b\xef\xbf\xbd";
  }
  for (std::size_t before = 0; before < 8; ++before) {
    std::string written, plain(before, 'p');
    append_json_string(written, plain + text);
    EXPECT_EQ(written, '"' + plain + expected.substr(1) + '"') << before;
    std::string line;
    logger("s").append(line, level::info, "m", {{"text", std::string_view(text)}});
    EXPECT_THAT(line, HasSubstr(expected.substr(1)));
  }
}

TEST(logger, writes_the_time_that_it_is_given) {
  std::string line;
  logger("s").append(line, level::info, "m", {}, {.at = instant::parse("1985-04-12T23:20:50.52Z")});
  EXPECT_TRUE(line.starts_with("{\"timestamp\":\"1985-04-12T23:20:50.520Z\",")) << line;
}

// Prometheus refuses a scrape with a label that is no UTF-8; the expected text is what Go and Java decode it to.
TEST(label, is_always_utf8) {
  EXPECT_EQ(label_text("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
  EXPECT_EQ(label_text("\xff\xfe\xc3\xa9\xed\xa0\x80"), "\ufffd\ufffd\u00e9\ufffd\ufffd\ufffd");
  registry r;
  r.make_counter("made_total", "What was made", {{"by", "\xff"}}).add();
  EXPECT_THAT(r.expose(), HasSubstr("made_total{by=\"\ufffd\"} 1"));
}

TEST(registry, exposes_the_text_format) {
  registry metrics;
  metrics.make_counter("requests_total", "Requests", {{"route", "/a"}}).add(2);
  metrics.make_counter("requests_total", "Requests", {{"route", "/a"}}).add();
  EXPECT_THAT(metrics.expose(), HasSubstr("requests_total{route=\"/a\"} 3"));
}

}  // namespace mes::observe
