// Which parts of a request's way have spans of their own: Kong's tracing_instrumentations.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace mes::gateway {

struct instrumentations {
  bool router = false, dns_query = false, plugin_access = false, plugin_header_filter = false;
};

// "off", "all", or names by commas. Kong's names for what each request has anyway (request, balancer) are taken.
result<instrumentations> parse_instrumentations(std::string_view text);

// One part, for the span "NAME" or "NAMEPLUGIN".
struct timed_part {
  std::string_view name, plugin;        // both live as long as the program
  std::int64_t from_us = 0, to_us = 0;  // since the request began
};

}  // namespace mes::gateway
