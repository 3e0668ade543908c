// A request's parts as JSON values, for plugins that show or log them: names in lower case, one value as text, several
// as a list; an argument without '=' as true.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "gateway/plugins/plugin.h"

namespace mes::gateway {

boost::json::object headers_as_json(const plugin_context& c);  // as the service gets them, after the plugins' changes
boost::json::object query_as_json(const plugin_context& c);
boost::json::value body_as_json(
    const plugin_context& c);  // of the types that Kong reads; null: there is nothing of them
boost::json::object sent_head_as_json(std::string_view sent_head);  // what follows the status line
std::string host_of(const plugin_context& c);                       // as normal_host (authority.h)
std::string_view http_version_of(const request_head& head);         // "1.0", "1.1", "2.0"
int port_of(const plugin_context& c);                               // of the listener

}  // namespace mes::gateway
