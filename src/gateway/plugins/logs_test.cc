// What log and trace plugins send: records, StatsD lines, trace headers, and the queue in between. Facts of
// K:kong/pdk/log.lua, kong/plugins/statsd, kong/tracing/propagation.lua, kong/tools/queue.lua.
#include <boost/json/serialize.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/hex.h"
#include "gateway/plugins/delivery/delivery.h"
#include "gateway/plugins/json_text.h"
#include "gateway/plugins/log_record.h"
#include "gateway/plugins/statsd/statsd_line.h"
#include "gateway/plugins/test_exchange.h"
#include "gateway/plugins/tracing/propagation.h"
#include "observe/log.h"

namespace mes::gateway {
namespace {

TEST(log_record, has_kongs_members) {
  request_head head;
  std::string text =
      "GET /a?x=1&x=2&y HTTP/1.1\r\nHost: GW.Example.:81\r\nAuthorization: Bearer secret\r\nX-One: 1\r\n\r\n";
  ASSERT_EQ(parse_request_head(text, head), 0);
  const client_link link{.port = 8000};
  plugin_context c;
  c.request = &head;
  c.link = &link;
  c.path = "/a";
  c.query = "x=1&x=2&y";
  c.client_address = "192.0.2.1";
  c.started_us = 1'700'000'000'123'456;
  c.credential_id = "cred";
  c.upstream_target = "/up/a?x=1&x=2&y";
  c.upstream_headers.set("X-Added", "by a plugin");
  c.tries.push_back(
      {.ip = "127.0.0.1", .port = 9999, .start_us = 1'700'000'000'124'000, .latency_us = 1500, .status = 200});
  c.sent_head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Kong-Proxy-Latency: 1\r\n\r\n";
  exchange_totals totals{.status = 200,
                         .from_service = true,
                         .request_ms = 12.6,
                         .kong_ms = 2.2,
                         .upstream_ms = 10.4,
                         .bytes_in = 77,
                         .bytes_out = 99};
  c.totals = &totals;
  EXPECT_EQ(
      log_record_of(c).value(),
      boost::json::value(
          {{"request",
            {{"uri", "/a?x=1&x=2&y"},
             {"url", "http://gw.example:8000/a?x=1&x=2&y"},
             {"querystring", {{"x", {"1", "2"}}, {"y", true}}},
             {"method", "GET"},
             {"headers",
              {{"host", "GW.Example.:81"}, {"authorization", "REDACTED"}, {"x-one", "1"}, {"x-added", "by a plugin"}}},
             {"size", 77}}},
           {"upstream_uri", "/up/a?x=1&x=2&y"},
           {"upstream_status", "200"},
           {"response",
            {{"status", 200},
             {"size", 99},
             {"headers", {{"content-type", "text/plain"}, {"x-kong-proxy-latency", "1"}}}}},
           {"latencies", {{"kong", 2}, {"proxy", 10}, {"request", 13}}},
           {"client_ip", "192.0.2.1"},
           {"started_at", 1'700'000'000'123},
           {"tries", boost::json::array{{{"ip", "127.0.0.1"},
                                         {"port", 9999},
                                         {"balancer_start", 1'700'000'000'124},
                                         {"balancer_start_ns", 1'700'000'000'124'000'000},
                                         {"balancer_latency", 1},
                                         {"balancer_latency_ns", 1'500'000}}}},
           {"authenticated_entity", {{"id", "cred"}}}})
          .as_object());
}

struct line_case {
  const char* style;
  const char* expected;
};

TEST(statsd, writes_lines_in_five_dialects) {
  const line_case cases[] = {
      {"", "kong.service.a.latency:1.5|ms|@0.5"},
      {"dogstatsd", "kong.latency:1.5|ms|@0.5|#service:a,status:200"},
      {"influxdb", "kong.latency,service=a,status=200:1.5|ms|@0.5"},
      {"librato", "kong.latency#service=a,status=200:1.5|ms|@0.5"},
      {"signalfx", "kong.latency[service=a,status=200]:1.5|ms|@0.5"},
  };
  for (const line_case& l : cases) {
    statsd_metric m{.name = *l.style ? "kong.latency" : "kong.service.a.latency",
                    .value = statsd_number(1.5),
                    .type = statsd_type("timer"),
                    .sample_rate = 0.5,
                    .tags = {{"service", "a"}, {"status", "200"}},
                    .tag_style = l.style};
    EXPECT_EQ(m.line(), l.expected);
  }
}

struct trace_case {
  const char* fields;
  const char* type;
  const char* trace;
  const char* span;
  const char* parent;
  int sampled;  // -1: not said
};

TEST(propagation, reads_the_headers_of_six_systems) {
  const trace_case cases[] = {
      {"", "", "", "", "", -1},
      {"X-B3-TraceId: 4bf92f3577b34da6a3ce929d0e0e4736\r\nX-B3-SpanId: 00f067aa0ba902b7\r\nX-B3-Sampled: 1\r\n", "b3",
       "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "", 1},
      {"X-B3-TraceId: a3ce929d0e0e4736\r\nX-B3-Sampled: 0\r\nX-B3-Flags: 1\r\n", "b3", "a3ce929d0e0e4736", "", "", 1},
      {"X-B3-TraceId: no\r\n", "b3", "", "", "", -1},
      {"b3: 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1-1111111111111111\r\n", "b3-single",
       "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "1111111111111111", 1},
      {"b3: a3ce929d0e0e4736-00f067aa0ba902b7\r\n", "b3-single", "a3ce929d0e0e4736", "00f067aa0ba902b7", "", -1},
      {"b3: 0\r\n", "b3-single", "", "", "", 0},
      {"tracestate: b3=a3ce929d0e0e4736-00f067aa0ba902b7-d\r\n", "b3-single", "a3ce929d0e0e4736", "00f067aa0ba902b7",
       "", 1},
      {"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n", "w3c",
       "4bf92f3577b34da6a3ce929d0e0e4736", "", "00f067aa0ba902b7", 1},
      {"traceparent: 01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n", "w3c", "", "", "", -1},
      {"traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01\r\n", "w3c", "", "", "", -1},
      {"uber-trace-id: 577b34da6a3ce929d0e0e4736:f067aa0ba902b7:0:1\r\n", "jaeger", "0000000577b34da6a3ce929d0e0e4736",
       "00f067aa0ba902b7", "", 1},
      {"ot-tracer-traceid: a3ce929d0e0e4736\r\not-tracer-spanid: 00f067aa0ba902b7\r\not-tracer-sampled: 0\r\n", "ot",
       "a3ce929d0e0e4736", "", "00f067aa0ba902b7", 0},
      {"X-Amzn-Trace-Id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1\r\n", "aws",
       "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "", 1},
  };
  for (const trace_case& t : cases) {
    request_head head;
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(t.fields) + "\r\n";
    ASSERT_EQ(parse_request_head(text, head), 0);
    found_trace found = find_trace(head.headers, "preserve");
    EXPECT_EQ(found.type, t.type) << t.fields;
    EXPECT_EQ(to_hex(found.trace), t.trace) << t.fields;
    EXPECT_EQ(to_hex(found.span), t.span) << t.fields;
    EXPECT_EQ(to_hex(found.parent), t.parent) << t.fields;
    EXPECT_EQ(found.sampled ? int{*found.sampled} : -1, t.sampled) << t.fields;
    EXPECT_EQ(find_trace(head.headers, "ignore").type, "");
  }
}

struct passed_case {
  const char* config_type;
  const char* found_type;
  const char* header;
  const char* expected;
};

TEST(propagation, writes_the_headers_of_six_systems) {
  const passed_case cases[] = {
      {"preserve", "", "x-b3-traceid", "4bf92f3577b34da6a3ce929d0e0e4736"},
      {"preserve", "", "x-b3-sampled", "1"},
      {"preserve", "w3c", "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
      {"b3", "w3c", "x-b3-spanid", "00f067aa0ba902b7"},
      {"b3", "w3c", "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
      {"preserve", "b3-single", "b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1-1111111111111111"},
      {"preserve", "jaeger", "uber-trace-id", "4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:1111111111111111:01"},
      {"preserve", "ot", "ot-tracer-traceid", "4bf92f3577b34da6a3ce929d0e0e4736"},
      {"preserve", "ot", "ot-baggage-user", "a%20b"},
      {"preserve", "aws", "x-amzn-trace-id",
       "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1"},
      {"preserve", "b3", "uberctx-user", "a%20b"},
  };
  for (const passed_case& p : cases) {
    request_head head;
    ASSERT_EQ(parse_request_head("GET / HTTP/1.1\r\nHost: a\r\nuber-trace-id: "
                                 "4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:1111111111111111:1\r\n\r\n",
                                 head),
              0);
    plugin_context c;
    c.request = &head;
    found_trace ids = find_trace(head.headers, "preserve");
    passed_trace t{
        .trace = ids.trace, .span = ids.span, .parent = ids.parent, .sampled = true, .baggage = {{"user", "a b"}}};
    set_trace(c, t, p.config_type, p.found_type, "");
    EXPECT_EQ(c.upstream_header(std::string_view(p.header)).value_or("(none)"), p.expected)
        << p.config_type << ' ' << p.found_type;
  }
}

// A server that takes batches when told to.
struct slow_server {
  std::mutex lock;
  std::condition_variable changed;
  bool open = true;
  int failures = 0;       // of the next calls
  std::size_t loses = 0;  // of each batch
  std::vector<std::vector<std::string>> batches;

  result<batch_losses> take(const std::vector<std::string>& batch) {
    std::unique_lock held(lock);
    changed.wait(held, [&] { return open; });
    if (failures > 0) {
      --failures;
      return fail(error_code::unavailable, "not now");
    }
    batches.push_back(batch);
    changed.notify_all();
    return batch_losses{.entries = loses, .reason = "too long"};
  }
  void set_open(bool on) {
    std::lock_guard held(lock);
    open = on;
    changed.notify_all();
  }
  std::vector<std::vector<std::string>> wait_for(std::size_t entries) {
    std::unique_lock held(lock);
    changed.wait_for(held, std::chrono::seconds(20), [&] {
      std::size_t count = 0;
      for (const auto& b : batches) count += b.size();
      return count >= entries;
    });
    return batches;
  }
};

class delivery : public testing::Test {
 protected:
  delivery() : _log("gateway") { _log.set_stdout(false); }
  std::shared_ptr<delivery_queue> queue(const queue_options& o) {
    return _all.queue("http-log", "q", o,
                      [this](const std::vector<std::string>& b, const wait_end&) { return server.take(b); });
  }
  slow_server server;
  observe::logger _log;
  deliveries _all{_log};
};

TEST_F(delivery, sends_in_order_and_batched) {
  queue_options o{.batch_entries_max = 3};
  o.coalescing_delay = std::chrono::duration<double>(30);
  auto q = queue(o);
  for (const char* e : {"a", "b", "c", "d", "e", "f"}) q->push(e);
  auto got = server.wait_for(6);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0], (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(got[1], (std::vector<std::string>{"d", "e", "f"}));
}

TEST_F(delivery, tries_again_what_was_not_taken) {
  server.failures = 3;
  queue_options o;
  o.coalescing_delay = std::chrono::duration<double>(0);
  o.first_retry_delay = std::chrono::duration<double>(0.001);
  auto q = queue(o);
  q->push("a");
  EXPECT_EQ(server.wait_for(1).at(0).at(0), "a");
  q.reset();
}

TEST_F(delivery, drops_the_oldest_where_there_is_no_room_and_counts_it) {
  server.set_open(false);
  queue_options o{.entries_max = 4};
  o.coalescing_delay = std::chrono::duration<double>(0);
  auto q = queue(o);
  for (int i = 0; i < 20; ++i) q->push(std::to_string(i));
  server.set_open(true);
  auto got = server.wait_for(4);
  EXPECT_EQ(got.back().back(), "19");
  q.reset();
  std::string metrics = _all.metrics();
  EXPECT_NE(metrics.find("mes_gateway_log_entries_dropped_total{plugin=\"http-log\"} 16"), std::string::npos)
      << metrics;
}

TEST_F(delivery, holds_so_many_bytes_with_those_that_are_being_sent) {
  server.set_open(false);
  queue_options o;
  o.coalescing_delay = std::chrono::duration<double>(0);
  auto q = queue(o);
  for (int i = 0; i < 100; ++i) q->push(std::string(1 << 20, 'x'));
  std::string metrics = _all.metrics();
  EXPECT_NE(metrics.find("mes_gateway_log_entries_waiting{plugin=\"http-log\"} 64"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("mes_gateway_log_entries_dropped_total{plugin=\"http-log\"} 36"), std::string::npos)
      << metrics;
  server.set_open(true);
  server.wait_for(64);
  q->push(std::string((64 << 20) + 1, 'y'));  // more than all
  EXPECT_NE(_all.metrics().find("dropped_total{plugin=\"http-log\"} 37"), std::string::npos);
}

TEST_F(delivery, counts_what_was_lost_of_a_batch_that_was_sent) {
  server.loses = 2;
  queue_options o{.batch_entries_max = 3};
  o.coalescing_delay = std::chrono::duration<double>(30);
  auto q = queue(o);
  for (const char* e : {"a", "b", "c"}) q->push(e);
  while (_all.metrics().find("dropped_total{plugin=\"http-log\"} 2") == std::string::npos) std::this_thread::yield();
  EXPECT_NE(_all.metrics().find("sent_total{plugin=\"http-log\"} 1"), std::string::npos);
  EXPECT_EQ(server.wait_for(3).size(), 1U);  // and not again
}

TEST_F(delivery, gives_up_in_time_and_says_so) {
  server.failures = 1'000'000;
  queue_options o;
  o.coalescing_delay = std::chrono::duration<double>(0);
  o.retry_time_max = std::chrono::duration<double>(0);
  {
    auto q = queue(o);
    q->push("lost");
    while (_all.metrics().find("dropped_total{plugin=\"http-log\"} 1") == std::string::npos) std::this_thread::yield();
  }
}

TEST(json_text, is_as_cjson_writes_it) {
  EXPECT_EQ(cjson_encode(boost::json::value({{"a", 1}, {"b", 1.5}, {"c", "x/\"\n"}, {"d", nullptr}, {"e", {true}}})),
            R"({"a":1,"b":1.5,"c":"x\/\"\n","d":null,"e":[true]})");
}

}  // namespace
}  // namespace mes::gateway
