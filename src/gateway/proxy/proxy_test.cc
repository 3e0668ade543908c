// The data plane end to end: raw clients and a raw service on loopback.
#include <fmt/format.h>

#include <map>

#include "base/uuid.h"
#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

TEST(proxy, passes_a_request_on_and_brings_the_answer_back) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()));
  std::string answer =
      g.get("/a/b?c=d", "X-Own: 1\r\nProxy-Connection: x\r\nX-Consumer-Username: root\r\nX-Forwarded-For: 9.9.9.9\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(has(answer, "Server: echo\r\n"));
  EXPECT_TRUE(has(answer, "Via: kong/3.4.2\r\n"));
  EXPECT_TRUE(has(answer, "X-Kong-Upstream-Latency: "));
  EXPECT_TRUE(has(answer, "X-Kong-Proxy-Latency: "));
  std::string seen = answer.substr(answer.find("\r\n\r\n") + 4);
  EXPECT_TRUE(seen.starts_with("GET /a/b?c=d HTTP/1.1\r\n")) << seen;
  EXPECT_TRUE(has(seen, "Host: 127.0.0.1:" + std::to_string(service.port()) + "\r\n"));
  EXPECT_TRUE(has(seen, "X-Own: 1\r\n"));
  EXPECT_TRUE(has(seen, "Connection: keep-alive\r\n"));
  EXPECT_TRUE(has(seen, "X-Real-IP: 127.0.0.1\r\n"));
  EXPECT_TRUE(has(seen, "X-Forwarded-For: 9.9.9.9, 127.0.0.1\r\n"));
  EXPECT_TRUE(has(seen, "X-Forwarded-Proto: http\r\n"));
  EXPECT_TRUE(has(seen, "X-Forwarded-Host: gw.example\r\n"));
  EXPECT_TRUE(has(seen, "X-Forwarded-Port: " + std::to_string(g.plane().port()) + "\r\n"));
  EXPECT_TRUE(has(seen, "X-Forwarded-Path: /a/b\r\n"));
  EXPECT_FALSE(has(seen, "Proxy-Connection"));
  EXPECT_FALSE(has(seen, "X-Consumer-Username"));
}

TEST(proxy, keeps_connections_on_both_sides) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()));
  socket_handle s = g.connect();
  for (int i = 0; i < 50; ++i) {
    s.send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nX-End: here\r\n\r\n");
    ASSERT_TRUE(has(s.receive_until("X-End: here\r\n"), "GET /" + std::to_string(i) + " "));
  }
  EXPECT_EQ(service.connections(), 1);
}

TEST(proxy, answers_pipelined_requests_in_order) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()));
  std::string all = g.ask(
      "GET /one HTTP/1.1\r\nHost: a\r\n\r\nPOST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "POST /three HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
      "GET /four HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::size_t one = all.find("GET /one "), two = all.find("POST /two "), three = all.find("POST /three "),
              four = all.find("GET /four ");
  EXPECT_LT(one, two);
  EXPECT_LT(two, three);
  EXPECT_LT(three, four);
  EXPECT_NE(four, std::string::npos);
  EXPECT_TRUE(has(all.substr(three), "\r\n\r\ndef"));
}

TEST(proxy, streams_large_bodies_both_ways) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()));
  std::string body(5 << 20, 'x');
  for (std::size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i / 1000 % 26);
  socket_handle s = g.connect();
  runtime::thread sender("sender", [&] {
    s.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body);
  });
  std::string answer = s.receive_all();
  sender.join();
  EXPECT_TRUE(answer.ends_with(body));
}

TEST(proxy, says_continue_before_it_reads_a_body_and_401_without) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()));
  socket_handle s = g.connect();
  s.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(s.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  s.send("abc");
  std::string answer = s.receive_until("\r\n\r\nabc");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK"));
  EXPECT_FALSE(has(answer, "Expect"));
}

