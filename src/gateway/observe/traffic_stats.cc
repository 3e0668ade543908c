#include "gateway/observe/traffic_stats.h"

#include <fmt/format.h>

#include <iterator>

#include "gateway/plugins/node.h"
#include "observe/label.h"

namespace mes::gateway {
namespace {

template <std::size_t N>
struct histogram_sum {
  std::array<std::uint64_t, N + 1> buckets{};
  double sum = 0;

  void add(const latency_histogram<N>& other) {
    for (std::size_t i = 0; i <= N; ++i) buckets[i] += other.buckets[i].value();
    sum += other.sum.value();
  }
};

template <std::size_t N>
void expose_histogram(std::string& out, std::string_view name, const std::string& labels, const histogram_sum<N>& h,
                      const std::array<double, N>& bounds) {
  std::uint64_t total = 0;
  auto to = std::back_inserter(out);
  for (std::size_t i = 0; i < N; ++i) {
    total += h.buckets[i];
    fmt::format_to(to, "{}_bucket{{{},le=\"{}\"}} {}\n", name, labels, bounds[i], total);
  }
  total += h.buckets[N];
  fmt::format_to(to, "{}_bucket{{{},le=\"+Inf\"}} {}\n", name, labels, total);
  fmt::format_to(to, "{}_count{{{}}} {}\n", name, labels, total);
  fmt::format_to(to, "{}_sum{{{}}} {}\n", name, labels, h.sum);
}

struct sums {
  std::array<std::map<int, std::uint64_t>, 2> by_status;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  histogram_sum<15> kong_ms;
  histogram_sum<13> upstream_ms, request_ms;
  bool with_latency = false;
};

using key_labels = std::pair<std::string, std::string>;  // service and route; consumer

void head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void expose_requests(std::string& out, const std::map<key_labels, sums>& all) {
  head(out, "kong_http_requests_total", "counter", "HTTP status codes per consumer/service/route in Kong");
  for (const auto& [key, s] : all)
    for (std::size_t from_service : {0U, 1U})
      for (const auto& [status, count] : s.by_status[from_service])
        fmt::format_to(std::back_inserter(out),
                       "kong_http_requests_total{{{},code=\"{}\",source=\"{}\",consumer=\"{}\"}} {}\n", key.first,
                       status, from_service ? "service" : "kong", key.second, count);
}

void expose_bandwidth(std::string& out, const std::map<key_labels, sums>& all) {
  head(out, "kong_bandwidth_bytes", "counter", "Total bandwidth (ingress/egress) throughput in bytes");
  for (const auto& [key, s] : all)
    for (auto [direction, bytes] : {std::pair("ingress", s.bytes_in), std::pair("egress", s.bytes_out)})
      if (bytes > 0)
        fmt::format_to(std::back_inserter(out), "kong_bandwidth_bytes{{{},direction=\"{}\",consumer=\"{}\"}} {}\n",
                       key.first, direction, key.second, bytes);
}

// Latencies have no consumer label: the rows of all consumers go together.
void expose_latencies(std::string& out, const std::map<key_labels, sums>& all) {
  std::map<std::string, sums> by_route;
  for (const auto& [key, s] : all) {
    if (!s.with_latency) continue;
    sums& total = by_route[key.first];
    for (std::size_t i = 0; i < s.kong_ms.buckets.size(); ++i) total.kong_ms.buckets[i] += s.kong_ms.buckets[i];
    for (std::size_t i = 0; i < s.request_ms.buckets.size(); ++i) {
      total.request_ms.buckets[i] += s.request_ms.buckets[i];
      total.upstream_ms.buckets[i] += s.upstream_ms.buckets[i];
    }
    total.kong_ms.sum += s.kong_ms.sum;
    total.request_ms.sum += s.request_ms.sum;
    total.upstream_ms.sum += s.upstream_ms.sum;
  }
  head(out, "kong_kong_latency_ms", "histogram",
       "Latency added by Kong and enabled plugins for each service/route in Kong");
  for (const auto& [labels, s] : by_route)
    expose_histogram(out, "kong_kong_latency_ms", labels, s.kong_ms, kong_latency_buckets_ms);
  head(out, "kong_request_latency_ms", "histogram",
       "Total latency incurred during requests for each service/route in Kong");
  for (const auto& [labels, s] : by_route)
    expose_histogram(out, "kong_request_latency_ms", labels, s.request_ms, upstream_latency_buckets_ms);
  head(out, "kong_upstream_latency_ms", "histogram",
       "Latency added by upstream response for each service/route in Kong");
  for (const auto& [labels, s] : by_route)
    expose_histogram(out, "kong_upstream_latency_ms", labels, s.upstream_ms, upstream_latency_buckets_ms);
}

}  // namespace

traffic_stats::row& traffic_stats::row_of(std::string_view service, std::string_view route, std::string_view who) {
  auto found = _rows.find(key_view(service, route, who));
  if (found == _rows.end()) {
    std::lock_guard lock(_growing);
    key k{std::string(service), std::string(route), std::string(who)};
    found = _rows.emplace(std::move(k), std::make_unique<row>()).first;
  }
  return *found->second;
}

void traffic_stats::count(status_counts& counts, int status) {
  auto found = counts.find(status);
  if (found == counts.end()) {
    std::lock_guard lock(_growing);
    found = counts.try_emplace(status).first;
  }
  found->second.add(1);
}

void traffic_stats::count_unread(int status) { count(_unread, status); }

void traffic_stats::record(std::string_view service, std::string_view route, std::string_view who, const groups& wants,
                           const exchange_totals& totals) {
  row& r = row_of(service, route, who);
  if (wants.status_codes) count(r.by_status[totals.from_service ? 1 : 0], totals.status);
  if (wants.bandwidth) {
    r.bytes_in.add(totals.bytes_in);
    r.bytes_out.add(totals.bytes_out);
  }
  if (wants.latencies) {
    if (!r.with_latency) {
      std::lock_guard lock(_growing);
      r.with_latency = true;
    }
    r.request_ms.observe(upstream_latency_buckets_ms, totals.request_ms);
    if (totals.upstream_ms >= 0) r.upstream_ms.observe(upstream_latency_buckets_ms, totals.upstream_ms);
    r.kong_ms.observe(kong_latency_buckets_ms, totals.kong_ms);
  }
}

std::string traffic_stats::expose(std::span<const std::unique_ptr<traffic_stats>> loops) {
  std::map<key_labels, sums> all;
  std::map<int, std::uint64_t> unread;
  std::uint64_t accepted = 0, requests = 0, refused = 0;
  std::int64_t active = 0;
  std::uint64_t reading = 0, waiting = 0, writing = 0;
  for (const auto& loop : loops) {
    accepted += loop->accepted.value();
    active += loop->active.value();
    requests += loop->requests.value();
    refused += loop->refused.value();
    reading += loop->now(activity::reading);
    waiting += loop->now(activity::waiting);
    writing += loop->now(activity::writing);
    std::lock_guard lock(loop->_growing);
    for (const auto& [status, count] : loop->_unread) unread[status] += count.value();
    for (const auto& [k, r] : loop->_rows) {
      sums& s =
          all[{fmt::format("service=\"{}\",route=\"{}\"", observe::label_text(k.service), observe::label_text(k.route)),
               observe::label_text(k.who)}];
      for (std::size_t i : {0U, 1U})
        for (const auto& [status, count] : r->by_status[i]) s.by_status[i][status] += count.value();
      s.bytes_in += r->bytes_in.value();
      s.bytes_out += r->bytes_out.value();
      s.kong_ms.add(r->kong_ms);
      s.upstream_ms.add(r->upstream_ms);
      s.request_ms.add(r->request_ms);
      s.with_latency |= r->with_latency;
    }
  }
  std::string out;
  expose_requests(out, all);
  expose_bandwidth(out, all);
  expose_latencies(out, all);
  head(out, "kong_nginx_connections_total", "gauge", "Number of connections by subsystem");
  for (auto [state, count] :
       {std::pair("accepted", accepted), std::pair("active", static_cast<std::uint64_t>(active)),
        std::pair("handled", accepted), std::pair("reading", reading), std::pair("total", requests),
        std::pair("waiting", waiting), std::pair("writing", writing)})
    fmt::format_to(std::back_inserter(out),
                   "kong_nginx_connections_total{{node_id=\"{}\",subsystem=\"http\",state=\"{}\"}} {}\n", node_id(),
                   state, count);
  head(out, "kong_nginx_requests_total", "gauge", "Number of requests total");
  fmt::format_to(std::back_inserter(out), "kong_nginx_requests_total{{node_id=\"{}\",subsystem=\"http\"}} {}\n",
                 node_id(), requests);
  // Of Kong's library, which can fail to keep a count; here one cannot. Alarms on it find it, and are quiet.
  head(out, "kong_nginx_metric_errors_total", "counter", "Number of errors while keeping metrics");
  out += "kong_nginx_metric_errors_total 0\n";
  head(out, "mes_gateway_connections_refused_total", "counter",
       "Connections closed at once: beyond connections_max, or no descriptor was left");
  fmt::format_to(std::back_inserter(out), "mes_gateway_connections_refused_total {}\n", refused);
  head(out, "mes_gateway_unread_requests_total", "counter",
       "Requests that could not be made out: malformed, too large, cut off or too slow; by the status they ended with");
  for (const auto& [status, count] : unread)
    fmt::format_to(std::back_inserter(out), "mes_gateway_unread_requests_total{{code=\"{}\"}} {}\n", status, count);
  return out;
}

}  // namespace mes::gateway
