#include "bus/net/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>

#include "bus/net/server_under_test.h"

namespace mes::bus::net {
namespace {

TEST(server, names_who_holds_the_port_that_it_wants) {
  const runtime::taken_port taken;
  const bench first({});
  server_options options;
  options.listeners.push_back({.address = "127.0.0.1", .port = taken.port()});
  const auto second = server::listen(*first.loop, options, [](answer_slot, const peer&, const frame&) { return true; });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, fmt::format("port {} is taken by bus_test (pid {}); stop it or use --port-offset",
                                                taken.port(), taken.holder()));
}

TEST(server, takes_no_more_of_requests_than_there_is_memory_for_and_finishes_all) {
  bench b({.partial_bytes_max = limit});
  for (int i = 0; i < 60; ++i) b.connect().to_send = frame_of(request_size, static_cast<char>('A' + i % 26));
  // Byte by byte, so to speak: all of them come on together, and only some have memory.
  for (std::size_t end = 10; end < request_size + 4; end += 10'000) {
    for (auto& c : b.clients) c->send_up_to(end);
    ASSERT_TRUE(b.turn_a_while());
  }
  EXPECT_GT(b.server->memory().waiting(), 0U);
  EXPECT_LE(b.most_used, limit + 2 * (request_size + 4));
  EXPECT_GE(b.most_used, limit);
  EXPECT_EQ(std::ranges::count_if(b.clients, [](const auto& c) { return !c->got.empty(); }), 0) << "none is whole";
  ASSERT_TRUE(b.turn_until([&] {
    for (auto& c : b.clients) c->send_up_to(SIZE_MAX);
    return std::ranges::all_of(b.clients, [](const auto& c) { return c->got.size() == 5; });
  }));
  for (auto& c : b.clients) EXPECT_EQ(c->got[4], c->to_send[4]);
  EXPECT_LE(b.most_used, limit + 2 * (request_size + 4));
  EXPECT_EQ(b.server->memory().used(), 0U);
  EXPECT_EQ(b.server->memory().waiting(), 0U);
}

// Many requests at once, the tail of the last one in what was read ahead, while answers are waited for: what is read
// ahead fills the memory, and nothing of it is stuck.
TEST(server, what_is_read_ahead_goes_on_when_there_is_memory) {
  bench b({.partial_bytes_max = limit, .requests_in_flight_max = 2});
  for (int i = 0; i < 30; ++i)
    b.connect().to_send = frame_of(1, 'l') + frame_of(1, 'l') + frame_of(50'000, 'a') + frame_of(request_size, 'b') +
                          frame_of(request_size, 'c');
  const auto send = [&] {
    for (auto& c : b.clients) c->send_up_to(SIZE_MAX);
  };
  ASSERT_TRUE(b.turn_until([&] {
    send();
    return b.server->memory().used() >= limit && b.later.size() >= 6;
  }));
  ASSERT_TRUE(b.turn_until([&] {
    send();
    b.answer_later();
    return std::ranges::all_of(b.clients, [](const auto& c) { return c->got.size() == 25; });
  }));
  for (auto& c : b.clients)
    EXPECT_EQ(c->got[4] + std::string() + c->got[9] + c->got[14] + c->got[19] + c->got[24], "llabc");
  EXPECT_EQ(b.server->memory().used(), 0U);
}

TEST(server, gives_back_the_memory_of_clients_that_go_or_fall_silent) {
  bench b({.partial_bytes_max = limit, .stalled_ms = 40});
  for (int i = 0; i < 40; ++i) b.connect().to_send = frame_of(request_size, 'a');
  for (auto& c : b.clients) c->send_up_to(30'000);
  ASSERT_TRUE(b.turn_until([&] { return b.server->memory().waiting() > 0; }));
  b.clients.erase(b.clients.begin(), b.clients.begin() + 5);
  ASSERT_TRUE(b.turn_until([&] { return b.server->stats().stalled_closed > 0; }));
  ASSERT_TRUE(b.turn_until([&] {
    for (auto& c : b.clients)
      if (!c->closed) c->send_up_to(SIZE_MAX);
    return std::ranges::all_of(b.clients, [](const auto& c) { return c->closed || c->got.size() == 5; });
  }));
  EXPECT_GT(std::ranges::count_if(b.clients, [](const auto& c) { return c->got.size() == 5; }), 0);
  EXPECT_EQ(b.server->memory().used(), 0U);
}

// One byte now and then is no silence, but would keep the others waiting for hours.
TEST(server, ends_requests_that_drip_while_others_wait) {
  bench b({.partial_bytes_max = limit, .stalled_ms = 40});
  for (int i = 0; i < 12; ++i) b.connect().to_send = frame_of(request_size, 'a');
  std::size_t end = 30'000;
  ASSERT_TRUE(b.turn_until([&] {
    for (auto& c : b.clients) c->send_up_to(end);
    ++end;
    return b.server->stats().stalled_closed > 0;
  }));
  EXPECT_LT(end, request_size / 2);
}

TEST(server, leaves_slow_requests_alone_while_nobody_waits) {
  bench b({.partial_bytes_max = limit, .stalled_ms = 2});
  b.connect().to_send = frame_of(request_size, 'a');
  b.clients[0]->send_up_to(1'000);
  ASSERT_TRUE(b.turn_a_while());
  b.clients[0]->send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] { return b.clients[0]->got.size() == 5; }));
  EXPECT_EQ(b.server->stats().stalled_closed, 0U);
}

TEST(server, without_a_limit_all_begin) {
  bench b({.partial_bytes_max = 0});
  for (int i = 0; i < 60; ++i) b.connect().to_send = frame_of(request_size, 'a');
  for (auto& c : b.clients) c->send_up_to(1'000);
  ASSERT_TRUE(b.turn_until([&] { return b.server->memory().used() >= 60 * 1'000; }));
  EXPECT_EQ(b.server->stats().memory_waits, 0U);
}

TEST(server, what_is_only_announced_takes_no_memory) {
  bench b({.partial_bytes_max = limit});
  for (int i = 0; i < 100; ++i) b.connect().to_send = frame_of(request_size, 'a');
  for (auto& c : b.clients) c->send_up_to(5);
  ASSERT_TRUE(b.turn_a_while());
  client& other = b.connect();
  other.to_send = frame_of(1, 'b');
  other.send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] { return other.got.size() == 5; }));
  EXPECT_EQ(b.server->stats().memory_waits, 0U);
}

server_options with_strangers(server_options options) {
  options.listeners.emplace_back().greeting_bytes_max = 2 * request_size;
  return options;
}

TEST(server, strangers_have_memory_of_their_own_and_the_oldest_of_them_make_room) {
  bench b(with_strangers({.partial_bytes_max = limit, .strangers_bytes_max = limit}));
  client &known = b.connect(), &plain = b.connect(1);
  known.to_send = frame_of(1, 't');
  known.send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] { return known.got.size() == 5; }));
  for (int i = 0; i < 40; ++i) {
    client& stranger = b.connect();
    stranger.to_send = frame_of(request_size, 'a');
    stranger.send_up_to(50'000);
    ASSERT_TRUE(b.turn_a_while());
  }
  EXPECT_EQ(b.server->memory().used(), 0U);
  EXPECT_GT(b.server->stats().strangers_closed, 20U);
  for (client* const c : {&known, &plain, b.clients.back().get()}) {
    c->to_send += frame_of(request_size, 'b');
    c->send_up_to(SIZE_MAX);
    ASSERT_TRUE(b.turn_until([&] {
      c->send_up_to(SIZE_MAX);
      return c->got.ends_with('a') || c->got.ends_with('b');
    }));
  }
}

