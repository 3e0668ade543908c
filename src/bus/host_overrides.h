// Kafka's max.connections.per.ip.overrides.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace mes::bus {

// "10.0.0.7:200, [::1]:50", as Kafka writes them; of addresses alone, as nothing here waits for a name server.
result<std::map<std::string, std::size_t>> parse_host_overrides(std::string_view text);

}  // namespace mes::bus
