#include "runtime/http_server.h"

#include <gmock/gmock.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <vector>

#include "runtime/test_port.h"
#include "runtime/test_server.h"

namespace mes::runtime {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

void echo(http_request request, http_responder responder) {
  responder.send(http_response::text(200, request.method + " " + request.path + " [" + request.body + "]"));
}

std::string talk(test_server& server, std::string_view bytes) {
  raw_client client(server.server->port());
  client.send(bytes);
  client.finish_sending();
  return client.read_all();
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
  return n;
}

TEST(http_server, answers_and_keeps_the_connection) {
  test_server server(echo);
  raw_client client(server.server->port());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /a%20b?x=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    std::string answer = client.read_until("[]");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, AllOf(HasSubstr("Content-Length: 11\r\n"), HasSubstr("Date: "), EndsWith("GET /a b []"),
                              Not(HasSubstr("Connection:"))));
  }
}

TEST(http_server, answers_pipelined_requests_in_order_even_from_other_threads) {
  std::vector<std::thread> threads;
  test_server server([&](http_request request, http_responder responder) {
    threads.emplace_back([r = std::move(responder), path = request.path]() mutable {
      r.send(http_response::text(200, "<" + path + ">"));
    });
  });
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  std::string answers = talk(server, requests);
  std::size_t last = 0;
  for (int i = 0; i < 20; ++i) {
    std::size_t at = answers.find("</" + std::to_string(i) + ">");
    ASSERT_NE(at, std::string::npos) << i;
    EXPECT_GE(at, last);
    last = at;
  }
  for (auto& t : threads) t.join();
}