// However much it sends: only trust() ends it.
TEST(server, closes_who_does_not_get_trust_in_time) {
  bench b(with_strangers({.greeting_ms = 40}));
  client &known = b.connect(), &silent = b.connect(), &busy = b.connect(), &plain = b.connect(1);
  known.to_send = frame_of(1, 't');
  known.send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] {
    busy.to_send += frame_of(1, 'a');
    busy.send_up_to(SIZE_MAX);
    return silent.closed && busy.closed;
  }));
  EXPECT_FALSE(known.closed || plain.closed);
  EXPECT_EQ(b.server->stats().strangers_closed, 2U);
}

// Who can say who it is always gets in; a listener that is reached by all locks no other.
TEST(server, when_full_the_oldest_stranger_makes_room) {
  bench b(with_strangers({.connections_max = 5}));
  client& known = b.connect();
  known.to_send = frame_of(1, 't');
  known.send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] { return known.got.size() == 5; }));
  for (int i = 0; i < 10; ++i) b.connect();
  std::vector<client*> others;
  for (int i = 0; i < 4; ++i) {
    client& c = *others.emplace_back(&b.connect(1));
    c.to_send = frame_of(1, 'a');
    c.send_up_to(SIZE_MAX);
    ASSERT_TRUE(b.turn_until([&] { return c.got.size() == 5; }));
  }
  EXPECT_EQ(b.server->stats().connections, 5U);
  EXPECT_EQ(b.server->stats().strangers_closed, 10U);
  client& refused = b.connect(1);
  ASSERT_TRUE(b.turn_until([&] { return refused.closed; }));
  EXPECT_FALSE(known.closed || std::ranges::any_of(others, [](const client* c) { return c->closed; }));
  EXPECT_EQ(b.server->stats().refused, 1U);
}

