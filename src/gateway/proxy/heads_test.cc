// What a service gets to see of a request's head, and a client of an answer's, and where one ends and the next begins.
#include <chrono>
#include <thread>
#include <tuple>

#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

raw_service answering(std::string answer) {
  return raw_service([answer](socket_handle s) {
    while (!s.receive_until("\r\n\r\n").empty()) s.send(answer);
  });
}

std::string transforming(std::string_view config) {
  return "plugins: [{name: response-transformer, config: " + std::string(config) + "}]\n";
}

TEST(heads, fields_that_any_connection_line_names_end_here) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()));
  std::string seen = g.ask(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: X-One, x-TWO\r\nX-One: 1\r\nX-Two: 2\r\nX-Three: "
      "3\r\n\r\n");
  EXPECT_FALSE(has(seen, "X-One")) << seen;
  EXPECT_FALSE(has(seen, "X-Two"));
  EXPECT_TRUE(has(seen, "X-Three: 3\r\n"));
}

// RFC 9110, sections 15.5.22 and 7.8.
TEST(heads, a_426_says_which_protocols_its_service_wants) {
  raw_service service = answering(
      "HTTP/1.1 426 Upgrade Required\r\nUpgrade: foo/2\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Content-Length: 0\r\n\r\n");
  gateway_under_test g(service_yaml(service.port()));
  const std::string closing = g.get("/");
  EXPECT_TRUE(has(closing, "\r\nUpgrade: foo/2\r\nUpgrade: websocket\r\n")) << closing;
  EXPECT_TRUE(has(closing, "\r\nConnection: close, Upgrade\r\n"));
  socket_handle kept = g.connect();
  for (int i = 0; i < 2; ++i) {
    kept.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(has(kept.receive_until("\r\n\r\n"), "\r\nConnection: keep-alive, Upgrade\r\n")) << i;
  }
  raw_service other = answering("HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n");
  gateway_under_test h(service_yaml(other.port()));
  const std::string plain = h.get("/");
  EXPECT_FALSE(has(plain, "Upgrade")) << plain;
}

// K:kong/runloop/handler.lua tells of nginx' $host, and keeps $http_host for a route with preserve_host.
TEST(heads, hosts_are_told_in_lower_case_and_preserved_as_they_came) {
  raw_service service(echo);
  gateway_under_test g(
      service_yaml(service.port(),
                   "  routes: [{name: all, paths: [/], preserve_host: true}, "
                   "{name: tls, paths: [/tls], protocols: [https], https_redirect_status_code: 301}]\n"));
  const auto ask = [&](std::string_view path) {
    return g.ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: GW.Example.:8000\r\nConnection: close\r\n\r\n");
  };
  const std::string seen = ask("/");
  EXPECT_TRUE(has(seen, "Host: GW.Example.:8000\r\n")) << seen;
  EXPECT_TRUE(has(seen, "X-Forwarded-Host: gw.example\r\n")) << seen;
  EXPECT_TRUE(has(ask("/tls"), "\r\nLocation: https://gw.example/tls\r\n"));
}

TEST(heads, may_have_hundreds_of_fields) {
  std::string fields;
  for (int i = 0; i < 400; ++i) fields += "X-" + std::to_string(i) + ": v\r\n";
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()));
  EXPECT_TRUE(has(g.get("/", fields), "X-399: v\r\n"));
  raw_service talkative = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + fields + "\r\n");
  gateway_under_test h(service_yaml(talkative.port()));
  EXPECT_TRUE(has(h.get("/"), "X-399: v\r\n"));
}

