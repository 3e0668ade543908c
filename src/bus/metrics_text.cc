#include "bus/metrics_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "bus/handlers/waiting_fetches.h"
#include "observe/label.h"

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
  p.one("kafka_log_logflushstats_logflushrateandtimems_count", "counter", "Syncs of the log.", s.syncs);
}

// What was written to the disk for what was produced: their quotient is the write amplification.
void add_written(page& p, const log::store& store) {
  const log::sync_stats s = store.stats();
  constexpr std::string_view name = "mes_bus_log_written_bytes_total";
  p.head(name, "counter", "Bytes written to the log: frames, zeros ahead of small ones, segments of compaction.");
  p.line(name, "{what=\"frames\"}", s.bytes);
  p.line(name, "{what=\"zeros\"}", s.zeroed_bytes);
  p.line(name, "{what=\"compaction\"}", store.cleaning().bytes_written);
}

void add_cleaning(page& p, const log::store& store) {
  const log::cleaning_stats& c = store.cleaning();
  p.one("mes_bus_cleaner_runs_total", "counter", "Runs of compaction and of the emptying of old segments.", c.runs);
  p.one("mes_bus_cleaner_failed_runs_total", "counter", "Runs that gave up, to be tried again.", c.failed_runs);
  p.one("mes_bus_cleaner_read_bytes_total", "counter", "Bytes that they read.", c.bytes_read);
  p.one("mes_bus_cleaner_dropped_records_total", "counter", "Records that compaction took away.", c.records_dropped);
  p.one("kafka_log_logcleanermanager_uncleanable_partitions_count", "gauge",
        "Partitions that are not compacted, because a batch cannot be read back.", c.uncleanable_partitions);
  p.one("mes_bus_log_over_limit_deleted_bytes_total", "counter", "Bytes deleted because of disk_bytes_max.",
        c.bytes_over_limit_deleted);
}

void add_limits(page& p, broker& b) {
  const broker_settings& s = b.settings();
  const net::server_options listen;
  constexpr std::string_view name = "mes_bus_limit";
  p.head(name, "gauge", "What is bounded, and where; 0: not bounded.");
  p.line(name, "{of=\"connections\"}", s.connections_max);
  p.line(name, "{of=\"request_bytes\"}", s.request_bytes_max);
  p.line(name, "{of=\"partial_request_bytes\"}", s.queued_request_bytes_max);
  p.line(name, "{of=\"waiting_fetch_bytes\"}", s.waiting_fetch_bytes_max);
  p.line(name, "{of=\"fetch_bytes\"}", static_cast<std::uint64_t>(s.fetch_bytes_max));
  p.line(name, "{of=\"batch_bytes\"}", s.message_bytes_max);
  p.line(name, "{of=\"pending_bytes\"}", s.pending_bytes_max);
  p.line(name, "{of=\"requests_in_flight_of_a_connection\"}", listen.requests_in_flight_max);
  p.line(name, "{of=\"answer_bytes_of_a_connection\"}", listen.output_bytes_max);
  p.line(name, "{of=\"answer_bytes\"}", listen.answer_bytes_max);
  p.line(name, "{of=\"disk_bytes\"}", s.disk_bytes_max);
  p.line(name, "{of=\"waiting_change_bytes\"}", s.pending_bytes_max);
  p.line(name, "{of=\"unauthenticated_request_bytes\"}", listen.strangers_bytes_max);
  p.line(name, "{of=\"connections_of_an_address\"}", s.connections_per_ip_max);
  p.line(name, "{of=\"partitions\"}", s.partitions_max);
  p.line(name, "{of=\"transactional_ids\"}", s.transactions.ids_max);
  p.line(name, "{of=\"groups\"}", s.groups.groups_max);
  p.line(name, "{of=\"group_members\"}", s.groups.group_size_max);
  p.line(name, "{of=\"group_members_bytes\"}", s.groups.members_bytes_max);
  p.line(name, "{of=\"group_member_bytes\"}", s.groups.member_bytes_max);
  p.line(name, "{of=\"group_ids_given\"}", s.groups.ids_given_max);
  p.line(name, "{of=\"group_waiting_requests\"}", s.groups.waiting_max);
  p.line(name, "{of=\"group_change_bytes\"}", s.groups.state_bytes_max);
}