TEST(server, an_address_has_its_own_number_of_connections) {
  bench b(with_strangers({.connections_max = 4}));
  client& stranger = b.connect();
  ASSERT_TRUE(b.turn_until([&] { return b.server->stats().connections == 1; }));
  b.server->set_host_limits({.each = 2, .overrides = {{"127.0.0.1", 3}}});
  client& leaves = b.connect(1);
  b.connect(1);
  client& refused = b.connect(1);
  ASSERT_TRUE(b.turn_until([&] { return refused.closed; }));
  EXPECT_EQ(b.server->stats().connections, 3U);
  EXPECT_FALSE(stranger.closed) << "who may not come in takes nobody's place";
  shutdown(leaves.fd, SHUT_RDWR);
  ASSERT_TRUE(b.turn_until([&] { return b.server->stats().connections == 2; }));
  b.connect(1);
  ASSERT_TRUE(b.turn_until([&] { return b.server->stats().connections == 3; }));
  b.server->set_host_limits({.each = 3, .overrides = {{"::1", 9}}});
  EXPECT_TRUE(b.turn_until([&, &last = b.connect(1)] { return last.closed; }));
  b.server->set_host_limits({});
  b.connect(1);
  EXPECT_TRUE(b.turn_until([&] { return b.server->stats().connections == 4; }));
  EXPECT_EQ(b.server->stats().refused, 2U);
}

