// Sends finished spans in batches as OTLP over HTTP; never holds up who records.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "observe/metrics.h"
#include "observe/trace.h"
#include "runtime/event_loop.h"

namespace mes::runtime {

// A batch goes 500 ms after its first span, or at 512 spans. While the collector is away up to 8,192 spans wait; more
// are dropped, as are batches that it refuses, and counted in mes_spans_dropped_total.
class span_exporter final : public observe::span_sink {
 public:
  // `url` without path: "http://127.0.0.1:4318"; "" drops everything.
  span_exporter(event_loop& loop, std::string url, std::string service_name, observe::registry& metrics);
  ~span_exporter() override;  // loop thread, or after run()

  void record(std::span<const observe::span> finished) override;

  // Calls `done` on the loop when all is sent, or at once when the collector cannot be reached. Loop thread only.
  void flush(std::function<void()> done);

 private:
  struct state;
  std::shared_ptr<state> _state;
};

}  // namespace mes::runtime
