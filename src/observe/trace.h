// Spans as values, and the W3C Trace Context that ties them together.
//
// One correlation id from click to part: a request's X-Request-ID is a UUID whose 128 bits are its trace id.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/instant.h"
#include "base/uuid.h"

namespace mes::observe {

using trace_id = std::array<std::uint8_t, 16>;
using span_id = std::array<std::uint8_t, 8>;

struct trace_context {
  trace_id trace{};
  span_id span{};
  bool sampled = true;

  static trace_context make_root();                                         // a new trace; its id is a UUID version 7
  static trace_context make_root(const uuid& request_id);                   // the trace of that request
  static std::optional<trace_context> parse(std::string_view traceparent);  // W3C Trace Context, version 00

  trace_context child() const;               // same trace, a new span id
  std::array<char, 55> traceparent() const;  // "00-<32 hex>-<16 hex>-01"
  std::string to_traceparent() const;
  uuid request_id() const { return uuid{trace}; }
  std::string trace_hex() const;
  std::string span_hex() const;
};

enum class span_kind : std::uint8_t { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };  // OTLP's

using attribute = std::pair<std::string_view, std::string_view>;

// Views need to live only as long as the call that the span is given to.
struct span {
  trace_context context;
  span_id parent{};       // all zero: a root
  std::string_view name;  // low cardinality: "POST /api/v1/workorders/{id}/reports"
  span_kind kind = span_kind::internal;
  instant start, end;
  bool failed = false;
  std::span<const attribute> attributes;  // OpenTelemetry's semantic names
};

// Takes finished spans; must not block and must not throw. Thread-safe.
class span_sink {
 public:
  virtual ~span_sink() = default;
  virtual void record(std::span<const span> finished) = 0;
  void record(const span& finished) { record(std::span(&finished, 1)); }
};

}  // namespace mes::observe
