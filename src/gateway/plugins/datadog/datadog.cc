// Figures of each exchange to a Datadog agent (K:kong/plugins/datadog/handler.lua).
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "gateway/config/checks.h"
#include "gateway/plugins/delivery/delivery.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/statsd/metric_config.h"
#include "gateway/plugins/statsd/statsd_line.h"

namespace mes::gateway {
namespace {

using enum field_type;
namespace json = boost::json;

constexpr std::string_view default_metrics = R"([
  {"name":"request_count","stat_type":"counter","sample_rate":1,"tags":["app:kong"],"consumer_identifier":"custom_id"},
  {"name":"latency","stat_type":"timer","tags":["app:kong"],"consumer_identifier":"custom_id"},
  {"name":"request_size","stat_type":"timer","tags":["app:kong"],"consumer_identifier":"custom_id"},
  {"name":"response_size","stat_type":"timer","tags":["app:kong"],"consumer_identifier":"custom_id"},
  {"name":"upstream_latency","stat_type":"timer","tags":["app:kong"],"consumer_identifier":"custom_id"},
  {"name":"kong_latency","stat_type":"timer","tags":["app:kong"],"consumer_identifier":"custom_id"}])";

std::string check_tag_text(std::string_view text) {
  return text.empty() || text.ends_with(':') ? fmt::format("'{}' is no tag", text) : "";
}

const schema metric_fields = {
    {.name = "name",
     .one_of = {"kong_latency", "latency", "request_count", "request_size", "response_size", "upstream_latency"},
     .required = true},
    {.name = "stat_type",
     .one_of = {"counter", "gauge", "histogram", "meter", "set", "timer", "distribution"},
     .required = true},
    {.name = "tags", .type = strings, .check = check_tag_text},
    {.name = "sample_rate", .type = number, .min = 0, .max = 1},
    {.name = "consumer_identifier", .one_of = {"consumer_id", "custom_id", "username"}},
};

const schema& config_fields() {
  static const schema fields = {
      {.name = "host", .fallback = "\"localhost\"", .check = check_host, .referenceable = true},
      {.name = "port", .type = integer, .fallback = "8125", .min = 0, .max = 65535},
      {.name = "prefix", .fallback = "\"kong\""},
      {.name = "service_name_tag", .fallback = "\"name\""},
      {.name = "status_tag", .fallback = "\"status\""},
      {.name = "consumer_tag", .fallback = "\"consumer\""},
      {.name = "retry_count", .type = integer},
      {.name = "queue_size", .type = integer},
      {.name = "flush_timeout", .type = number},
      {.name = "queue", .type = mapping, .fields = &queue_fields()},
      {.name = "metrics", .type = records, .fallback = default_metrics, .fields = &metric_fields},
  };
  return fields;
}

struct metric {
  std::string name, consumer_by;
  std::string_view type;
  std::optional<double> rate;
  std::vector<std::string> tags;
};

class datadog final : public plugin {
 public:
  datadog(const plugin_entry& entry, deliveries* logs)
      : _prefix(entry.config.text("prefix")),
        _service_tag(entry.config.text("service_name_tag")),
        _status_tag(entry.config.text("status_tag")),
        _consumer_tag(entry.config.text("consumer_tag")) {
    for (const json::value& value : entry.config.at("metrics").as_array()) {
      const json::object& m = value.as_object();
      metric one{.name = text_in(m, "name"),
                 .consumer_by = text_in(m, "consumer_identifier"),
                 .type = statsd_type(text_in(m, "stat_type")),
                 .rate = sample_rate_of(m),
                 .tags = {}};
      if (const json::value* tags = m.if_contains("tags"); tags && tags->is_array())
        for (const json::value& tag : tags->get_array()) one.tags.emplace_back(std::string_view(tag.as_string()));
      _metrics.push_back(std::move(one));
    }
    if (!logs) return;
    auto to = std::make_shared<statsd_sender>(entry.config.text("host"),
                                              static_cast<std::uint16_t>(entry.config.integer("port")));
    _queue =
        logs->queue("datadog", entry.id, queue_options_of(entry.config),
                    [to](const std::vector<std::string>& batch, const wait_end& end) { return to->send(batch, end); });
  }

  void log(plugin_context& c) const override {
    if (!_queue || !c.to) return;
    std::string lines;
    for (const metric& m : _metrics) lines.append(lines.empty() ? "" : "\n").append(line_of(m, c));
    if (!lines.empty()) _queue->push(std::move(lines));
  }

 private:
  static std::string consumer_of(const metric& m, const plugin_context& c) {
    if (!c.who) return {};
    if (m.consumer_by == "consumer_id") {
      std::string id = c.who->id;
      std::ranges::replace(id, '-', '_');
      return id;
    }
    return m.consumer_by == "custom_id" ? c.who->custom_id : m.consumer_by == "username" ? c.who->username : "";
  }

  std::string line_of(const metric& m, const plugin_context& c) const {
    const exchange_totals& t = *c.totals;
    auto whole = [](double ms) { return static_cast<double>(static_cast<std::int64_t>(ms < 0 ? -1 : ms + 0.5)); };
    double value = m.name == "request_size"       ? static_cast<double>(t.bytes_in)
                   : m.name == "response_size"    ? static_cast<double>(t.bytes_out)
                   : m.name == "latency"          ? whole(t.request_ms)
                   : m.name == "upstream_latency" ? whole(t.upstream_ms)
                   : m.name == "kong_latency"     ? whole(t.kong_ms)
                                                  : 1;
    std::string name = m.name == "request_size"    ? "request.size"
                       : m.name == "response_size" ? "response.size"
                       : m.name == "request_count" ? "request.count"
                                                   : m.name;
    std::string service = c.to->label();
    std::ranges::replace(service, '.', '_');
    statsd_metric out{.name = fmt::format("{}.{}", _prefix, name),
                      .value = statsd_number(value),
                      .type = m.type,
                      .sample_rate = m.rate,
                      .tags = {{_service_tag, service}, {_status_tag, std::to_string(t.status)}},
                      .tag_style = "dogstatsd"};
    if (std::string who = consumer_of(m, c); !who.empty()) out.tags.emplace_back(_consumer_tag, who);
    std::string line = out.line();
    for (const std::string& tag : m.tags) line.append(",").append(tag);
    return line;
  }

  std::string _prefix, _service_tag, _status_tag, _consumer_tag;
  std::vector<metric> _metrics;
  std::shared_ptr<delivery_queue> _queue;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  return std::make_unique<datadog>(entry, parts.logs);
}

}  // namespace

plugin_kind datadog_kind() {
  return {.name = "datadog",
          .priority = 10,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = check_metrics,
          .make = make};
}

}  // namespace mes::gateway
