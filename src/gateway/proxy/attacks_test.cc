// Requests of tests/golden/http1_attacks.txt: what the gateway refuses, and what a service gets to see of it.
#include <algorithm>
#include <fstream>

#include "gateway/proxy/gateway_under_test.h"

namespace mes::gateway {
namespace {

struct attack {
  std::string name, statuses, request;
  int seen_max = 0;
};

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    char c = text[++i];
    out += c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c == '0' ? '\0' : c;
  }
  return out;
}

std::vector<attack> read_attacks() {
  std::ifstream file("tests/golden/http1_attacks.txt");
  std::vector<attack> all;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::vector<std::string> parts;
    std::size_t at = 0;
    for (int i = 0; i < 3; ++i) {
      std::size_t end = line.find(" | ", at);
      parts.push_back(line.substr(at, end - at));
      at = end + 3;
    }
    all.push_back({parts[0], parts[1], unescape(std::string_view(line).substr(at)), std::stoi(parts[2])});
  }
  return all;
}

std::string statuses_in(std::string_view answers) {
  std::string out;
  for (std::size_t at = 0; (at = answers.find("HTTP/1.1 ", at)) != std::string_view::npos; at += 9)
    if (at == 0 || answers[at - 1] == '\n' || answers[at - 1] == '}' || answers[at - 1] == '.')
      out.append(out.empty() ? "" : " ").append(answers.substr(at + 9, 3));
  return out;
}

// Counts the requests that it understands, with a body or without, and answers them with nothing in it.
class counting_service {
 public:
  counting_service()
      : service([this](socket_handle s) {
          std::string buffered, more;
          bool owed = false;
          while (!(more = s.receive()).empty()) {
            buffered += more;
            std::size_t end;
            while ((end = buffered.find("\r\n\r\n")) != std::string::npos) {
              std::string head = buffered.substr(0, end);
              buffered.erase(0, end + 4);
              bool request = has(head, "HTTP/1.1");  // else the rest of a chunked body
              seen += request;
              bool body_to_come = has(head, "Transfer-Encoding: chunked") && !has(buffered, "0\r\n");
              if ((request && !body_to_come) || (!request && owed))
                s.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
              owed = request && body_to_come;
            }
          }
        }) {}
  std::atomic<int> seen = 0;
  raw_service service;
};

TEST(attacks, are_refused_and_reach_no_service) {
  auto all = read_attacks();
  ASSERT_GT(all.size(), 50U);
  counting_service backend;
  gateway_under_test g(service_yaml(backend.service.port()));
  // Those that no service may see first: a request that comes late would be counted with the next attack.
  std::ranges::sort(all, {}, &attack::seen_max);
  int may_see = 0;
  for (const attack& a : all) {
    std::string answers = g.ask(a.request);
    EXPECT_EQ(statuses_in(answers), a.statuses) << a.name << "\n" << answers;
    EXPECT_LE(backend.seen, may_see += a.seen_max) << a.name;
    EXPECT_FALSE(has(answers, "smuggled")) << a.name;
  }
}

TEST(attacks, bytes_behind_an_upgrade_wait_for_the_service_to_agree) {
  std::atomic<bool> early = false;
  raw_service service([&](socket_handle s) {
    std::string head = s.receive_until("\r\n\r\n");
    early = has(head, "hidden");
    s.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    s.send("got " + s.receive());
  });
  gateway_under_test g(service_yaml(service.port()));
  socket_handle s = g.connect();
  s.send("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhidden");
  EXPECT_TRUE(has(s.receive_all(), "got hidden"));
  EXPECT_FALSE(early);
}

TEST(attacks, an_answer_behind_an_answer_is_nobodys) {
  raw_service service([](socket_handle s) {
    int n = 0;
    while (!s.receive_until("\r\n\r\n").empty())
      s.send(++n == 1
                 ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
                 : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  gateway_under_test g(service_yaml(service.port()));
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(has(g.get("/"), "poison"));
}

TEST(attacks, a_connection_still_owed_a_body_is_not_lent_again) {
  std::atomic<int> heads = 0;
  raw_service service([&](socket_handle s) {  // answers before it has the body
    std::string head = s.receive_until("\r\n\r\n");
    if (head.empty()) return;
    ++heads;
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_FALSE(has(s.receive_all(), "GET /next"));
  });
  gateway_under_test g(service_yaml(service.port()));
  socket_handle s = g.connect();
  s.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\npart");
  EXPECT_TRUE(has(s.receive_until("ok"), "200 OK"));
  EXPECT_TRUE(g.get("/next").ends_with("ok"));
  EXPECT_EQ(heads, 2);
}

// What the service sees of line ends in a decoded path and in what templates of plugins are filled with.
TEST(attacks, log_lines_and_headers_carry_no_control_characters) {
  raw_service service(echo);
  gateway_under_test g(service_yaml(service.port(), R"(  routes:
  - {name: all, paths: [/]}
  - {name: stripped, paths: ['~/rx/[^/]+/items']}
  - name: templates
    paths: ['~/(?<part>[^/]+)/parts']
    plugins:
    - name: request-transformer
      config: {add: {headers: ['X-User:$(query_params.user)', 'X-Part:$(uri_captures.part)']}}
)"));
  EXPECT_FALSE(has(g.get("/a%0d%0aX-Injected:%20yes"), "\r\nX-Injected"));
  std::string prefix = g.get("/rx/a%0d%0aX-Injected:%20yes%0d%0a/items");
  EXPECT_TRUE(has(prefix, "X-Forwarded-Prefix: /rx/a%0D%0AX-Injected: yes%0D%0A/items\r\n")) << prefix;
  std::string filled = g.get("/p%0d%0aX-Injected:%20yes/parts?user=u%0d%0a%0d%0aGET%20/");
  EXPECT_TRUE(has(filled, "X-User: u%0D%0A%0D%0AGET /\r\n")) << filled;
  EXPECT_TRUE(has(filled, "X-Part: p%0D%0AX-Injected: yes\r\n")) << filled;
  EXPECT_FALSE(has(filled, "\r\nX-Injected"));
}

TEST(attacks, a_request_that_breaks_while_it_is_answered_has_no_second_answer) {
  raw_service service([](socket_handle s) {
    if (s.receive_until("\r\n\r\n").empty()) return;
    s.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    s.receive_all();
  });
  gateway_under_test g(service_yaml(service.port(), "  routes: [{name: all, paths: [/], request_buffering: false}]\n"));
  socket_handle s = g.connect();
  s.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  EXPECT_TRUE(has(s.receive_until("first\r\n"), "200 OK"));
  s.send("no chunk\r\n");
  EXPECT_EQ(s.receive_all(), "");
}

TEST(attacks, a_body_is_refused_as_soon_as_it_is_too_long) {
  raw_service service(echo);
  gateway_under_test g(
      service_yaml(service.port()) +
      "plugins: [{name: request-size-limiting, config: {allowed_payload_size: 10, size_unit: bytes}}]\n");
  socket_handle s = g.connect();
  s.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n");  // and no end
  EXPECT_TRUE(has(s.receive_until("exceeded"), "HTTP/1.1 413"));
  EXPECT_TRUE(
      g.ask("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
            "0\r\n\r\n")
          .starts_with("HTTP/1.1 200"));
}

}  // namespace
}  // namespace mes::gateway
