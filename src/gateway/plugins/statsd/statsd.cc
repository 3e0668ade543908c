// Figures of each exchange to a StatsD server (K:kong/plugins/statsd/log.lua).
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/json/array.hpp>
#include <charconv>

#include "gateway/config/checks.h"
#include "gateway/plugins/delivery/delivery.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/node.h"
#include "gateway/plugins/proxy_cache/response_cache.h"
#include "gateway/plugins/statsd/metric_config.h"
#include "gateway/plugins/statsd/statsd_line.h"

namespace mes::gateway {
namespace {

using enum field_type;
namespace json = boost::json;

constexpr std::string_view default_metrics = R"([
  {"name":"request_count","stat_type":"counter","sample_rate":1},
  {"name":"latency","stat_type":"timer"},
  {"name":"request_size","stat_type":"counter","sample_rate":1},
  {"name":"status_count","stat_type":"counter","sample_rate":1},
  {"name":"response_size","stat_type":"counter","sample_rate":1},
  {"name":"unique_users","stat_type":"set"},
  {"name":"request_per_user","stat_type":"counter","sample_rate":1},
  {"name":"upstream_latency","stat_type":"timer"},
  {"name":"kong_latency","stat_type":"timer"},
  {"name":"status_count_per_user","stat_type":"counter","sample_rate":1},
  {"name":"status_count_per_workspace","stat_type":"counter","sample_rate":1},
  {"name":"status_count_per_user_per_route","stat_type":"counter","sample_rate":1},
  {"name":"shdict_usage","stat_type":"gauge","sample_rate":1}])";

const std::vector<std::string_view> consumer_names = {"consumer_id", "custom_id", "username"};
const std::vector<std::string_view> service_names = {"service_id", "service_name", "service_host",
                                                     "service_name_or_host"};
const std::vector<std::string_view> workspace_names = {"workspace_id", "workspace_name"};

const schema metric_fields = {
    {.name = "name",
     .one_of = {"kong_latency", "latency", "request_count", "request_per_user", "request_size", "response_size",
                "status_count", "status_count_per_user", "unique_users", "upstream_latency",
                "status_count_per_workspace", "status_count_per_user_per_route", "shdict_usage"},
     .required = true},
    {.name = "stat_type", .one_of = {"counter", "gauge", "histogram", "meter", "set", "timer"}, .required = true},
    {.name = "sample_rate", .type = number, .min = above_zero},
    {.name = "consumer_identifier", .one_of = consumer_names},
    {.name = "service_identifier", .one_of = service_names},
    {.name = "workspace_identifier", .one_of = workspace_names},
};

