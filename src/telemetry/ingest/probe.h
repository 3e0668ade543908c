// What ingestion counts.
#pragma once

#include "observe/metrics.h"

namespace mes::telemetry {

class ingest_probe {
 public:
  explicit ingest_probe(observe::registry& r)
      : _spans(r.make_counter("mes_telemetry_spans_total", "Spans stored.", {{"outcome", "stored"}})),
        _spans_rejected(r.make_counter("mes_telemetry_spans_total", "Spans stored.", {{"outcome", "rejected"}})),
        _lines(r.make_counter("mes_telemetry_log_lines_total", "Log lines taken over TCP.")),
        _events(r.make_counter("mes_telemetry_bus_events_total", "Audit and error events taken from the bus.")),
        _datagrams_refused(
            r.make_counter("mes_telemetry_datagrams_refused_total", "Datagrams that were no call of Jaeger's agent.")),
        _refused(r.make_counter("mes_telemetry_refused_total", "Requests or batches that the store refused.")) {}

  void spans(std::uint64_t stored, std::uint64_t rejected) {
    _spans.add(static_cast<double>(stored));
    _spans_rejected.add(static_cast<double>(rejected));
  }
  void line() { _lines.add(); }
  void events(std::size_t count) { _events.add(static_cast<double>(count)); }
  void datagram_refused() { _datagrams_refused.add(); }
  void refused() { _refused.add(); }

 private:
  observe::counter _spans, _spans_rejected, _lines, _events, _datagrams_refused, _refused;
};

}  // namespace mes::telemetry
