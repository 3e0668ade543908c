#include "console/routes.h"

#include <gtest/gtest.h>

namespace mes::console {
namespace {

const std::vector<upstream> routes = make_routes({.gateway = "http://127.0.0.1:8000",
                                                  .prometheus = "http://127.0.0.1:9090",
                                                  .search = "http://127.0.0.1:9200",
                                                  .traces = "http://127.0.0.1:16686",
                                                  .bus = "http://127.0.0.1:9644",
                                                  .control_socket = "/data/run/mes.sock"});

std::string goes_to(std::string_view target) {
  const upstream* route = find_route(routes, target.substr(0, target.find('?')));
  return route == nullptr ? "nowhere" : address_of(*route, target);
}

TEST(routes, lead_to_the_parts_of_the_platform) {
  EXPECT_EQ(goes_to("/api/v1/dashboard/production?group_by=part"),
            "http://127.0.0.1:8000/api/v1/dashboard/production?group_by=part");
  EXPECT_EQ(goes_to("/api/platform/status"), "unix:/data/run/mes.sock:/status");
  EXPECT_EQ(goes_to("/api/prometheus/api/v1/query?query=up"), "http://127.0.0.1:9090/api/v1/query?query=up");
  EXPECT_EQ(goes_to("/api/logs/mes-logs-*/_search"), "http://127.0.0.1:9200/mes-logs-*/_search");
  EXPECT_EQ(goes_to("/api/traces/traces/ab?raw=true"), "http://127.0.0.1:16686/api/traces/ab?raw=true");
  EXPECT_EQ(goes_to("/api/bus/topics"), "http://127.0.0.1:9644/topics");
  EXPECT_EQ(goes_to("/api/logs?pretty"), "http://127.0.0.1:9200/?pretty");
  EXPECT_EQ(goes_to("/api/v10/x"), "nowhere");
  EXPECT_EQ(goes_to("/api/busy"), "nowhere");
}

bool may(std::string_view method, std::string_view path) { return is_allowed(*find_route(routes, path), method, path); }

TEST(routes, only_read_where_no_token_is_asked) {
  EXPECT_TRUE(may("PUT", "/api/v1/workorders/1"));
  EXPECT_TRUE(may("GET", "/api/bus/topics"));
  EXPECT_FALSE(may("DELETE", "/api/bus/topics/work-order.created"));
  EXPECT_FALSE(may("POST", "/api/platform/down"));
  EXPECT_FALSE(may("POST", "/api/prometheus/-/quit"));
  EXPECT_TRUE(may("POST", "/api/logs/mes-logs-*/_search"));
  EXPECT_TRUE(may("POST", "/api/logs/mes-logs-*/_count"));
  EXPECT_FALSE(may("POST", "/api/logs/_bulk"));
  EXPECT_FALSE(may("POST", "/api/logs/mes-logs-x/_doc/%2f_search"));
  EXPECT_FALSE(may("POST", "/api/logs/_bulk/../_search"));
  EXPECT_FALSE(may("DELETE", "/api/logs/mes-logs-2026.01.01"));
}

TEST(routes, keep_tokens_and_cookies_from_those_who_need_none) {
  runtime::http_request request{.remote_address = "127.0.0.1"};
  request.headers.set("Authorization", "Bearer secret");
  request.headers.set("Cookie", "a=b");
  request.headers.set("Host", "localhost:3000");
  request.headers.set("Origin", "http://localhost:3000");
  request.headers.set("content-type", "application/json");
  request.headers.set("X-Request-ID", "42");
  const auto to_bus = forwarded(*find_route(routes, "/api/bus/topics"), request);
  EXPECT_FALSE(to_bus.has("Authorization"));
  EXPECT_FALSE(to_bus.has("Cookie"));
  EXPECT_FALSE(to_bus.has("Host"));
  EXPECT_EQ(to_bus.get("Content-Type"), "application/json");
  const auto to_gateway = forwarded(*find_route(routes, "/api/v1/parts"), request);
  EXPECT_EQ(to_gateway.get("Authorization"), "Bearer secret");
  EXPECT_EQ(to_gateway.get("X-Request-ID"), "42");
  EXPECT_EQ(to_gateway.get("X-Forwarded-For"), "127.0.0.1");
  EXPECT_FALSE(to_gateway.has("Origin"));
}

TEST(routes, do_not_open_answers_to_other_origins) {
  runtime::http_headers from;
  from.set("access-control-allow-origin", "*");
  from.set("Transfer-Encoding", "chunked");
  from.set("Content-Type", "application/json");
  from.set("Retry-After", "7");
  const auto to_browser = returned(from);
  EXPECT_FALSE(to_browser.has("Access-Control-Allow-Origin"));
  EXPECT_FALSE(to_browser.has("Transfer-Encoding"));
  EXPECT_EQ(to_browser.get("Content-Type"), "application/json");
  EXPECT_EQ(to_browser.get("Retry-After"), "7");
  EXPECT_EQ(to_browser.get("Cache-Control"), "no-store");
}

}  // namespace
}  // namespace mes::console
