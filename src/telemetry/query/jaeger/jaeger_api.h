// Jaeger's query API (J cmd/query/app/http_handler.go), as its UI and Grafana's data source call it.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "runtime/http.h"
#include "telemetry/parts/store.h"

namespace mes::telemetry::jaeger {

// For paths below /api. Blocks while it reads: not for a loop's thread. Thread-safe.
runtime::http_response answer(const store& from, const runtime::http_request& request);

// Go's durations: "1h2m", "1.5s", "100ms", "20us"; besides "2d". Nanoseconds.
std::optional<std::int64_t> parse_duration_ns(std::string_view text);

}  // namespace mes::telemetry::jaeger
