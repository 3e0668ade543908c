// A Beat's event as the line that it read: what the json filter of infrastructure/logstash/pipeline/logstash.conf does.
#pragma once

#include <string>
#include <string_view>

namespace mes::telemetry {

// Where the event's message is a JSON object itself, its fields stand in the event, over those of the same name; the
// event's own time goes where the line has one. Anything else stays as it came.
std::string line_of_beat(std::string_view event);

}  // namespace mes::telemetry
