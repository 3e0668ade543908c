// Which part of the platform answers which path below /api/, so that a browser needs one origin.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/http.h"

namespace mes::console {

// What may be asked of a part of the platform.
enum class access : std::uint8_t {
  with_token,    // anything: the gateway asks for a token itself
  read,          // GET and HEAD
  read_or_find,  // and POST of a search
};

struct upstream {
  std::string prefix;  // "/api/bus": the request's path without it is the path there
  std::string base;    // "http://127.0.0.1:9644", "unix:/…/mes.sock:"
  access allowed = access::read;
  std::string name;  // for the reader of an error: "the bus"
  std::chrono::milliseconds timeout{10'000};
};

struct upstream_addresses {
  std::string gateway, prometheus, search, traces, bus;  // "http://host:port"
  std::string control_socket;                            // the supervisor's
};

std::vector<upstream> make_routes(const upstream_addresses& addresses);

// The longest prefix that ends at a segment's end; nullptr if there is none. `path` as sent, without the query.
const upstream* find_route(const std::vector<upstream>& routes, std::string_view path);

// Whether a request with this method and path (as sent) may go there.
bool is_allowed(const upstream& route, std::string_view method, std::string_view path);

// The address there of a request's target (as sent).
std::string address_of(const upstream& route, std::string_view target);

// What the part gets to see of a request's headers: what it can use; never cookies, Origin or Host.
runtime::http_headers forwarded(const upstream& route, const runtime::http_request& request);

// What the browser gets of an answer's headers: all but what belongs to that connection or opens it to other origins.
runtime::http_headers returned(const runtime::http_headers& from);

}  // namespace mes::console