TEST(http_server, answers_many_pipelined_requests_that_outgrow_its_buffers) {
  std::string big(20'000, 'x');
  test_server server([&](http_request, http_responder r) { r.send(http_response::text(200, big)); });
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  std::string answers = talk(server, requests);
  EXPECT_EQ(count(answers, "HTTP/1.1 200 OK"), 500U);
  EXPECT_EQ(count(answers, big), 500U);
}

TEST(http_server, reads_chunked_bodies_and_drops_trailers) {
  test_server server(echo);
  std::string answer = talk(server,
                            "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"
                            "GET /after HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(answer, AllOf(HasSubstr("POST /c [hello world]"), HasSubstr("GET /after []")));
}

TEST(http_server, takes_a_request_byte_by_byte) {
  test_server server(echo);
  raw_client client(server.server->port());
  for (char c : std::string("POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")) {
    client.send(std::string_view(&c, 1));
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  EXPECT_THAT(client.read_until("]"), EndsWith("POST /slow [abc]"));
}

TEST(http_server, refuses_bodies_above_the_limit) {
  http_server_options options;
  options.body_bytes_max = 10;
  test_server server(echo, options);
  std::string by_length =
      talk(server, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n" + std::string(11, 'x'));
  EXPECT_THAT(by_length, AllOf(StartsWith("HTTP/1.1 413 Payload Too Large\r\n"), HasSubstr("application/problem+json"),
                               HasSubstr("Connection: close\r\n"), HasSubstr("\"status\":413")));
  std::string chunked = talk(server,
                             "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n");
  EXPECT_THAT(chunked, StartsWith("HTTP/1.1 413"));
  EXPECT_EQ(count(chunked, "HTTP/1.1"), 1U);
}

TEST(http_server, a_client_that_sends_a_huge_body_still_reads_the_413) {
  test_server server(echo);
  raw_client client(server.server->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n");
  std::string block(100'000, 'x');
  for (int i = 0; i < 40 && client.send(block); ++i) {
  }
  client.finish_sending();
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 413"));
}

TEST(http_server, refuses_headers_above_the_limit) {
  test_server server(echo);
  std::string one = "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n";
  EXPECT_THAT(talk(server, one), StartsWith("HTTP/1.1 431"));
  std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 5'000; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_THAT(talk(server, many + "\r\n"), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(talk(server, "GET /" + std::string(40'000, 'a') + " HTTP/1.1\r\n"), StartsWith("HTTP/1.1 431"));
}

struct bad_request {
  const char* bytes;
  const char* status;
};

// What RFC 9112 calls malformed, and what two readers could read as two messages (sections 6.1, 6.3, 11.2).
TEST(http_server, refuses_malformed_and_ambiguous_messages) {
  test_server server(echo);
  for (const bad_request& bad : {
           bad_request{"nonsense\r\n\r\n", "400"},
           {"GET / HTTP/1.1\r\n\r\n", "400"},
           {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
           {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505"},
           {"GET / HTTP/1.1\r\nHost: h\r\nNo colon\r\n\r\n", "400"},
           {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", "400"},
           {"GET / HTTP/1.1\nHost: h\n\n", "400"},
           {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400"},
           {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", "400"},
           {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\n", "400"},
           {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
           {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", "501"},
           {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
           {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
           {"POST / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\nContent-Length: 3\r\n\r\nabc", "417"},
       }) {
    std::string answer = talk(server, bad.bytes);
    EXPECT_THAT(answer, StartsWith(std::string("HTTP/1.1 ") + bad.status)) << bad.bytes;
    EXPECT_EQ(count(answer, "Content-Length: "), 1U) << answer;
  }
}

TEST(http_server, ignores_empty_lines_before_a_request) {
  test_server server(echo);
  EXPECT_THAT(talk(server, "\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n"), EndsWith("GET /x []"));
}

TEST(http_server, answers_head_with_the_length_alone) {
  test_server server(echo);
  std::string answer = talk(server, "HEAD /h HTTP/1.1\r\nHost: h\r\n\r\nGET /g HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(count(answer, "HTTP/1.1 200 OK"), 2U);
  EXPECT_THAT(answer, AllOf(HasSubstr("Content-Length: 10\r\n"), Not(HasSubstr("HEAD /h")), EndsWith("GET /g []")));
}

TEST(http_server, no_content_has_neither_body_nor_length) {
  test_server server([](http_request, http_responder r) { r.send({.status = 204, .headers = {}, .body = "no"}); });
  std::string answer = talk(server, "DELETE / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(answer,
              AllOf(StartsWith("HTTP/1.1 204 No Content\r\n"), Not(HasSubstr("Content-Length")), EndsWith("\r\n\r\n")));
}

TEST(http_server, asks_a_waiting_client_to_continue) {
  test_server server(echo);
  raw_client client(server.server->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.read_until("]"), EndsWith("POST / [ok]"));
}

TEST(http_server, http10_closes_unless_asked_to_keep) {
  test_server server(echo);
  raw_client closing(server.server->port());
  closing.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(closing.read_all(), AllOf(HasSubstr("Connection: close\r\n"), EndsWith("GET / []")));
  raw_client keeping(server.server->port());
  keeping.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(keeping.read_until("[]"), HasSubstr("Connection: keep-alive\r\n"));
  keeping.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_THAT(keeping.read_all(), EndsWith("GET /2 []"));
}

TEST(http_server, a_value_cannot_start_a_field_of_its_own) {
  test_server server([](http_request, http_responder r) {
    auto response = http_response::text(200, "");
    response.headers.add("X-Echo", "a\r\nSet-Cookie: b");
    r.send(std::move(response));
  });
  EXPECT_THAT(talk(server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"), HasSubstr("X-Echo: a  Set-Cookie: b\r\n"));
}

TEST(http_server, answers_500_where_the_handler_throws_or_forgets) {
  std::atomic<int> reported = 0;
  http_server_options options;
  options.on_error = [&](std::string_view) { ++reported; };
  test_server server(
      [](http_request request, http_responder) {
        if (request.path == "/throw") throw std::runtime_error("broken");
      },
      options);
  EXPECT_THAT(talk(server, "GET /throw HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(talk(server, "GET /forget HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 500"));
  EXPECT_EQ(reported, 1);
}

TEST(http_server, closes_slow_and_idle_connections) {
  http_server_options options;
  options.header_timeout_ms = std::chrono::milliseconds(50);
  options.idle_timeout_ms = std::chrono::milliseconds(50);
  test_server server(echo, options);
  raw_client slow(server.server->port());
  slow.send("GET / HT");
  EXPECT_THAT(slow.read_all(), StartsWith("HTTP/1.1 408"));
  raw_client idle(server.server->port());
  idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(idle.read_all(), EndsWith("GET / []"));
}

TEST(http_server, refuses_connections_above_the_limit) {
  http_server_options options;
  options.connections_max = 2;
  test_server server(echo, options);
  raw_client first(server.server->port()), second(server.server->port());
  first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  second.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  first.read_until("[]");
  second.read_until("[]");
  raw_client third(server.server->port());
  third.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  third.finish_sending();
  EXPECT_THAT(third.read_all(), StartsWith("HTTP/1.1 503"));
  first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(first.read_until("[]"), StartsWith("HTTP/1.1 200"));
}

TEST(http_server, streams_chunks_until_the_writer_ends) {
  std::thread producer;
  test_server server([&](http_request, http_responder responder) {
    http_response head;
    head.headers.add("Content-Type", "text/event-stream");
    auto write = responder.stream(std::move(head));
    producer = std::thread([write] {
      EXPECT_TRUE(write("data: 1\n\n"));
      EXPECT_TRUE(write("data: 2\n\n"));
      EXPECT_TRUE(write(""));
      EXPECT_FALSE(write("late"));
    });
  });
  raw_client client(server.server->port());
  client.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
  std::string answer = client.read_until("0\r\n\r\n");
  EXPECT_THAT(answer, AllOf(HasSubstr("Transfer-Encoding: chunked\r\n"),
                            EndsWith("9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n")));
  producer.join();
}

TEST(http_server, tells_the_writer_when_the_client_is_gone_or_does_not_read) {
  std::promise<http_responder::chunk_writer> streams[2];
  test_server server([&](http_request request, http_responder responder) {
    streams[request.path == "/1" ? 1 : 0].set_value(responder.stream({}));
  });
  auto write_until_refused = [](const http_responder::chunk_writer& write) {
    for (int i = 0; i < 20'000; ++i) {
      if (!write(std::string(10'000, 'x'))) return true;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    return false;
  };
  {
    raw_client client(server.server->port());
    client.send("GET /0 HTTP/1.1\r\nHost: h\r\n\r\n");
    client.read_until("\r\n\r\n");
  }
  EXPECT_TRUE(write_until_refused(streams[0].get_future().get()));
  raw_client deaf(server.server->port());
  deaf.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(write_until_refused(streams[1].get_future().get()));
}

TEST(http_server, stop_lets_the_running_request_end) {
  std::promise<http_responder> running;
  test_server server([&](http_request, http_responder responder) { running.set_value(std::move(responder)); });
  raw_client client(server.server->port()), idle(server.server->port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  http_responder responder = running.get_future().get();
  std::promise<void> stopped;
  server.loop.post([&] { server.server->stop(std::chrono::seconds(30), [&] { stopped.set_value(); }); });
  EXPECT_EQ(idle.read_all(), "");
  responder.send(http_response::text(200, "done"));
  EXPECT_THAT(client.read_all(), AllOf(HasSubstr("Connection: close\r\n"), EndsWith("done")));
  stopped.get_future().wait();
}

TEST(http_server, names_who_holds_a_port) {
  const taken_port taken;
  event_loop loop;
  http_server_options options;
  options.port = taken.port();
  auto second = http_server::listen(loop, options, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "port " + std::to_string(taken.port()) + " is taken by runtime_test (pid " +
                                        std::to_string(taken.holder()) + "); stop it or use --port-offset");
}

TEST(http_server, a_port_that_is_asked_for_twice_is_no_others) {
  test_server server(echo);
  event_loop loop;
  http_server_options options;
  options.port = server.server->port();
  auto second = http_server::listen(loop, options, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "port " + std::to_string(options.port) + " is asked for twice: two settings of this role have it");
}

}  // namespace
}  // namespace mes::runtime
