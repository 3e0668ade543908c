#include "gateway/plugins/statsd/metric_config.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>

namespace mes::gateway {
namespace json = boost::json;

std::string text_in(const json::object& metric, std::string_view member) {
  const json::value* v = metric.if_contains(member);
  return v && v->is_string() ? std::string(std::string_view(v->get_string())) : std::string();
}

std::optional<double> sample_rate_of(const json::object& metric) {
  const json::value* rate = metric.if_contains("sample_rate");
  return rate && rate->is_number() ? std::optional(rate->to_number<double>()) : std::nullopt;
}

void check_metrics(const record& config, const std::string& what, reporter& report) {
  for (const json::value& value : config.at("metrics").as_array()) {
    const json::object& metric = value.as_object();
    const std::string type = text_in(metric, "stat_type");
    const json::value* rate = metric.if_contains("sample_rate");
    if ((type == "counter" || type == "gauge") && (!rate || rate->is_null()))
      report.error(config.mark_of("metrics"),
                   fmt::format("{}, metrics: {} of type {} needs a sample_rate", what, text_in(metric, "name"), type));
  }
}

}  // namespace mes::gateway
