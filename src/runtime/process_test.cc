#include "runtime/process.h"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <mutex>
#include <protozero/pbf_reader.hpp>

#include "runtime/test_server.h"

namespace mes::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

config settings(std::map<std::string, std::string> given) {
  given.try_emplace("log_host", "");
  given.try_emplace("otlp", "none");
  auto resolved = config::resolve(common_settings(), given);
  if (!resolved) throw std::invalid_argument(resolved.error().message);
  return *resolved;
}

TEST(process, derives_addresses_from_the_offset) {
  process p("work-order", settings({{"port_offset", "20000"}, {"otlp", ""}}));
  EXPECT_EQ(p.service_name(), "work-order-service");
  EXPECT_EQ(p.port(8000), 28'000);
  EXPECT_EQ(p.bus_address(), "127.0.0.1:29092");
  EXPECT_EQ(p.redis_host(), "127.0.0.1");
  EXPECT_EQ(p.redis_port(), 26'379);
  EXPECT_EQ(p.otlp_url(), "http://127.0.0.1:24318");
  EXPECT_EQ(p.service_url("auth"), "http://127.0.0.1:23008");
  EXPECT_EQ(p.service_url("integration-service"), "http://127.0.0.1:23015");
}

TEST(process, takes_addresses_that_are_given) {
  process p("gateway", settings({{"bus", "kafka:9092"},
                                 {"redis", "cache:7000"},
                                 {"otlp", "http://collector:4318/"},
                                 {"service_host", "dns"}}));
  EXPECT_EQ(p.service_name(), "gateway");
  EXPECT_EQ(p.bus_address(), "kafka:9092");
  EXPECT_EQ(p.redis_host(), "cache");
  EXPECT_EQ(p.redis_port(), 7000);
  EXPECT_EQ(p.otlp_url(), "http://collector:4318");
  EXPECT_EQ(p.service_url("quality"), "http://quality-service:3010");
  EXPECT_THROW((void)p.service_url("nothing"), std::logic_error);
}

TEST(process, refuses_settings_that_cannot_be_used) {
  EXPECT_THROW(process("x", settings({{"log_level", "loud"}})), std::invalid_argument);
  EXPECT_THROW(process("x", settings({{"service_host", "there"}})), std::invalid_argument);
  EXPECT_THROW(process("x", settings({{"redis", "cache"}})), std::invalid_argument);
}

TEST(process, a_data_directory_that_cannot_be_made_names_the_cure) {
  process p("bus", settings({{"data", "/proc/none"}}));
  try {
    (void)p.data_dir();
    FAIL() << "it was made";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(),
                 "the data directory /proc/none/bus cannot be used: No such file or directory; choose another one "
                 "with --data");
  }
}

TEST(process, stops_in_reverse_order_at_sigterm) {
  process p("bus", settings({}));
  std::vector<int> order;
  std::shared_ptr<event_loop::timer> later;
  p.on_stop([&] { order.push_back(1); });
  p.on_stop_async([&](std::function<void()> done) {
    order.push_back(2);
    later = p.loop().after(std::chrono::milliseconds(1), [&order, done] {
      order.push_back(3);
      done();
    });
  });
  p.on_stop([&] {
    order.push_back(4);
    throw std::runtime_error("broken");
  });
  p.loop().post([&] {
    p.ready();
    std::raise(SIGTERM);
  });
  EXPECT_EQ(p.run(), 1) << "a step failed";
  EXPECT_THAT(order, ElementsAre(4, 2, 3, 1));
}

TEST(process, an_exception_on_the_loop_stops_in_order) {
  process p("bus", settings({}));
  bool stopped = false;
  p.on_stop([&] { stopped = true; });
  p.loop().post([] { throw std::runtime_error("broken"); });
  EXPECT_EQ(p.run(), 1);
  EXPECT_TRUE(stopped);
}

// Takes what is sent to a port, connection by connection.
class line_sink {
 public:
  line_sink() : _fd(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    if (::bind(_fd, reinterpret_cast<sockaddr*>(&any), size) != 0 || ::listen(_fd, 16) != 0 ||
        ::getsockname(_fd, reinterpret_cast<sockaddr*>(&any), &size) != 0)
      throw std::runtime_error("cannot listen");
    port = ntohs(any.sin_port);
  }
  ~line_sink() { ::close(_fd); }
  std::string read_connection() const {
    int fd = ::accept(_fd, nullptr, nullptr);
    std::string all;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;)
      all.append(buffer, static_cast<std::size_t>(n));
    ::close(fd);
    return all;
  }
  std::uint16_t port = 0;

 private:
  int _fd;
};

