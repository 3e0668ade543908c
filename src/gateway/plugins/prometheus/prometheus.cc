// Counts of traffic for Prometheus (K:kong/plugins/prometheus/exporter.lua).
#include "gateway/observe/traffic_stats.h"
#include "gateway/plugins/kinds.h"

namespace mes::gateway {
namespace {

using enum field_type;

const schema& config_fields() {
  static const schema fields = {
      {.name = "per_consumer", .type = boolean, .fallback = "false"},
      {.name = "status_code_metrics", .type = boolean, .fallback = "false"},
      {.name = "latency_metrics", .type = boolean, .fallback = "false"},
      {.name = "bandwidth_metrics", .type = boolean, .fallback = "false"},
      {.name = "upstream_health_metrics", .type = boolean, .fallback = "false"},  // read where metrics are exposed
  };
  return fields;
}

class prometheus final : public plugin {
 public:
  explicit prometheus(const record& config)
      : _wants{.status_codes = config.flag("status_code_metrics"),
               .latencies = config.flag("latency_metrics"),
               .bandwidth = config.flag("bandwidth_metrics")},
        _per_consumer(config.flag("per_consumer")) {}

  // As Kong: what reached no service is not recorded.
  void log(plugin_context& c) const override {
    if (!c.stats || !c.totals || !c.to) return;
    std::string_view who = _per_consumer && c.who ? std::string_view(c.who->label()) : std::string_view{};
    c.stats->record(c.to->label(), c.on_route->label(), who, _wants, *c.totals);
  }

 private:
  traffic_stats::groups _wants;
  bool _per_consumer;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts&) {
  return std::make_unique<prometheus>(entry.config);
}

}  // namespace

plugin_kind prometheus_kind() {
  return {.name = "prometheus",
          .priority = 13,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