TEST(server, does_not_spin_when_there_are_no_descriptors) {
  bench b({});
  client& c = b.connect();
  c.to_send = frame_of(1, 'a');
  c.send_up_to(SIZE_MAX);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(c.fd);
  close(next);
  const rlimit none{static_cast<rlim_t>(next), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  bool over = false;
  int turns = 0;
  b.loop->after(300, [&] { over = true; });
  while (!over) {
    b.loop->turn();
    ++turns;
  }
  EXPECT_LT(turns, 20);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(b.turn_until([&] { return c.got.size() == 5; }));
}

TEST(server, a_large_request_stays_as_long_as_its_memory_is_kept) {
  bench b({});
  client& c = b.connect();
  for (const char what : {'k', 'a', 'k', 'b'}) {
    c.to_send += frame_of(request_size * 3, what);
    c.to_send += frame_of(50, what);
  }
  ASSERT_TRUE(b.turn_until([&] {
    c.send_up_to(SIZE_MAX);
    return c.got.size() == 40;
  }));
  ASSERT_EQ(b.kept.size(), 4U);
  for (const std::size_t large : {0U, 2U}) {
    ASSERT_TRUE(b.kept[large].memory);
    EXPECT_TRUE(std::string_view(b.kept[large].data, b.kept[large].size) == frame_of(request_size * 3, 'k').substr(4));
    EXPECT_FALSE(b.kept[large + 1].memory) << "small ones come and go";
  }
}

// Answers are records of a file, parts of all sizes one behind the other, with bytes of the message around them.
struct file_answers {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), std::fclose};
  std::string bytes, expected;
  wire::kafka::record_bytes records;

  file_answers() {
    for (unsigned i = 0; i < 3U << 20; ++i) bytes += static_cast<char>(i * 2654435761U >> 13);
    std::fwrite(bytes.data(), 1, bytes.size(), file.get());
    std::fflush(file.get());
    const auto source = std::make_shared<int>();
    for (const auto [at, size] : std::initializer_list<std::pair<std::size_t, std::size_t>>{
             {17, 100}, {5'000, 2U << 20}, {123, 32'768}, {1, 1}, {99'999, 1U << 20}})
      records.external.push_back({source, at, size});
    // Near each other as the batches of a log are, more than the server reads at once, and then farther and farther
    // apart.
    for (unsigned i = 0; i < 600; ++i) records.external.push_back({source, 200'000 + i * 750, 700});
    for (unsigned i = 0; i < 40; ++i) records.external.push_back({source, 700'000 + i * i * 100, 100});
    records.external.push_back({std::make_shared<int>(), 860'000, 100});
    records.external.push_back({source, 850'000, 0});
    records.external.push_back({source, 850'000, 20'000});
    expected = message();
  }
  wire::kafka::writer framed() const {
    wire::kafka::writer out;
    out.int32(static_cast<std::int32_t>(4 + records.size() + 4));
    out.records(false, records);
    out.raw("tail");
    return out;
  }
  std::string message() const {
    auto out = framed();
    std::string whole = out.buffer().substr(0, 8);
    for (const auto& part : records.external) whole += bytes.substr(part.position, part.size);
    return whole + "tail";
  }
  // readable_only: as with a file system of tests, which has no descriptors.
  void serve(bench& b, bool readable_only) const {
    const int fd = fileno(file.get());
    b.server->set_external(
        {[fd](const wire::kafka::external_bytes& part, std::size_t from, char* into, std::size_t size) {
           return pread(fd, into, size, static_cast<off_t>(part.position + from)) == static_cast<ssize_t>(size);
         },
         [=](const wire::kafka::external_bytes&) { return readable_only ? -1 : fd; }});
  }
};

TEST(server, sends_parts_of_files_as_they_are) {
  for (const bool readable_only : {false, true}) {
    const file_answers answers;
    bench b({});
    answers.serve(b, readable_only);
    b.connect().to_send = frame_of(1, 'l') + frame_of(1, 'l') + frame_of(1, 'a');
    b.clients[0]->send_up_to(SIZE_MAX);
    ASSERT_TRUE(b.turn_until([&] { return b.later.size() == 2; }));
    for (const auto& [to, what] : std::exchange(b.later, {})) b.server->answer(to, answers.framed());
    ASSERT_TRUE(b.turn_until([&] { return b.clients[0]->got.size() >= 2 * answers.expected.size() + 5; }));
    EXPECT_TRUE(b.clients[0]->got == answers.expected + answers.expected + std::string("\0\0\0\1a", 5));
  }
}

// Who does not take answers asks for no more of them: where their parts lie takes memory, too, and so do answers that
// wait for an earlier one.
TEST(server, takes_no_more_of_a_client_that_holds_answers_of_many_parts) {
  const file_answers answers;
  bench b({.output_bytes_max = 20'000});
  answers.serve(b, true);
  client& c = b.connect();
  const auto ask = [&] {
    c.to_send += frame_of(1, 'l');
    c.send_up_to(SIZE_MAX);
  };
  ask();
  ask();
  ASSERT_TRUE(b.turn_until([&] { return b.later.size() == 2; }));
  const auto first = std::exchange(b.later, {});
  b.server->answer(first[1].first, answers.framed());
  EXPECT_GE(b.server->stats().answer_bytes, answers.records.external.size() * sizeof(wire::kafka::external_bytes));
  ask();
  ASSERT_TRUE(b.turn_a_while());
  EXPECT_TRUE(b.later.empty());
  b.server->answer(first[0].first, answers.framed());
  ASSERT_TRUE(b.turn_until([&] { return b.later.size() == 1; }));
  b.answer_later();
  ASSERT_TRUE(b.turn_until([&] { return c.got.size() >= 2 * answers.expected.size() + 5; }));
  EXPECT_TRUE(c.got == answers.expected + answers.expected + std::string("\0\0\0\1l", 5));
  EXPECT_EQ(b.server->stats().answer_bytes, 0U);
}

// What was read ahead while answers took the memory is handled once they are gone.
TEST(server, goes_on_with_what_it_has_read_when_the_client_takes_its_answers) {
  bench b({.output_bytes_max = 1'000'000});
  client& c = b.connect();
  c.reads = false;
  c.to_send = frame_of(1, '+') + frame_of(1, 'a');
  c.send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] { return b.server->stats().answer_bytes > 0; }));
  ASSERT_TRUE(b.turn_a_while());
  c.reads = true;
  ASSERT_TRUE(b.turn_until([&] { return c.got.ends_with('a'); }));
}

// Clients that ask for much at once and take nothing.
struct greedy : bench {
  explicit greedy(server_options options) : bench(std::move(options)) {
    for (int i = 0; i < 5; ++i) {
      client& c = connect();
      c.reads = false;
      for (int k = 0; k < 10; ++k) c.to_send += frame_of(1, '+');
      c.send_up_to(SIZE_MAX);
    }
    EXPECT_TRUE(turn_until(
        [&] { return server->stats().answer_bytes >= 5 * large_answer || server->stats().stalled_closed > 0; }));
    EXPECT_TRUE(turn_a_while());
  }
};

TEST(server, answers_that_nobody_takes_are_bounded_together) {
  constexpr std::size_t answers_max = 2 * bench::large_answer;
  greedy b({.output_bytes_max = SIZE_MAX, .answer_bytes_max = answers_max});
  EXPECT_LE(b.server->stats().answer_bytes, answers_max + 5 * bench::large_answer);
  client& other = b.connect();
  other.to_send = frame_of(1, 'a');
  other.send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] { return other.got.size() == 5; }));
  for (auto& c : b.clients) c->reads = true;
  ASSERT_TRUE(b.turn_until([&] {
    return std::ranges::all_of(
        b.clients, [&](const auto& c) { return c.get() == &other || c->got.size() == 10 * (bench::large_answer + 4); });
  }));
  EXPECT_EQ(b.server->stats().answer_bytes, 0U);
}

TEST(server, closes_who_takes_no_answers_while_memory_is_short) {
  greedy b({.stalled_ms = 40, .output_bytes_max = SIZE_MAX, .answer_bytes_max = bench::large_answer});
  client& other = b.connect();
  ASSERT_TRUE(b.turn_until([&] { return b.server->stats().stalled_closed == 5; }));
  EXPECT_EQ(b.server->stats().answer_bytes, 0U);
  EXPECT_FALSE(other.closed);
}

TEST(server, who_takes_no_answers_is_idle) {
  greedy b({});
  client& waits = b.connect();
  waits.to_send = frame_of(1, 'l');
  waits.send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] { return b.later.size() == 1; }));
  b.server->close_idle(0);
  EXPECT_EQ(b.server->stats().idle_closed, 5U);
  b.answer_later();
  ASSERT_TRUE(b.turn_until([&] { return waits.got.size() == 5; }));
}

TEST(server, of_two_waits_the_longer_one_counts) {
  bench b({});
  client& c = b.connect();
  c.to_send = frame_of(1, 'l') + frame_of(1, 'a');
  c.send_up_to(5);
  ASSERT_TRUE(b.turn_until([&] { return b.later.size() == 1; }));
  const std::uint64_t id = b.later[0].first.connection;
  b.server->mute(id, 3'600'000);
  b.server->mute(id, 0);
  b.answer_later();
  c.send_up_to(SIZE_MAX);
  client& other = b.connect();
  other.to_send = frame_of(1, 'a');
  other.send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] { return other.got.size() == 5; }));
  ASSERT_TRUE(b.turn_a_while());
  EXPECT_EQ(c.got.size(), 5U) << "the second request must wait for an hour";
}

// The length is sent already, so that no error can be told: the client sees a connection that ends.
TEST(server, closes_when_a_file_ends_too_early) {
  for (const bool readable_only : {false, true}) {
    const file_answers answers;
    ASSERT_EQ(ftruncate(fileno(answers.file.get()), 1 << 20), 0);
    bench b({});
    answers.serve(b, readable_only);
    b.connect().to_send = frame_of(1, 'l');
    b.clients[0]->send_up_to(SIZE_MAX);
    ASSERT_TRUE(b.turn_until([&] { return b.later.size() == 1; }));
    b.server->answer(b.later[0].first, answers.framed());
    ASSERT_TRUE(b.turn_until([&] { return b.clients[0]->closed; }));
    EXPECT_LT(b.clients[0]->got.size(), answers.expected.size());
    EXPECT_TRUE(answers.expected.starts_with(b.clients[0]->got));
  }
}

}  // namespace
}  // namespace mes::bus::net
