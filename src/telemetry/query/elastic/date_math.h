// Dates in queries: "2026-11-23T10:00:00Z", "2026-11-23", "now-1h/d", "2026-11||+1M/d", milliseconds since 1970.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/instant.h"

namespace mes::telemetry::elastic {

// Microseconds since 1970, UTC. `round_up`: what is missing or rounded away is filled to the last millisecond of it
// (gt and lte do that in Elasticsearch).
std::optional<std::int64_t> parse_date_us(std::string_view text, instant now, bool round_up);

// The start of the calendar unit ('y' 'q' 'M' 'w' 'd' 'h' 'm' 's') that holds the time; `units` later where asked.
std::int64_t calendar_floor_us(std::int64_t time_us, char unit);
std::int64_t calendar_add_us(std::int64_t time_us, char unit, std::int64_t units);

}  // namespace mes::telemetry::elastic
