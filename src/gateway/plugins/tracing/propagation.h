// Trace ids in the headers of six systems (K:kong/tracing/propagation.lua): found in requests, set for services.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/plugins/plugin.h"

namespace mes::gateway {

// Ids are bytes; "" = none.
struct found_trace {
  std::string_view type = {};  // b3, b3-single, w3c, jaeger, ot, aws; "" = none found
  std::string trace, span, parent;
  std::optional<bool> sampled;
  std::map<std::string, std::string> baggage;  // decoded
};

// `header_type` is the plugin's: with "ignore" nothing is looked for.
found_trace find_trace(const header_table& headers, std::string_view header_type);

// What goes to the service; the names of baggage fields are kept in it, so it has to live as long as the request.
struct passed_trace {
  std::string trace, span, parent;
  bool sampled = false;
  std::map<std::string, std::string> baggage;
  std::map<std::string, std::string> baggage_fields;  // made by set_trace

  void fill_baggage_fields(bool ot);
};
void set_trace(plugin_context& c, passed_trace& trace, std::string_view header_type, std::string_view found_type,
               std::string_view default_type);

std::string random_bytes(std::size_t count);

}  // namespace mes::gateway