void add_requests(page& p, broker& b) {
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    p.head(name, type, help);
    for (const auto& [key, api] : b.stats().apis)
      if (const auto* info = handlers::served(key))
        p.line(name, fmt::format("{{request=\"{}\"}}", info->name), value(api));
  };
  each("kafka_network_requestmetrics_requests_total", "counter", "Requests by API.",
       [](const api_stats& a) { return a.requests; });
  each("kafka_network_requestmetrics_totaltimems_count", "counter", "Answers by API.",
       [](const api_stats& a) { return a.answered; });
  each("kafka_network_requestmetrics_totaltimems_sum", "counter", "Milliseconds from request to answer.",
       [](const api_stats& a) { return static_cast<double>(a.total_ns) / 1e6; });
  p.one("mes_bus_slow_requests_total", "counter", "Requests that took longer than slow_request_ms.",
        b.stats().slow_requests);
}

// One broker that leads everything: what dashboards and alerts made for Kafka look at.
void add_cluster(page& p, broker& b) {
  std::size_t partitions = 0, producers = 0;
  for (const auto& [name, t] : b.store().topics()) {
    partitions += t->partitions.size();
    for (const auto& partition : t->partitions) producers += partition->producers().all().size();
  }
  p.one("kafka_server_replicamanager_partitioncount", "gauge", "Partitions.", partitions);
  p.one("kafka_server_replicamanager_leadercount", "gauge", "Partitions that this broker leads.", partitions);
  p.one("kafka_server_replicamanager_produceridcount", "gauge",
        "Producers that partitions know, each for producer_id_expiry after its last record; one of several counts in "
        "each.",
        producers);
  p.one("kafka_server_replicamanager_underreplicatedpartitions", "gauge", "Always 0: there is one copy.", 0);
  p.one("kafka_controller_kafkacontroller_offlinepartitionscount", "gauge", "Always 0.", 0);
  p.one("kafka_controller_kafkacontroller_activecontrollercount", "gauge", "Always 1.", 1);
  p.one("kafka_controller_kafkacontroller_globaltopiccount", "gauge", "Topics.", b.store().topics().size());
  p.one("kafka_brokers", "gauge", "Brokers of the cluster.", 1);
}

