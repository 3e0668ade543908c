// What is told of requests that could not be made out. Expected: what nginx 1.22's access log has for the same bytes,
// and that Kong's global plugins see them (K:spec/02-integration/05-proxy/04-plugins_triggering_spec.lua).
#include <boost/json/serialize.hpp>

#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

struct broken_request {
  std::string_view name, bytes;
  int status;
  std::string_view method = "", path = "";
};

const auto broken_requests = std::to_array<broken_request>({
    {"no request line", "\x01\x02 foo\r\n\r\n", 400},
    {"no version", "GET /a FOO/1.1\r\nHost: h\r\n\r\n", 400, "GET", "/a"},
    {"another version", "GET /a HTTP/3.0\r\nHost: h\r\n\r\n", 505, "GET", "/a"},
    {"no host", "GET /a?key=secret HTTP/1.1\r\n\r\n", 400, "GET", "/a"},
    {"two lengths of a body",
     "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "POST",
     "/b"},
    {"a line for the log", "GET /a\",\"status\":200\x0b HTTP/1.1\r\nHost: h\r\n\r\n", 400, "GET", ""},
    {"a hello of TLS", "\x16\x03\x01\x02\n", 400},
});

TEST(unread_requests, have_their_line_and_their_count) {
  for (const broken_request& one : broken_requests) {
    gateway_under_test gw("services: []\n");
    gw.ask(one.bytes);
    auto lines = gw.log_lines.requests(1);
    ASSERT_EQ(lines.size(), 1U) << one.name;
    const boost::json::object& line = lines.front();
    EXPECT_EQ(line.at("status"), one.status) << one.name;
    EXPECT_EQ(line.at("method"), boost::json::value(one.method)) << one.name;
    EXPECT_EQ(line.at("path"), boost::json::value(one.path)) << one.name;
    EXPECT_EQ(line.at("client"), "127.0.0.1") << one.name;
    EXPECT_FALSE(line.contains("trace_id")) << one.name;
    std::string counts = gw.plane().expose_stats();
    EXPECT_TRUE(has(counts, "mes_gateway_unread_requests_total{code=\"" + std::to_string(one.status) + "\"} 1\n"))
        << one.name;
    EXPECT_EQ(gw.plane().current().requests, 1U) << one.name;
    EXPECT_TRUE(gw.spans.spans().empty()) << one.name;
  }
}

TEST(unread_requests, that_are_too_large) {
  const std::string long_path = "/" + std::string(40'000, 'a'), long_field = std::string(40'000, 'b');
  gateway_under_test gw("services: []\n");
  gw.ask("GET " + long_path + " HTTP/1.1\r\nHost: h\r\n\r\n");
  gw.ask("GET /a HTTP/1.1\r\nHost: h\r\nX: " + long_field + "\r\n\r\n");
  auto lines = gw.log_lines.requests(2);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("status"), 414);
  EXPECT_EQ(lines[0].at("method"), "GET");
  EXPECT_EQ(lines[1].at("status"), 400);
  EXPECT_EQ(lines[1].at("path"), "/a");
}

TEST(unread_requests, that_are_cut_off) {
  gateway_under_test gw("services: []\n");
  gw.connect().send("GET /a HTTP/1.1\r\nHost: h\r\n");
  auto lines = gw.log_lines.requests(1);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("status"), 400);
  EXPECT_EQ(lines[0].at("path"), "/a");
  EXPECT_EQ(lines[0].at("bytes_in"), 26);
  EXPECT_EQ(lines[0].at("bytes_out"), 0);
  EXPECT_TRUE(has(boost::json::serialize(lines[0].at("error")), "gone"));
}

TEST(unread_requests, that_come_too_slowly) {
  proxy_options options;
  options.header_timeout_ms = 1;
  gateway_under_test gw("services: []\n", options);
  gw.ask("GET /a HTT");
  auto lines = gw.log_lines.requests(1);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("status"), 408);
  EXPECT_EQ(lines[0].at("path"), "/a");
}

TEST(unread_requests, are_none_where_nothing_came) {
  gateway_under_test gw("services: []\n");
  {
    socket_handle silent = gw.connect();
  }
  {
    gw.connect().send("\r\n");
  }
  gw.ask("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  auto lines = gw.log_lines.requests(1);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("status"), 404);
}

// Of HTTP/2: bytes of a preface, SETTINGS, and one HEADERS.
std::string http2_request(std::string_view block) {
  std::string bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  bytes.append("\0\0\0\4\0\0\0\0\0", 9);
  bytes.append("\0\0", 2).append(1, static_cast<char>(block.size())).append("\1\5\0\0\0\1", 6).append(block);
  return bytes;
}

std::string literal(std::string_view name, std::string_view value) {
  std::string out(1, '\0');
  out.append(1, static_cast<char>(name.size())).append(name);
  return out.append(1, static_cast<char>(value.size())).append(value);
}

// RFC 9113, section 8.1.1: malformed, found by the session; and by the gateway, for its authority is another than Host.
TEST(unread_requests, of_http2) {
  const std::string get = literal(":method", "GET") + literal(":scheme", "http") + literal(":path", "/a");
  gateway_under_test gw("services: []\n");
  {
    socket_handle s = gw.connect();
    s.send(http2_request(get + literal("Upper", "x")));
    ASSERT_EQ(gw.log_lines.requests(1).size(), 1U);
    s.send({"\0\0", 2});
  }
  {
    socket_handle s = gw.connect();
    s.send(http2_request(get + literal(":authority", "a") + literal("host", "b")));
    ASSERT_EQ(gw.log_lines.requests(2).size(), 2U);
  }
  for (const auto& line : gw.log_lines.requests(2)) {
    EXPECT_EQ(line.at("status"), 400);
    EXPECT_EQ(line.at("method"), "GET");
    EXPECT_EQ(line.at("path"), "/a");
  }
  EXPECT_EQ(gw.plane().current().requests, 2U);
}

TEST(unread_requests, are_seen_by_global_plugins) {
  gateway_under_test gw("plugins: [{name: response-transformer, config: {add: {headers: [\"x-seen:yes\"]}}}]\n");
  std::string answer = gw.ask("GET /" + std::string(40'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(has(answer, "HTTP/1.1 414 "));
  EXPECT_TRUE(has(answer, "x-seen: yes")) << answer;
}

}  // namespace
}  // namespace mes::gateway