// "200-204"
std::string check_range(std::string_view text) {
  std::size_t dash = text.find('-');
  auto digits = [](std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  bool fine = dash != std::string_view::npos && digits(text.substr(0, dash)) && digits(text.substr(dash + 1));
  return fine ? "" : fmt::format("'{}' is no range of status codes like 200-204", text);
}

const schema& config_fields() {
  static const schema fields = {
      {.name = "host", .fallback = "\"localhost\"", .check = check_host},
      {.name = "port", .type = integer, .fallback = "8125", .min = 0, .max = 65535},
      {.name = "prefix", .fallback = "\"kong\""},
      {.name = "metrics", .type = records, .fallback = default_metrics, .fields = &metric_fields},
      {.name = "allow_status_codes", .type = strings, .check = check_range},
      {.name = "udp_packet_size", .type = number, .fallback = "0", .min = 0, .max = 65507},
      {.name = "use_tcp", .type = boolean, .fallback = "false"},
      {.name = "hostname_in_prefix", .type = boolean, .fallback = "false"},
      {.name = "consumer_identifier_default", .fallback = "\"custom_id\"", .one_of = consumer_names},
      {.name = "service_identifier_default", .fallback = "\"service_name_or_host\"", .one_of = service_names},
      {.name = "workspace_identifier_default", .fallback = "\"workspace_id\"", .one_of = workspace_names},
      {.name = "retry_count", .type = integer},
      {.name = "queue_size", .type = integer},
      {.name = "flush_timeout", .type = number},
      {.name = "tag_style", .one_of = {"dogstatsd", "influxdb", "librato", "signalfx"}},
      {.name = "queue", .type = mapping, .fields = &queue_fields()},
  };
  return fields;
}

std::string with_underscores(std::string text) {
  std::ranges::replace(text, '.', '_');
  return text;
}

struct metric {
  std::string name;
  std::string_view type;
  std::optional<double> rate;
  std::string consumer_by, service_by, workspace_by;
};

class statsd final : public plugin {
 public:
  statsd(const plugin_entry& entry, const plugin_parts& parts)
      : _prefix(entry.config.text("prefix")),
        _tag_style(entry.config.text("tag_style")),
        _with_host(entry.config.flag("hostname_in_prefix")),
        _ranges(entry.config.strings("allow_status_codes")),
        _clock(parts.clock),
        _cache(parts.cache) {
    const record& config = entry.config;
    if (_with_host && _tag_style.empty()) _prefix += ".node." + with_underscores(host_name());
    for (const json::value& value : config.at("metrics").as_array()) {
      const json::object& m = value.as_object();
      auto or_default = [&](std::string_view name) {
        std::string own = text_in(m, name);
        return own.empty() ? config.text(std::string(name) + "_default") : own;
      };
      _metrics.push_back({.name = text_in(m, "name"),
                          .type = statsd_type(text_in(m, "stat_type")),
                          .rate = sample_rate_of(m),
                          .consumer_by = or_default("consumer_identifier"),
                          .service_by = or_default("service_identifier"),
                          .workspace_by = or_default("workspace_identifier")});
    }
    if (!parts.logs) return;
    auto to = std::make_shared<statsd_sender>(config.text("host"), static_cast<std::uint16_t>(config.integer("port")));
    to->packet_bytes = static_cast<std::size_t>(config.number("udp_packet_size"));
    to->tcp = config.flag("use_tcp");
    _queue = parts.logs->queue(
        "statsd", entry.id, queue_options_of(config),
        [to](const std::vector<std::string>& batch, const wait_end& end) { return to->send(batch, end); });
  }

  void log(plugin_context& c) const override {
    if (!_queue || !is_wanted(c.totals->status)) return;
    std::string lines;
    for (const metric& m : _metrics)
      if (std::string line = line_of(m, c); !line.empty()) lines.append(lines.empty() ? "" : "\n").append(line);
    if (!lines.empty()) _queue->push(std::move(lines));
  }

 private:
  bool is_wanted(int status) const {
    if (_ranges.empty()) return true;
    return std::ranges::any_of(_ranges, [&](const std::string& range) {
      int from = 0, to = 0;
      std::size_t dash = range.find('-');
      std::from_chars(range.data(), range.data() + dash, from);
      std::from_chars(range.data() + dash + 1, range.data() + range.size(), to);
      return status >= from && status <= to;
    });
  }

  static std::string consumer_of(const metric& m, const plugin_context& c) {
    if (!c.who) return {};
    return m.consumer_by == "consumer_id" ? c.who->id
           : m.consumer_by == "custom_id" ? c.who->custom_id
                                          : c.who->username;
  }

  static std::string service_of(const metric& m, const plugin_context& c) {
    if (!c.to) return {};
    return m.service_by == "service_id"     ? c.to->id
           : m.service_by == "service_name" ? c.to->name
           : m.service_by == "service_host" ? c.to->host
                                            : c.to->label();
  }

  static std::string scope_of(const metric& m, const plugin_context& c) {
    if (!c.to) return "global.unmatched";
    std::string name = service_of(m, c);
    return "service." + (name.empty() ? "unnamed" : with_underscores(std::move(name)));
  }

  // The figure of the metrics that are one; nothing where there is none.
  static std::optional<std::pair<std::string_view, double>> figure_of(const metric& m, const plugin_context& c) {
    const exchange_totals& t = *c.totals;
    auto figure = [](std::string_view name, double value) { return std::optional(std::pair(name, value)); };
    auto whole = [](double ms) { return static_cast<double>(static_cast<std::int64_t>(ms + 0.5)); };
    if (m.name == "request_size") return figure("request.size", static_cast<double>(t.bytes_in));
    if (m.name == "response_size") return figure("response.size", static_cast<double>(t.bytes_out));
    if (m.name == "latency") return figure("latency", whole(t.request_ms));
    if (m.name == "kong_latency") return figure("kong_latency", whole(t.kong_ms));
    if (m.name == "request_count") return figure("request.count", 1);
    if (m.name == "upstream_latency" && t.upstream_ms >= 0) return figure("upstream_latency", whole(t.upstream_ms));
    return std::nullopt;
  }

  // Kong's shared dictionaries: the one that there is here, once a minute.
  std::string dictionary_lines(const metric& m) const {
    constexpr std::int64_t every_ms = 60'000;
    if (!_cache) return {};
    const std::int64_t now_ms = _clock.steady_ms();
    std::int64_t due_ms = _dictionary_due_ms;
    if (now_ms < due_ms || !_dictionary_due_ms.compare_exchange_strong(due_ms, now_ms + every_ms)) return {};
    const std::size_t capacity = _cache->bytes_max(), used = std::min(_cache->bytes(), capacity);
    auto line = [&](std::string_view figure, std::size_t bytes) {
      statsd_metric out{.name = fmt::format("{}.shdict.{}", _prefix, figure),
                        .value = statsd_number(static_cast<double>(bytes)),
                        .type = statsd_type("gauge"),
                        .sample_rate = m.rate,
                        .tags = {{"node", with_underscores(host_name())}, {"shdict", "kong_db_cache"}},
                        .tag_style = _tag_style};
      if (_tag_style.empty())
        out.name = fmt::format("{}.{}shdict.kong_db_cache.{}", _prefix,
                               _with_host ? "" : fmt::format("node.{}.", with_underscores(host_name())), figure);
      return out.line();
    };
    return line("free_space", capacity - used) + '\n' + line("capacity", capacity);
  }

  std::string line_of(const metric& m, const plugin_context& c) const {
    if (m.name == "shdict_usage") return dictionary_lines(m);
    auto counted = [&](const std::string& name) {
      return statsd_metric{.name = _prefix + '.' + name, .value = "1", .type = "c", .sample_rate = m.rate, .tags = {}}
          .line();
    };
    if (auto figure = figure_of(m, c)) {
      statsd_metric out{.value = statsd_number(figure->second), .type = m.type, .sample_rate = m.rate};
      out.name = fmt::format("{}.{}{}", _prefix, _tag_style.empty() ? scope_of(m, c) + '.' : "", figure->first);
      if (!_tag_style.empty()) {
        out.tags = tags_of(m, c);
        out.tag_style = out.tags.empty() ? std::string_view{} : std::string_view(_tag_style);
      }
      return out.line();
    }
    if (!_tag_style.empty()) return {};
    std::string who = consumer_of(m, c);
    int status = c.totals->status;
    if (m.name == "status_count") return counted(fmt::format("{}.status.{}", scope_of(m, c), status));
    if (m.name == "status_count_per_workspace")
      return counted(fmt::format("{}.workspace.{}.status.{}", scope_of(m, c), workspace_of(m), status));
    if (who.empty()) return {};
    if (m.name == "unique_users")
      return statsd_metric{
          .name = fmt::format("{}.{}.user.uniques", _prefix, scope_of(m, c)), .value = who, .type = "s", .tags = {}}
          .line();
    if (m.name == "request_per_user") return counted(fmt::format("{}.user.{}.request.count", scope_of(m, c), who));
    if (m.name == "status_count_per_user")
      return counted(fmt::format("{}.user.{}.status.{}", scope_of(m, c), who, status));
    if (m.name == "status_count_per_user_per_route" && c.on_route)
      return counted(fmt::format("route.{}.user.{}.status.{}", c.on_route->id, who, status));
    return {};
  }

  // There is one workspace, and nothing changes its name; its id is of no use to anybody.
  static std::string_view workspace_of(const metric& m) {
    return m.workspace_by == "workspace_name" ? "default" : "00000000-0000-0000-0000-000000000000";
  }

  static statsd_tags tags_of(const metric& m, const plugin_context& c) {
    statsd_tags out;
    std::string service = service_of(m, c);
    if (service.empty()) return out;
    out.emplace_back("service", service);
    if (c.on_route) out.emplace_back("route", c.on_route->label());
    out.emplace_back("workspace", workspace_of(m));
    if (std::string who = consumer_of(m, c); !who.empty()) out.emplace_back("consumer", who);
    out.emplace_back("node", with_underscores(host_name()));
    out.emplace_back("status", std::to_string(c.totals->status));
    return out;
  }

  std::string _prefix, _tag_style;
  bool _with_host;
  std::vector<std::string> _ranges;
  std::vector<metric> _metrics;
  const wall_clock& _clock;
  const response_cache* _cache;
  mutable std::atomic<std::int64_t> _dictionary_due_ms = 0;
  std::shared_ptr<delivery_queue> _queue;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  return std::make_unique<statsd>(entry, parts);
}

}  // namespace

plugin_kind statsd_kind() {
  return {.name = "statsd",
          .priority = 11,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = check_metrics,
          .make = make};
}

}  // namespace mes::gateway
