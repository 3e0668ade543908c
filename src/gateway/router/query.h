// What is asked of the router, and what it answers.
#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/config/configuration.h"
#include "gateway/http/head.h"

namespace mes::gateway {

struct route_query {
  std::string_view method;
  std::string_view path;  // normalised
  std::string_view host;  // as sent, with its port
  bool https = false;
  std::string_view sni;
  const header_table* headers = nullptr;
  std::string_view query;  // without '?'
};

struct expression;

struct route_match {
  const route* to = nullptr;         // nullptr: no route
  std::size_t index = 0;             // of the route in the configuration
  std::size_t matched_bytes = 0;     // of the path, that strip_path takes away: from the beginning, wherever they were
  std::size_t matched_at = 0;        // where they were: a pattern such as "~/a|/b" may match anywhere
  bool path_matched = false;         // false: no path was compared
  const expression* test = nullptr;  // what the request is like; as long as the router lives

  std::string_view matched(std::string_view path) const { return path.substr(matched_at, matched_bytes); }
};

// "host:port" into its parts; a port that is no number belongs to the host (kong/router/atc.lua).
struct host_and_port {
  std::string_view host;
  int port = -1;  // none
};
host_and_port split_host_port(std::string_view host);

}  // namespace mes::gateway
