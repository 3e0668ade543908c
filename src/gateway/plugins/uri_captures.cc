#include "gateway/plugins/uri_captures.h"

#include "gateway/router/expression.h"

namespace mes::gateway {

boost::json::object uri_captures(const plugin_context& c) {
  boost::json::object out;
  if (!c.match) return out;
  for (const auto& [name, text] : captures_of(*c.match, c.asked)) out[name] = text;
  return out;
}

}  // namespace mes::gateway
