#include "telemetry/ingest/beat_event.h"

#include <gmock/gmock.h>

namespace mes::telemetry {
namespace {

TEST(beat_event, a_json_message_stands_in_the_event) {
  EXPECT_EQ(
      line_of_beat(
          R"({"@timestamp":"t0","message":"{\"timestamp\":\"t1\",\"message\":\"hot\",\"level\":\"warn\"}","host":{"name":"e"}})"),
      R"({"host":{"name":"e"},"timestamp":"t1","message":"hot","level":"warn"})");
}

TEST(beat_event, without_a_time_of_its_own_the_events_time_stays) {
  EXPECT_EQ(line_of_beat(R"({"@timestamp":"t0","message":"{\"a\":1}"})"),
            R"({"@timestamp":"t0","message":"{\"a\":1}","a":1})");
}

TEST(beat_event, anything_else_stays_as_it_came) {
  for (const char* event : {R"({"message":"plain"})", R"({"message":"[1]"})", R"({"a":1})", "no json", ""})
    EXPECT_EQ(line_of_beat(event), event);
}

}  // namespace
}  // namespace mes::telemetry