TEST(heads, frame_their_body_whatever_plugins_make_of_its_length) {
  raw_service service = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  gateway_under_test removed(service_yaml(service.port()) + transforming("{remove: {headers: [Content-Length]}}"));
  std::string chunked = removed.get("/");
  EXPECT_TRUE(has(chunked, "Transfer-Encoding: chunked\r\n")) << chunked;
  EXPECT_FALSE(has(chunked, "Content-Length"));
  EXPECT_TRUE(chunked.ends_with("\r\n\r\n2\r\nok\r\n0\r\n\r\n"));
  gateway_under_test replaced(service_yaml(service.port()) +
                              transforming("{replace: {headers: ['Content-Length:5']}}"));
  std::string whole = replaced.get("/");
  EXPECT_TRUE(has(whole, "Content-Length: 2\r\n")) << whole;
  EXPECT_TRUE(whole.ends_with("\r\n\r\nok"));
  std::string old = removed.ask("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(has(old, "Content-Length: 2\r\n")) << old;
}

TEST(heads, a_method_that_a_plugin_changes_leaves_the_client_with_a_whole_answer) {
  raw_service service([](socket_handle s) {
    std::string head;
    while (!(head = s.receive_until("\r\n\r\n")).empty())
      s.send(std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n") + (head.starts_with("HEAD") ? "" : "ok"));
  });
  auto asks_with = [&](std::string_view method) {
    return service_yaml(service.port()) +
           "plugins: [{name: request-transformer, config: {http_method: " + std::string(method) + "}}]\n";
  };
  gateway_under_test less(asks_with("HEAD"));
  std::string empty = less.get("/");
  EXPECT_TRUE(has(empty, "Content-Length: 0\r\n") && empty.ends_with("\r\n\r\n")) << empty;
  raw_service chunked = answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  gateway_under_test unsized(service_yaml(chunked.port()) +
                             "plugins: [{name: request-transformer, config: {http_method: HEAD}}]\n");
  EXPECT_TRUE(has(unsized.get("/"), "Content-Length: 0\r\n"));
  gateway_under_test more(asks_with("GET"));
  socket_handle s = more.connect();
  s.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::string both = s.receive_all();
  EXPECT_TRUE(has(both, "Content-Length: 2\r\n") && has(both, "\r\n\r\nHTTP/1.1 200")) << both;
  EXPECT_TRUE(both.ends_with("\r\n\r\nok"));
}

TEST(heads, empty_lines_may_stand_before_a_request_however_they_come) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()));
  socket_handle s = g.connect();
  for (const char* piece : {"\r", "\n\r\n", "\r\nGET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"}) {
    s.send(piece);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(has(s.receive_all(), "GET /x HTTP/1.1"));
  std::string many;
  for (int i = 0; i < 20; ++i) many += "\r\n";
  EXPECT_TRUE(g.ask(many + "GET / HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 400"));
}

TEST(heads, name_ipv4_clients_of_a_listener_of_both_families_as_such) {
  raw_service service(echo);
  gateway_under_test g(
      service_yaml(service.port()) + "plugins: [{name: ip-restriction, config: {allow: [127.0.0.0/8]}}]\n",
      {.address = "::"});
  EXPECT_TRUE(has(g.get("/"), "X-Real-IP: 127.0.0.1\r\n"));
}

// kong/router/atc.lua: the prefix is what has matched, and as many bytes go from the path's beginning.
TEST(heads, name_the_prefix_that_a_pattern_has_found_wherever_it_was) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port(), "  routes: [{name: r, paths: ['~/first|/(second)']}]\n"));
  for (auto [path, prefix, sent] : {std::tuple{"/first/x", "/first", "/x"},
                                    {"/second/x", "/second", "/x"},
                                    {"/another/second", "/second", "/r/second"}}) {
    std::string seen = g.get(path);
    EXPECT_TRUE(has(seen, std::string("X-Forwarded-Prefix: ") + prefix + "\r\n")) << path << seen;
    EXPECT_TRUE(has(seen, std::string("GET ") + sent + " HTTP/1.1")) << path << seen;
  }
}

TEST(heads, redirect_to_the_host_without_its_port) {
  gateway_under_test g(
      "services: [{name: s, url: 'http://127.0.0.1:9', routes: [{name: r, paths: [/], protocols: [https], "
      "https_redirect_status_code: 301}]}]\n");
  EXPECT_TRUE(
      has(g.ask("GET /a HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n"), "Location: https://[::1]/a\r\n"));
  EXPECT_TRUE(has(g.ask("GET /a HTTP/1.1\r\nHost: b:80\r\nConnection: close\r\n\r\n"), "Location: https://b/a\r\n"));
}

}  // namespace
}  // namespace mes::gateway
