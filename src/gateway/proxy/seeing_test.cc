// What the gateway tells of requests: spans of their parts, and times in the log.
#include <algorithm>

#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

std::vector<std::string> names_of(const std::vector<recorded_span>& spans) {
  std::vector<std::string> names;
  for (const recorded_span& s : spans) names.push_back(s.name);
  std::ranges::sort(names);
  return names;
}

// Names: K:kong/tracing/instrumentation.lua. A plugin has spans of the phases that it has (syslog: of none of these).
constexpr std::string_view plugins =
    "plugins:\n"
    "- {name: correlation-id, config: {echo_downstream: true}}\n"
    "- {name: ip-restriction, config: {deny: [10.0.0.1]}}\n"
    "- {name: response-transformer, config: {add: {headers: [\"x:y\"]}}}\n"
    "- {name: syslog}\n";

std::vector<recorded_span> spans_with(std::string_view asked, std::string_view fields = {}) {
  raw_service service(echo);
  proxy_options options;
  options.timed = *parse_instrumentations(asked);
  gateway_under_test gw(service_yaml(service.port()) + std::string(plugins), options);
  gw.get("/a", fields);
  gw.log_lines.requests(1);  // at the end of the turn that the spans were made in
  return gw.spans.spans();
}

TEST(instrumentations, give_parts_of_a_request_spans_of_their_own) {
  auto spans = spans_with("all");
  EXPECT_EQ(names_of(spans),
            (std::vector<std::string>{"GET /", "GET s", "kong.access.plugin.correlation-id",
                                      "kong.access.plugin.ip-restriction", "kong.header_filter.plugin.correlation-id",
                                      "kong.header_filter.plugin.response-transformer", "kong.router"}));
  auto server = std::ranges::find(spans, observe::span_kind::server, &recorded_span::kind);
  ASSERT_NE(server, spans.end());
  for (const recorded_span& s : spans) {
    EXPECT_EQ(s.context.trace, server->context.trace);
    if (s.name.starts_with("kong.")) {
      EXPECT_EQ(s.parent, server->context.span);
      EXPECT_LE(s.start, s.end);
      EXPECT_LE(server->start, s.start);
      EXPECT_LE(s.end, server->end);
    }
  }
}

TEST(instrumentations, are_chosen_by_name) {
  EXPECT_EQ(names_of(spans_with("off")), (std::vector<std::string>{"GET /", "GET s"}));
  EXPECT_EQ(names_of(spans_with("request, router")), (std::vector<std::string>{"GET /", "GET s", "kong.router"}));
  EXPECT_EQ(names_of(spans_with("plugin_access")).size(), 4U);
  auto refused = parse_instrumentations("router,rooter");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(has(refused.error().message, "'rooter'"));
}

TEST(instrumentations, are_for_so_many_requests_a_second) {
  raw_service service(echo);
  gateway_under_test gw(service_yaml(service.port()), {.timed = {.router = true}, .timed_per_second = 1});
  for (int i = 0; i < 50; ++i) gw.get("/a");
  gw.log_lines.requests(50);
  const auto timed = std::ranges::count(gw.spans.spans(), "kong.router", &recorded_span::name);
  EXPECT_GE(timed, 1);
  EXPECT_LT(timed, 50);
}

TEST(instrumentations, are_for_sampled_requests) {
  EXPECT_TRUE(spans_with("all", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n").empty());
}

TEST(access_log, has_the_times_of_the_service) {
  raw_service service(echo);
  gateway_under_test gw(service_yaml(service.port()));
  gw.get("/a");
  auto lines = gw.log_lines.requests(1);
  ASSERT_EQ(lines.size(), 1U);
  for (std::string_view name : {"latency_ms", "kong_ms", "upstream_ms", "upstream_connect_ms"})
    EXPECT_GT(lines[0].at(name).to_number<double>(), 0) << name;
  EXPECT_EQ(lines[0].at("upstream_tls_ms").to_number<double>(), 0);
}

}  // namespace
}  // namespace mes::gateway
