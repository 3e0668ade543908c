// Requests that wait, maybe long, and what comes behind them on their connections.
#include "bus/net/server_under_test.h"

namespace mes::bus::net {
namespace {

// It may wait for ever, and its client may be gone with more in the way than the socket takes, so that no end comes.
TEST(server, who_waits_for_data_is_idle) {
  bench b({});
  client& c = b.connect();
  c.to_send = frame_of(1, 'h');
  c.send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] { return b.later.size() == 1; }));
  b.server->close_idle(60'000);
  EXPECT_EQ(b.server->stats().idle_closed, 0U);
  b.server->close_idle(0);
  EXPECT_EQ(b.server->stats().idle_closed, 1U);
}

TEST(server, what_comes_behind_a_request_that_holds_it_has_its_turn_after_the_answer) {
  bench b({});
  client& c = b.connect();
  c.to_send = frame_of(1, 'l') + frame_of(1, 'h') + frame_of(1, 'a') + frame_of(1, 'h') + frame_of(1, 'b');
  c.send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] { return b.later.size() == 2; }));
  ASSERT_TRUE(b.turn_a_while());
  EXPECT_EQ(b.handled, "lh");
  b.answer(b.later[1].first, 'h');
  b.later.pop_back();
  ASSERT_TRUE(b.turn_until([&] { return b.later.size() == 2; }));
  EXPECT_EQ(b.handled, "lhah");
  EXPECT_EQ(c.got, "") << "the first is not answered";
  b.answer_later();
  ASSERT_TRUE(b.turn_until([&] { return c.got.size() == 25; }));
  EXPECT_EQ(b.handled, "lhahb");
}

// What they sent is handled before, though nobody is there for the answer: a producer may have asked for none.
TEST(server, notices_that_clients_went_whatever_they_wait_for) {
  bench b({.requests_in_flight_max = 3});
  for (const char* requests : {"lll", "llll", "h", "haa", "lhll"}) {
    client& c = b.connect();
    for (const char* what = requests; *what != 0; ++what) c.to_send += frame_of(1, *what);
    c.send_up_to(SIZE_MAX);
    ASSERT_TRUE(b.turn_until([&] { return !b.later.empty(); }));
    c.to_send += frame_of(10'000, 'z');
    c.send_up_to(SIZE_MAX);
    ASSERT_TRUE(b.turn_a_while());
    EXPECT_EQ(b.handled.find('z'), std::string::npos) << requests;
    b.clients.clear();
    ASSERT_TRUE(b.turn_until([&] { return b.server->stats().connections == 0; })) << requests;
    EXPECT_EQ(std::exchange(b.handled, {}), requests + std::string("z"));
    b.later.clear();
  }
}

// More than one client may have in answers lies behind what waits, whether that holds it or not.
TEST(server, keeps_no_answers_for_clients_that_went) {
  for (const char* waits : {"h", "l"}) {
    bench b({});
    b.connect();
    client& other = b.connect();
    ASSERT_TRUE(b.turn_until([&] { return b.server->stats().connections == 2; }));
    client& c = *b.clients.front();
    std::string requests = waits + std::string(50, '+') + "z";
    for (const char what : requests) c.to_send += frame_of(1, what);
    c.send_up_to(SIZE_MAX);
    b.clients.erase(b.clients.begin());
    ASSERT_TRUE(b.turn_until([&] { return b.handled.starts_with(waits); }));
    other.to_send = frame_of(1, 'a');
    other.send_up_to(SIZE_MAX);
    ASSERT_TRUE(b.turn_until([&] { return other.got.size() == 5; }));
    EXPECT_EQ(b.handled.find('z'), std::string::npos) << "it lets others have their turn";
    ASSERT_TRUE(b.turn_until([&] { return b.server->stats().connections == 1; })) << waits;
    EXPECT_EQ(b.server->stats().answer_bytes, 0U);
    b.answer_later();
    std::erase(b.handled, 'a');
    EXPECT_EQ(b.handled, requests);
  }
}

// Who has sent much behind a request that waits keeps nobody from memory: that request is to be answered.
TEST(server, hurries_what_holds_memory_while_others_wait_for_it) {
  bench b({.partial_bytes_max = 10'000});
  b.server->set_hurried([&](std::uint64_t connection) {
    const auto its = [&](const auto& one) { return one.first.connection == connection; };
    const auto waiting = std::ranges::find_if(b.later, its);
    ASSERT_NE(waiting, b.later.end());
    const answer_slot to = waiting->first;
    b.later.erase(waiting);
    b.answer(to, 'h');
  });
  client& c = b.connect();
  for (int i = 0; i < 100; ++i) c.to_send += frame_of(1'000, 'h');
  c.send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] { return b.later.size() == 1; }));
  ASSERT_TRUE(b.turn_a_while());
  EXPECT_EQ(b.handled, "h") << "there is nobody else";
  client& other = b.connect();
  other.to_send = frame_of(1, 'a');
  other.send_up_to(SIZE_MAX);
  ASSERT_TRUE(b.turn_until([&] { return other.got.size() == 5; }));
  EXPECT_LT(b.handled.size(), 101U) << "no more are hurried than must be";
}

}  // namespace
}  // namespace mes::bus::net