TEST(proxy, takes_bodies_in_every_framing_from_a_service) {
  struct {
    std::string_view sent, status, body;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n", "200",
       "5\r\nabcde\r\n0\r\n\r\n"},
      {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "200", "d\r\nuntil the end\r\n0\r\n\r\n"},
      {"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", "200", "abc"},
      {"HTTP/1.1 204 No Content\r\n\r\n", "204", ""},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "304", ""},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx", "201", "x"},
      {"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", "200", "abc"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "200", "abc"},
      {"HTTP/1.0 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n", "200",
       "3\r\nabc\r\n0\r\n\r\n"},
  };
  for (const auto& c : cases) {
    raw_service service([&](socket_handle s) {
      s.receive_until("\r\n\r\n");
      s.send(c.sent);
    });
    gateway_under_test g(service_yaml(service.port()));
    std::string answer = g.get("/");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::string(c.status))) << answer;
    EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), c.body);
    std::size_t length = answer.find("Content-Length:");
    EXPECT_EQ(answer.find("Content-Length:", length + 1), std::string::npos) << answer;
    EXPECT_FALSE(length != std::string::npos && has(answer, "Transfer-Encoding:")) << answer;
  }
}

TEST(proxy, has_kongs_words_for_what_goes_wrong) {
  raw_service silent([](socket_handle s) { s.receive_until("\r\n\r\n"); });
  raw_service garbage([](socket_handle s) {
    s.receive_until("\r\n\r\n");
    s.send("garbage\r\n\r\n");
  });
  std::uint16_t nobody = 0;
  {
    raw_service gone(echo);
    nobody = gone.port();
  }
  gateway_under_test g(
      "services:\n- {name: a, url: 'http://127.0.0.1:" + std::to_string(silent.port()) +
      "', routes: [{name: a, paths: [/silent]}]}\n" + "- {name: b, url: 'http://127.0.0.1:" +
      std::to_string(garbage.port()) + "', routes: [{name: b, paths: [/garbage]}]}\n" +
      "- {name: c, url: 'http://127.0.0.1:" + std::to_string(nobody) + "', routes: [{name: c, paths: [/nobody]}]}\n" +
      "- {name: d, host: empty, routes: [{name: d, paths: [/empty]}]}\n" +
      "- {name: e, url: 'http://127.0.0.1:9', routes: [{name: e, paths: [/tls], protocols: [https]}]}\n" +
      "routes: [{name: nowhere, paths: [/nowhere]}]\nupstreams: [{name: empty, targets: [{target: '127.0.0.1:9', "
      "weight: 0}]}]\n");
  struct {
    std::string_view path, status, body;
  } cases[] = {
      {"/silent", "502", "An invalid response was received from the upstream server\n"},
      {"/garbage", "502", "An invalid response was received from the upstream server\n"},
      {"/nobody", "502", "An invalid response was received from the upstream server\n"},
      {"/empty", "503", "{\n  \"message\":\"failure to get a peer from the ring-balancer\"\n}"},
      {"/nowhere", "503", "{\n  \"message\":\"no Service found with those values\"\n}"},
      {"/other", "404", "{\n  \"message\":\"no Route matched with those values\"\n}"},
      {"/tls", "426", "{\n  \"message\":\"Please use HTTPS protocol\"\n}"},
  };
  for (const auto& c : cases) {
    std::string answer = g.get(c.path);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::string(c.status))) << c.path << "\n" << answer;
    EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), c.body) << c.path;
    EXPECT_TRUE(has(answer, "Server: kong/3.4.2\r\n"));
    // kong/runloop/handler.lua, header_filter: what went to a service has its latencies, even if nothing good came
    // back.
    bool proxied = c.status == "502";
    EXPECT_EQ(has(answer, "X-Kong-Proxy-Latency: "), proxied) << answer;
    EXPECT_EQ(has(answer, "Via: kong/3.4.2\r\n"), proxied) << answer;
    EXPECT_EQ(has(answer, "X-Kong-Response-Latency: "), !proxied) << answer;
  }
}

