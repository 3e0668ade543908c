#include "gateway/observe/instrumentations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "gateway/http/field_id.h"

namespace mes::gateway {
namespace {

struct instrumentation {
  std::string_view name;
  bool instrumentations::* field;  // nullptr: there in any case
};

constexpr auto by_name = std::to_array<instrumentation>({
    {"balancer", nullptr},
    {"dns_query", &instrumentations::dns_query},
    {"plugin_access", &instrumentations::plugin_access},
    {"plugin_header_filter", &instrumentations::plugin_header_filter},
    {"request", nullptr},
    {"router", &instrumentations::router},
});

}  // namespace

result<instrumentations> parse_instrumentations(std::string_view text) {
  instrumentations chosen;
  std::string unknown;
  for_each_token(text, [&](std::string_view name) {
    auto row = std::ranges::find(by_name, name, &instrumentation::name);
    const bool all = name == "all";
    for (const instrumentation& i : by_name)
      if (i.field && (all || i.name == name)) chosen.*i.field = true;
    if (row == by_name.end() && !all && name != "off" && unknown.empty()) unknown = name;
  });
  if (unknown.empty()) return chosen;
  std::string names;
  for (const instrumentation& i : by_name) names.append(", ").append(i.name);
  return fail(error_code::invalid_argument,
              fmt::format("tracing_instrumentations: '{}' is none of off, all{}", unknown, names));
}

}  // namespace mes::gateway