TEST(process, ships_every_line_before_it_ends) {
  line_sink sink;
  std::string received;
  std::thread reader([&] { received = sink.read_connection(); });
  {
    process p("quality", settings({{"log_host", "127.0.0.1"}, {"log_port", std::to_string(sink.port)}}));
    for (int i = 0; i < 1'000; ++i) p.log().info("line", {{"number", std::int64_t{i}}});
    p.stop();
    EXPECT_EQ(p.run(), 0);
  }
  reader.join();
  EXPECT_EQ(std::count(received.begin(), received.end(), '\n'), 1'002);
  EXPECT_THAT(received, HasSubstr("\"number\":999"));
  EXPECT_THAT(received, HasSubstr("\"service\":\"quality-service\",\"message\":\"stopped\""));
}

TEST(process, an_absent_log_store_costs_lines_only_when_the_buffer_is_full) {
  process p("quality", settings({{"log_host", "127.0.0.1"}, {"log_port", "1"}}));
  p.log().set_stdout(false);
  std::string long_line(1'000, 'x');
  for (int i = 0; i < 10'000; ++i) p.log().info(long_line);
  auto dropped = p.metrics().make_counter("mes_log_lines_dropped_total", "");
  EXPECT_GT(dropped.value(), 5'000);
  EXPECT_LT(dropped.value(), 7'000);
  p.stop();
  EXPECT_EQ(p.run(), 0);
}

TEST(process, exports_spans_and_tries_again_while_the_collector_is_busy) {
  std::mutex mutex;
  std::vector<std::string> bodies;
  int calls = 0;
  test_server collector([&](http_request request, http_responder responder) {
    std::lock_guard lock(mutex);
    EXPECT_EQ(request.path, "/v1/traces");
    EXPECT_EQ(request.headers.get("Content-Type"), "application/x-protobuf");
    if (++calls == 1) return responder.send(http_response::text(503, "busy"));
    bodies.push_back(request.body);
    responder.send(http_response::text(200, ""));
  });
  process p("quality", settings({{"otlp", collector.url("")}}));
  for (int i = 0; i < 600; ++i) {
    auto root = observe::trace_context::make_root();
    p.spans().record({.context = root, .name = "GET /x", .start = instant::now(), .end = instant::now()});
  }
  auto watch = p.loop().every(std::chrono::milliseconds(5), [&] {
    std::lock_guard lock(mutex);
    if (calls > 1) p.stop();
  });
  EXPECT_EQ(p.run(), 0);
  std::size_t spans = 0;
  for (const std::string& body : bodies) {
    protozero::pbf_reader request(body);
    ASSERT_TRUE(request.next(1));
    protozero::pbf_reader resource_spans = request.get_message();
    ASSERT_TRUE(resource_spans.next(2));
    protozero::pbf_reader scope_spans = resource_spans.get_message();
    while (scope_spans.next(2)) {
      scope_spans.skip();
      ++spans;
    }
  }
  EXPECT_EQ(spans, 600U);
  EXPECT_EQ(p.metrics().make_counter("mes_spans_dropped_total", "").value(), 0);
}

TEST(event_loop, timers_fire_repeat_and_are_cancelled) {
  event_loop loop;
  int once = 0, often = 0, never = 0;
  auto a = loop.after(std::chrono::milliseconds(1), [&] { ++once; });
  auto b = loop.after(std::chrono::milliseconds(1), [&] { ++never; });
  b = nullptr;
  std::shared_ptr<event_loop::timer> c = loop.every(std::chrono::milliseconds(1), [&] {
    if (++often < 5) return;
    c = nullptr;  // a timer may end itself
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(once, 1);
  EXPECT_EQ(often, 5);
  EXPECT_EQ(never, 0);
}

TEST(event_loop, a_stop_that_comes_before_the_run_ends_it_and_no_later_one) {
  event_loop loop;
  int ran = 0;
  loop.post([&] { ++ran; });
  loop.stop();
  loop.run();
  EXPECT_EQ(ran, 0);
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace mes::runtime
