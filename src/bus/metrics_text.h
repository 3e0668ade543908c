// The broker's metrics in Prometheus' text format, under the names that Kafka's exporters use.
#pragma once

#include <string>

#include "bus/broker.h"

namespace mes::bus {

std::string metrics_text(broker& b);  // on the broker's thread

}  // namespace mes::bus