void add_partitions(page& p, broker& b) {
  const auto each = [&](std::string_view name, std::string_view help, auto value) {
    p.head(name, "gauge", help);
    for (const auto& [topic, t] : b.store().topics())
      for (std::size_t i = 0; i < t->partitions.size(); ++i)
        p.line(name, fmt::format("{{topic=\"{}\",partition=\"{}\"}}", topic, i), value(*t->partitions[i]));
  };
  p.head("kafka_topic_partitions", "gauge", "Partitions of the topic.");
  for (const auto& [topic, t] : b.store().topics())
    p.line("kafka_topic_partitions", fmt::format("{{topic=\"{}\"}}", topic), t->partitions.size());
  each("kafka_topic_partition_current_offset", "Offset that the next record gets.",
       [](const log::partition& x) { return x.high_watermark(); });
  each("kafka_topic_partition_oldest_offset", "First offset that can be read.",
       [](const log::partition& x) { return x.log_start(); });
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

void add_groups(page& p, broker& b) {
  p.one("mes_bus_group_members_bytes", "gauge", "Memory of what the members of all groups said when they joined.",
        b.groups().members_bytes());
  std::size_t members = 0, ids = 0, waiting = 0;  // of the group that has most of them
  for (const auto& [group, g] : b.groups().all()) {
    members = std::max(members, g->member_count());
    ids = std::max(ids, g->ids_given.size());
    waiting = std::max(waiting, g->waiting.size());
  }
  p.one("mes_bus_groups", "gauge", "Consumer groups.", b.groups().all().size());
  p.head("mes_bus_group_most", "gauge", "What the group has that has most of it.");
  p.line("mes_bus_group_most", "{of=\"group_members\"}", members);
  p.line("mes_bus_group_most", "{of=\"group_ids_given\"}", ids);
  p.line("mes_bus_group_most", "{of=\"group_waiting_requests\"}", waiting);
  p.head("kafka_consumergroup_members", "gauge", "Members of the group.");
  for (const auto& [group, g] : b.groups().all())
    p.line("kafka_consumergroup_members", fmt::format("{{consumergroup=\"{}\"}}", observe::label_text(group)),
           g->member_count());
  const auto each = [&](std::string_view name, std::string_view help, auto value) {
    p.head(name, "gauge", help);
    for (const auto& [group, g] : b.groups().all())
      for (const auto& [where, offset] : g->offsets) {
        const auto t = b.store().find(where.first);
        if (!t || static_cast<std::size_t>(where.second) >= t->partitions.size()) continue;
        const auto high = t->partitions[static_cast<std::size_t>(where.second)]->high_watermark();
        p.line(name,
               fmt::format("{{consumergroup=\"{}\",topic=\"{}\",partition=\"{}\"}}", observe::label_text(group),
                           where.first, where.second),
               value(offset.offset, high));
      }
  };
  each("kafka_consumergroup_current_offset", "Offset that the group committed.",
       [](std::int64_t committed, std::int64_t) { return committed; });
  each("kafka_consumergroup_lag", "Records between the committed offset and the end.",
       [](std::int64_t committed, std::int64_t high) { return std::max<std::int64_t>(0, high - committed); });
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
  add_requests(p, b);
  p.one("kafka_server_socketservermetrics_connection_count", "gauge", "Open connections.", net.connections);
  p.one("mes_bus_connections_refused_total", "counter", "Connections over the limit.", net.refused);
  p.one("kafka_network_socketserver_memorypoolused", "gauge", "Bytes of requests that have not come whole yet.",
        b.server().memory().used());
  p.one("mes_bus_connections_waiting_for_memory", "gauge", "Connections that are not read for want of such memory.",
        b.server().memory().waiting());
  p.one("mes_bus_memory_waits_total", "counter", "Times that a connection had to wait for it.", net.memory_waits);
  p.one("mes_bus_unauthenticated_request_bytes", "gauge",
        "Bytes of requests of connections that have not authenticated yet.", b.server().strangers_memory().used());
  p.one("mes_bus_connections_of_an_address_most", "gauge", "Connections of the address that has most of them.",
        b.server().hosts().most());
  p.one("mes_bus_idle_connections_closed_total", "counter", "Connections that were closed for want of traffic.",
        net.idle_closed);
  p.one("mes_bus_tls_failures_total", "counter", "TLS handshakes that failed, and connections whose TLS broke later.",
        net.tls_failed);
  p.one("mes_bus_waiting_fetches", "gauge", "Fetches that wait for data.", b.fetches().size());
  p.one("mes_bus_waiting_fetch_bytes", "gauge", "Memory of them.", b.fetches().bytes());
  p.one("mes_bus_fetches_cut_short_total", "counter",
        "Fetches that were answered before their time, with what there was, because memory was short.",
        b.fetches().cut_short());
  p.one("mes_bus_answer_bytes", "gauge", "Memory of answers that clients have not taken yet.", net.answer_bytes);
  p.one("mes_bus_stalled_connections_closed_total", "counter",
        "Connections that were silent or too slow within a request or an answer while memory was short.",
        net.stalled_closed);
  p.one("mes_bus_unauthenticated_connections_closed_total", "counter",
        "Connections that did not authenticate in time, or were in the way of newer ones.", net.strangers_closed);
  p.one("kafka_server_socketservermetrics_incoming_byte_total", "counter", "Bytes received.", net.bytes_in);
  p.one("kafka_server_socketservermetrics_outgoing_byte_total", "counter", "Bytes sent.", net.bytes_out);
  p.one("kafka_server_socketservermetrics_successful_authentication_total", "counter", "SASL authentications.",
        s.authentications);
  p.one("kafka_server_socketservermetrics_failed_authentication_total", "counter",
        "Authentications and TLS handshakes that failed.", s.authentications_failed);
  p.one("kafka_server_authorizer_acl_count", "gauge", "ACLs.", b.access().acls().size());
  p.one("mes_bus_throttled_requests_total", "counter", "Requests whose client exceeded a quota.", s.throttled);
  p.one("mes_bus_waiting_change_bytes", "gauge", "Memory of administrators' changes that wait for their turn.",
        b.changes().waiting_bytes());
  p.one("mes_bus_pending_bytes", "gauge", "Bytes appended, not durable yet.", b.store().pending_bytes());
  p.one("mes_bus_log_disk_bytes", "gauge", "Bytes of all segments.", b.store().disk_bytes());
  p.one("mes_bus_log_disk_full", "gauge", "1: what was last to be written found no space.",
        b.store().is_full() ? 1 : 0);
  add_sync(p, b.store().stats());
  add_transactions(p, b.transactions());
  add_written(p, b.store());
  add_cleaning(p, b.store());
  add_limits(p, b);
  add_cluster(p, b);
  add_partitions(p, b);
  add_groups(p, b);
  return p.take();
}

}  // namespace mes::bus
