// infrastructure/prometheus/prometheus.yml, made to fit a platform on one machine.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace mes::platform {

// Each target "name:port" becomes "127.0.0.1:(port + offset)"; all else stays byte for byte. The file names the
// services as containers and pods do, so that it is the single source for both.
result<std::string> localize_prometheus_config(std::string_view yaml, int port_offset);

}  // namespace mes::platform