TEST(proxy, tries_again_on_a_connection_that_went_stale) {
  std::atomic<int> served = 0;
  raw_service service([&](socket_handle s) {  // one answer a connection, then an end without a word
    if (s.receive_until("\r\n\r\n").empty()) return;
    ++served;
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  gateway_under_test g(service_yaml(service.port()));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(g.get("/").ends_with("ok"));
  EXPECT_EQ(served, 20);
}

TEST(proxy, asks_the_only_address_again_as_often_as_retries_allow) {
  std::atomic<int> asked = 0;
  raw_service service([&](socket_handle s) {  // says nothing twice
    s.receive_until("\r\n\r\n");
    if (++asked % 3 == 0) s.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  });
  auto with_retries = [&](int n) {
    return service_yaml(service.port(), "  retries: " + std::to_string(n) + "\n  routes: [{name: all, paths: [/]}]\n");
  };
  gateway_under_test g(with_retries(2));
  EXPECT_TRUE(g.get("/").ends_with("ok"));
  EXPECT_EQ(asked, 3);
  g.reload(with_retries(1));
  EXPECT_TRUE(g.get("/").starts_with("HTTP/1.1 502"));
  EXPECT_EQ(asked, 5);
  // RFC 9110, section 9.2.2: whatever fields a POST or a PATCH has.
  g.reload(with_retries(5));
  for (std::string_view method : {"POST", "PATCH"})
    for (std::string_view key : {"", "Idempotency-Key: \"k\"\r\n"}) {
      asked = 0;
      EXPECT_TRUE(g.ask(std::string(method) + " / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + std::string(key) +
                        "Content-Length: 1\r\n\r\nx")
                      .starts_with("HTTP/1.1 502"));
      EXPECT_EQ(asked, 1) << method << ' ' << key;
    }
}

TEST(proxy, kept_connections_that_a_service_drops_are_no_tries) {
  raw_service service([](socket_handle s) {  // one answer a connection, and the next request's end
    if (s.receive_until("\r\n\r\n").empty()) return;
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    s.receive();
  });
  gateway_under_test g(service_yaml(service.port(), "  retries: 0\n  routes: [{name: all, paths: [/]}]\n"));
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(g.get("/").ends_with("ok")) << i;
}

TEST(proxy, a_service_that_is_not_there_is_asked_as_often_as_retries_allow) {
  std::uint16_t nobody = 0;
  {
    nobody = raw_service([](socket_handle) {}).port();
  }
  gateway_under_test g(service_yaml(nobody, "  retries: 32767\n  routes: [{name: all, paths: [/]}]\n"));
  EXPECT_TRUE(g.get("/").starts_with("HTTP/1.1 502"));
}

TEST(proxy, an_answer_has_the_date_of_its_service_or_one_of_ours) {
  for (std::string_view date : {"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", ""}) {
    raw_service service([&](socket_handle s) {
      s.receive_until("\r\n\r\n");
      s.send("HTTP/1.1 200 OK\r\n" + std::string(date) + "Content-Length: 2\r\n\r\nok");
    });
    gateway_under_test g(service_yaml(service.port()));
    std::string answer = g.get("/");
    EXPECT_TRUE(has(answer, date.empty() ? "\r\nDate: " : date));
    EXPECT_EQ(answer.find("Date: "), answer.rfind("Date: "));
  }
}

TEST(proxy, cuts_off_what_a_service_cuts_off) {
  raw_service service([](socket_handle s) {
    s.receive_until("\r\n\r\n");
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  gateway_under_test g(service_yaml(service.port()));
  std::string answer = g.get("/");
  EXPECT_TRUE(answer.ends_with("half"));  // and the connection's end shows the client that it is not whole
}

// Not closed in order: what lasts until the close is cut off too, and nobody waits for more.
TEST(proxy, cuts_off_what_a_service_resets) {
  for (std::string_view length : {"Content-Length: 100\r\n", ""}) {
    raw_service service([&](socket_handle s) {
      s.receive_until("\r\n\r\n");
      s.send("HTTP/1.1 200 OK\r\n" + std::string(length) + "\r\nhalf");
      s.receive();  // the test's word
      linger reset{.l_onoff = 1, .l_linger = 0};
      setsockopt(s.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    });
    gateway_under_test g(service_yaml(service.port()));
    socket_handle client = g.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
    EXPECT_TRUE(has(client.receive_until("half"), "200 OK"));
    client.send("y");
    EXPECT_EQ(client.receive_all(), "");
    pollfd p{.fd = client.fd(), .events = POLLIN};
    EXPECT_EQ(poll(&p, 1, 0), 1) << "the connection goes on";
  }
}

// A plugin holds it back, so the client has had nothing yet.
TEST(proxy, a_held_answer_that_is_cut_off_is_answered_502) {
  raw_service service([](socket_handle s) {
    s.receive_until("\r\n\r\n");
    s.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"half\":");
  });
  gateway_under_test g(service_yaml(service.port()) +
                       "plugins: [{name: response-transformer, config: {add: {json: ['a:b']}}}]\n");
  EXPECT_TRUE(g.get("/").starts_with("HTTP/1.1 502 ")) << g.get("/");
}

// The order tells, not the clock: at looks a second apart both would be found at once.
TEST(proxy, time_outs_of_services_are_not_rounded_to_seconds) {
  raw_service silent([](socket_handle s) { s.receive_all(); });
  auto service = [&](const char* name, int read_timeout_ms) {
    return "- {name: " + std::string(name) + ", url: 'http://127.0.0.1:" + std::to_string(silent.port()) +
           "', retries: 0, read_timeout: " + std::to_string(read_timeout_ms) + ", routes: [{name: " + name +
           ", paths: [/" + name + "]}]}\n";
  };
  gateway_under_test g("services:\n" + service("short", 50) + service("long", 950));
  socket_handle first = g.connect(), second = g.connect();
  second.send("GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
  first.send("GET /short HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(first.receive().starts_with("HTTP/1.1 504 "));
  pollfd p{.fd = second.fd(), .events = POLLIN};
  EXPECT_EQ(poll(&p, 1, 0), 0);
  EXPECT_TRUE(second.receive().starts_with("HTTP/1.1 504 "));
}

std::string without_chunks(std::string_view chunks) {
  std::string body;
  while (std::size_t size = std::strtoul(chunks.data(), nullptr, 16)) {
    chunks.remove_prefix(chunks.find("\r\n") + 2);
    body += chunks.substr(0, size);
    chunks.remove_prefix(size + 2);
  }
  return body;
}

// As Kong's: a service that knows no chunks gets the length of what is short, whoever sent it in what way.
TEST(proxy, a_short_body_without_a_length_gets_one_if_the_route_buffers) {
  raw_service service(echo);
  auto yaml = [&](const char* more) {
    return service_yaml(service.port(), "  routes: [{name: all, paths: [/]" + std::string(more) + "}]\n");
  };
  gateway_under_test g(yaml(""));
  // What the service saw: its head, and its body.
  auto post = [&](const std::string& body, const std::string& fields = "") {
    std::string seen =
        g.ask("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + fields + "Transfer-Encoding: chunked\r\n\r\n" +
              fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", body.size(), body));
    seen.erase(0, seen.find("\r\n\r\n") + 4);
    std::size_t end = seen.find("\r\n\r\n") + 4;
    return std::pair(seen.substr(0, end), seen.substr(end));
  };
  for (std::size_t size : {1, 65535, 65536, 65537, 500'000}) {  // what is long streams, from its beginning on
    std::string text = 'a' + std::string(size - 1, 'x') + 'z';
    auto [head, body] = post(text);
    bool whole = text.size() <= 65536;
    EXPECT_EQ(has(head, "Content-Length: " + std::to_string(text.size()) + "\r\n"), whole) << head;
    EXPECT_EQ(has(head, "Transfer-Encoding: chunked\r\n"), !whole) << head;
    EXPECT_EQ(whole ? body : without_chunks(body), text) << size;
  }
  EXPECT_TRUE(has(post("f", "Trailer: X-T\r\n").first, "Transfer-Encoding: chunked\r\n"));
  g.reload(yaml(", request_buffering: false"));
  EXPECT_TRUE(has(post("f").first, "Transfer-Encoding: chunked\r\n"));
}

TEST(proxy, refuses_bodies_over_the_limit) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()), {.body_bytes_max = 1000});
  EXPECT_TRUE(g.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(g.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5dc\r\n" + std::string(1500, 'x') +
                    "\r\n0\r\n\r\n")
                  .starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(g.ask("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")
                  .starts_with("HTTP/1.1 200"));
}

// Plugins look at whole bodies: all that are held at a time have a bound, and what is over makes room.
TEST(proxy, holds_bodies_up_to_a_bound) {
  raw_service service(echo);
  gateway_under_test g(
      service_yaml(service.port()) + "plugins: [{name: request-transformer, config: {add: {body: ['a:b']}}}]\n",
      {.held_bytes_max = 1000});
  auto head = [](int bytes) {
    return "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
           "Content-Length: " +
           std::to_string(bytes) + "\r\n\r\n";
  };
  socket_handle first = g.connect();
  first.send(head(800) + "x=" + std::string(690, 'y'));
  for (int i = 0; i < 200 && !g.ask(head(400) + "z=" + std::string(398, 'z')).starts_with("HTTP/1.1 503"); ++i) {
  }
  EXPECT_TRUE(g.ask(head(400) + "z=" + std::string(398, 'z')).starts_with("HTTP/1.1 503"));
  first.send(std::string(108, 'y'));
  EXPECT_TRUE(has(first.receive_all(), "yy&a=b"));
  EXPECT_TRUE(has(g.ask(head(400) + "z=" + std::string(398, 'z')), "zz&a=b"));
}

TEST(proxy, holds_a_request_no_longer_than_until_its_answer_begins) {
  raw_service service([](socket_handle s) {
    s.receive_until("a=b");
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun,");
    s.receive();  // and does not end
  });
  gateway_under_test g(
      service_yaml(service.port()) + "plugins: [{name: request-transformer, config: {add: {body: ['a:b']}}}]\n",
      {.held_bytes_max = 1000});
  std::vector<socket_handle> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(g.connect());
    clients.back().send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        "800\r\n\r\nx=" +
        std::string(798, 'y'));
    EXPECT_TRUE(has(clients.back().receive_until("\r\n\r\n"), "200 OK")) << i;
  }
}

// What the gateway answered in the service's place is not the service's answer.
TEST(proxy, caches_nothing_that_the_client_did_not_get) {
  raw_service service([](socket_handle s) {
    const std::string body = "{\"a\":\"" + std::string(2000, 'x') + "\"}";
    while (!s.receive_until("\r\n\r\n").empty())
      s.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Kong-Limit: v=1\r\nContent-Length: " +
             std::to_string(body.size()) + "\r\n\r\n" + body);
  });
  const std::string cache = "- {name: proxy-cache, config: {strategy: memory, content_type: [application/json]}}\n";
  gateway_under_test large(service_yaml(service.port()) + "plugins:\n" + cache +
                               "- {name: response-transformer, config: {add: {json: ['b:c']}}}\n",
                           {.body_bytes_max = 1000});
  gateway_under_test limited(
      service_yaml(service.port()) + "plugins:\n" + cache +
      "- {name: response-ratelimiting, config: {header_name: X-Kong-Limit, limits: {v: {minute: 1}}}}\n");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(large.get("/").starts_with("HTTP/1.1 502")) << i;
    const std::string answer = limited.get("/" + std::to_string(i));
    EXPECT_TRUE(answer.starts_with(i == 0 ? "HTTP/1.1 200" : "HTTP/1.1 429")) << answer;
  }
  EXPECT_TRUE(limited.get("/1").starts_with("HTTP/1.1 429"));
  EXPECT_TRUE(has(limited.get("/0"), "X-Cache-Status: Hit"));
}

// RFC 9112, section 6.3. nginx sends none either (`return 204 text`).
TEST(proxy, answers_of_its_own_have_no_body_where_there_is_to_be_none) {
  for (const auto& [config, status] : {std::pair{"{status_code: 204, message: gone}", "204"},
                                       {"{status_code: 304, body: x}", "304"},
                                       {"{status_code: 204, echo: true}", "204"}}) {
    gateway_under_test g(service_yaml(1) + "plugins: [{name: request-termination, config: " + config + "}]\n");
    const std::string answers = g.ask(
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::size_t second = answers.find("HTTP/1.1 ", 1);
    ASSERT_NE(second, std::string::npos) << answers;
    for (const std::string& answer : {answers.substr(0, second), answers.substr(second)}) {
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::string(status))) << answer;
      EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
      EXPECT_FALSE(has(answer, "Content-Length")) << answer;
    }
  }
}

TEST(proxy, a_length_beside_no_body_is_for_plugins_to_change) {
  raw_service service([](socket_handle s) {
    s.receive_until("\r\n\r\n");
    s.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n");
  });
  gateway_under_test g(service_yaml(service.port()) +
                       "plugins: [{name: response-transformer, config: {add: {json: ['new:1']}}}]\n");
  EXPECT_FALSE(has(g.ask("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "Content-Length"));
}

TEST(proxy, refuses_bad_requests_and_closes) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()));
  EXPECT_TRUE(g.ask("GET / HTTP/1.1\nHost: a\n\n").starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_TRUE(g.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
                  .starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(
      g.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").starts_with("HTTP/1.1 400"));
  // K:spec/02-integration/05-proxy/13-error_handlers_spec.lua:28.
  const std::string large = g.ask("GET / HTTP/1.1\r\nHost: a\r\nX-Large: " + std::string(40'000, 'a') + "\r\n\r\n");
  EXPECT_TRUE(large.starts_with("HTTP/1.1 400 Bad Request\r\n")) << large;
  EXPECT_TRUE(large.ends_with("\r\n\r\nBad request\n")) << large;
  EXPECT_TRUE(g.ask("GET /" + std::string(40'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 414"));
  EXPECT_LE(service.connections(),
            1);  // a bad chunk may be found with the service at hand already; the others never got there
}

TEST(proxy, ties_request_id_and_trace_together) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()) +
                       "plugins: [{name: correlation-id, config: {header_name: X-Request-ID, generator: uuid, "
                       "echo_downstream: true}}]\n");
  auto value_of = [](const std::string& text, const std::string& name, std::size_t from = 0) {
    std::size_t at = text.find(name + ": ", from);
    return at == std::string::npos ? ""
                                   : text.substr(at + name.size() + 2, text.find("\r\n", at) - at - name.size() - 2);
  };
  auto trace_seen = [&](const std::string& answer) { return value_of(answer, "traceparent").substr(3, 32); };

  std::string own = g.get("/",
                          "X-Request-ID: 0190a6b8-6f7c-7c3a-9b1e-2f4d5c6b7a80\r\ntraceparent: "
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n");
  EXPECT_EQ(value_of(own, "X-Request-ID"), "0190a6b8-6f7c-7c3a-9b1e-2f4d5c6b7a80");
  EXPECT_EQ(trace_seen(own), "0190a6b86f7c7c3a9b1e2f4d5c6b7a80");

  std::string made = g.get("/");
  auto id = uuid::parse(value_of(made, "X-Request-ID"));
  ASSERT_TRUE(id) << made;
  EXPECT_EQ(trace_seen(made), id->to_hex());

  std::string foreign =
      g.get("/", "X-Request-ID: order 66\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n");
  EXPECT_EQ(value_of(foreign, "X-Request-ID"), "order 66");
  EXPECT_EQ(trace_seen(foreign), "4bf92f3577b34da6a3ce929d0e0e4736");

  auto spans = g.spans.spans();
  ASSERT_EQ(spans.size(), 6U);
  EXPECT_EQ(spans[0].parent, spans[1].context.span);  // the call lies inside of the request
  EXPECT_EQ(spans[0].kind, observe::span_kind::client);
  EXPECT_EQ(spans[1].kind, observe::span_kind::server);
  EXPECT_EQ(spans[1].name, "GET /");
  bool noted = false;
  for (const auto& [name, value] : spans[5].attributes) noted |= name == "request.id" && value == "order 66";
  EXPECT_TRUE(noted);
}

TEST(proxy, the_spans_of_a_call_that_came_to_nothing_say_why) {
  std::uint16_t nobody = raw_service(echo).port();
  gateway_under_test g("services: [{name: s, url: 'http://127.0.0.1:" + std::to_string(nobody) +
                       "', retries: 0, routes: [{name: all, paths: [/]}]}]\n");
  EXPECT_TRUE(g.get("/").starts_with("HTTP/1.1 502"));
  auto spans = g.spans.spans();
  ASSERT_EQ(spans.size(), 2U);
  std::map<std::string, std::string> of_client(spans[0].attributes.begin(), spans[0].attributes.end());
  EXPECT_EQ(spans[0].kind, observe::span_kind::client);
  EXPECT_EQ(of_client["error.type"], "connection_refused");
  EXPECT_EQ(of_client["error.message"], "connect: Connection refused (111)");
  EXPECT_EQ(of_client["network.peer.address"], "127.0.0.1:" + std::to_string(nobody));
}

TEST(proxy, limits_rates_and_says_so) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()) +
                       "plugins: [{name: rate-limiting, config: {minute: 2, policy: local}}]\n");
  std::string first = g.get("/");
  EXPECT_TRUE(has(first,
                  "X-RateLimit-Limit-Minute: 2\r\nX-RateLimit-Remaining-Minute: 1\r\nRateLimit-Limit: "
                  "2\r\nRateLimit-Remaining: 1\r\nRateLimit-Reset: 50\r\n"))
      << first;
  EXPECT_TRUE(has(g.get("/"), "RateLimit-Remaining: 0\r\n"));
  std::string third = g.get("/");
  EXPECT_TRUE(third.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
  EXPECT_TRUE(has(third, "Retry-After: 50\r\n"));
  EXPECT_TRUE(third.ends_with("{\n  \"message\":\"API rate limit exceeded\"\n}"));
}

TEST(proxy, tunnels_websockets_after_the_service_agreed) {
  raw_service service([](socket_handle s) {
    std::string head = s.receive_until("\r\n\r\n");
    EXPECT_TRUE(has(head, "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n")) << head;
    s.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
    s.send("got " + s.receive());
  });
  gateway_under_test g(service_yaml(service.port()));
  socket_handle s = g.connect();
  s.send("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_TRUE(has(s.receive_until("hello"), "Upgrade: websocket\r\n"));
  s.send("ping");
  EXPECT_EQ(s.receive_all(), "got ping");
}

TEST(proxy, changes_to_a_new_generation_without_dropping_a_connection) {
  raw_service one([](socket_handle s) {
    while (!s.receive_until("\r\n\r\n").empty()) s.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
  });
  raw_service two([](socket_handle s) {
    while (!s.receive_until("\r\n\r\n").empty()) s.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");
  });
  gateway_under_test g(service_yaml(one.port()));
  socket_handle s = g.connect();
  s.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(s.receive_until("one").ends_with("one"));
  reporter report("kong.yml");
  std::shared_ptr<const configuration> next =
      load_configuration("_format_version: \"3.0\"\n" + service_yaml(two.port()), report);
  rate_limit_store limits;
  g.plane().use(std::make_shared<const generation>(next, plugin_parts{system_wall_clock(), g.keys, limits}, 2));
  std::string answer;
  for (int i = 0; i < 100 && !answer.ends_with("two"); ++i) {
    s.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    answer = s.receive_until("\r\n\r\n");
  }
  EXPECT_TRUE(answer.ends_with("two"));
  g.plane().stop(std::chrono::seconds(5));
}

TEST(proxy, a_listener_that_goes_drops_nobody_who_has_connected) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port()));
  std::vector<socket_handle> clients;
  {
    auto held = g.spans.hold();
    clients.push_back(g.connect());
    clients.back().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the loop stands still
    for (int i = 0; i < 400; ++i) clients.push_back(g.connect());
    ASSERT_TRUE(g.plane().use(proxy_options{.address = "127.0.0.2", .port = g.plane().port()}));
  }
  std::size_t answered = 0;
  for (std::size_t i = 1; i < clients.size(); ++i) {
    clients[i].send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    answered += clients[i].receive_all().starts_with("HTTP/1.1 200");
  }
  EXPECT_EQ(answered, 400U);
}

}  // namespace
}  // namespace mes::gateway
