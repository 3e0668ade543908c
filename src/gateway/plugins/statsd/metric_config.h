// A metric as statsd's and datadog's configurations name it.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/config/diagnostic.h"
#include "gateway/config/schema.h"

namespace mes::gateway {

// The text of a member; "" where it is missing or null.
std::string text_in(const boost::json::object& metric, std::string_view member);

std::optional<double> sample_rate_of(const boost::json::object& metric);

// A counter or gauge needs a sample_rate. For plugin_kind::check.
void check_metrics(const record& config, const std::string& what, reporter& report);

}  // namespace mes::gateway
