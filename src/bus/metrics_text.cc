#include "bus/metrics_text.h"

#include <fmt/format.h>

#include <iterator>

#include "bus/handlers/call.h"

namespace mes::bus {
namespace {

class page {
 public:
  void head(std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(_text), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  template <class Value>
  void line(std::string_view name, std::string_view labels, Value value) {
    fmt::format_to(std::back_inserter(_text), "{}{} {}\n", name, labels, value);
  }
  template <class Value>
  void one(std::string_view name, std::string_view type, std::string_view help, Value value) {
    head(name, type, help);
    line(name, "", value);
  }
  std::string take() { return std::move(_text); }

 private:
  std::string _text;
};

void add_sync(page& p, const log::sync_stats& s) {
  constexpr std::string_view name = "mes_bus_log_sync_seconds";
  p.head(name, "histogram", "Time of one write and sync of the log, which all dirty partitions share.");
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < s.buckets.size(); ++i) {
    sum += s.buckets[i];
    const std::string bound = i + 1 == s.buckets.size() ? "+Inf" : fmt::to_string(log::sync_bucket_bounds_s[i]);
    p.line("mes_bus_log_sync_seconds_bucket", fmt::format("{{le=\"{}\"}}", bound), sum);
  }
  p.line("mes_bus_log_sync_seconds_sum", "", static_cast<double>(s.total_ns) / 1e9);
  p.line("mes_bus_log_sync_seconds_count", "", s.syncs);
  p.one("mes_bus_log_written_bytes_total", "counter", "Bytes written to the log, frames included.", s.bytes);
}

void add_partitions(page& p, broker& b) {
  const auto each = [&](std::string_view name, std::string_view help, auto value) {
    p.head(name, "gauge", help);
    for (const auto& [topic, t] : b.store().topics())
      for (std::size_t i = 0; i < t->partitions.size(); ++i)
        p.line(name, fmt::format("{{topic=\"{}\",partition=\"{}\"}}", topic, i), value(*t->partitions[i]));
  };
  each("kafka_log_log_logendoffset", "Offset that the next record gets.",
       [](const log::partition& x) { return x.high_watermark(); });
  each("kafka_cluster_partition_laststableoffsetlag", "Records that an open transaction holds up.",
       [](const log::partition& x) { return x.high_watermark() - x.last_stable_offset(); });
  each("kafka_log_log_logstartoffset", "First offset that can be read.",
       [](const log::partition& x) { return x.log_start(); });
  each("kafka_log_log_size", "Size in bytes of the record batches.",
       [](const log::partition& x) { return x.size_bytes(); });
}

void add_transactions(page& p, const transactions::coordinator& t) {
  p.one("mes_bus_transactions_open", "gauge", "Transactions that have begun and not ended.", t.open_count());
  p.one("mes_bus_transactional_ids", "gauge", "Transactional ids that are known.", t.size());
  p.head("mes_bus_transactions_total", "counter", "Transactions that have ended.");
  p.line("mes_bus_transactions_total", "{outcome=\"committed\"}", t.stats().committed);
  p.line("mes_bus_transactions_total", "{outcome=\"aborted\"}", t.stats().aborted);
  p.one("mes_bus_transactions_timed_out_total", "counter", "Transactions that were aborted because they took too long.",
        t.stats().timed_out);
}

void add_lag(page& p, broker& b) {
  constexpr std::string_view name = "kafka_consumergroup_lag";
  p.head(name, "gauge", "Records between the committed offset and the end.");
  for (const auto& [group, g] : b.groups().all())
    for (const auto& [where, offset] : g->offsets) {
      const auto t = b.store().find(where.first);
      if (!t || static_cast<std::size_t>(where.second) >= t->partitions.size()) continue;
      const auto high = t->partitions[static_cast<std::size_t>(where.second)]->high_watermark();
      std::string safe;  // a group's name may hold anything
      for (const char c : group)
        safe += c == '"' || c == '\\' ? std::string("\\") + c : c == '\n' ? "\\n" : std::string(1, c);
      p.line(name,
             fmt::format("{{consumergroup=\"{}\",topic=\"{}\",partition=\"{}\"}}", safe, where.first, where.second),
             std::max<std::int64_t>(0, high - offset.offset));
    }
}

}  // namespace

std::string metrics_text(broker& b) {
  page p;
  const broker_stats& s = b.stats();
  const net::server_stats& net = b.server().stats();
  p.one("kafka_server_brokertopicmetrics_messagesin_total", "counter", "Records appended.", s.records_in);
  p.one("kafka_server_brokertopicmetrics_bytesin_total", "counter", "Bytes of record batches appended.", s.bytes_in);
  p.one("kafka_server_brokertopicmetrics_bytesout_total", "counter", "Bytes of record batches fetched.", s.bytes_out);
  p.one("kafka_server_brokertopicmetrics_failedproducerequests_total", "counter",
        "Partitions of produce requests that were answered with an error.", s.produce_failures);
  p.one("mes_bus_duplicate_batches_total", "counter", "Batches of idempotent producers that were there already.",
        s.duplicates);
  p.head("kafka_network_requestmetrics_requests_total", "counter", "Requests by API.");
  for (const auto& [key, api] : s.apis)
    if (const auto* info = handlers::served(key))
      p.line("kafka_network_requestmetrics_requests_total", fmt::format("{{request=\"{}\"}}", info->name),
             api.requests);
  p.one("kafka_server_socketservermetrics_connection_count", "gauge", "Open connections.", net.connections);
  p.one("mes_bus_connections_refused_total", "counter", "Connections over the limit.", net.refused);
  p.one("kafka_server_socketservermetrics_incoming_byte_total", "counter", "Bytes received.", net.bytes_in);
  p.one("kafka_server_socketservermetrics_outgoing_byte_total", "counter", "Bytes sent.", net.bytes_out);
  p.one("mes_bus_pending_bytes", "gauge", "Bytes appended, not durable yet.", b.store().pending_bytes());
  p.one("mes_bus_log_disk_bytes", "gauge", "Bytes of all segments.", b.store().disk_bytes());
  add_sync(p, b.store().stats());
  add_transactions(p, b.transactions());
  add_partitions(p, b);
  add_lag(p, b);
  return p.take();
}

}  // namespace mes::bus
