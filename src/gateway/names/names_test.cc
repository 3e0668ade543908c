// What becomes of addresses that are known while their name server changes its mind, is in trouble, or is silent.
#include "gateway/names/names.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "gateway/names/name_server.h"
#include "gateway/net/loop.h"

namespace mes::gateway {
namespace {

using state = name_state;
using mood = name_server::mood;

std::string address(char last) { return dns_record(type_a, 1, s_of("\x0a\x00\x00", 3) + last); }

name_server::zone web(char last) { return {{{"web.example", type_a}, {address(last)}}}; }

std::int64_t clock_ms() { return net_loop::clock_us() / 1000; }

constexpr std::int64_t expired_ms = 1'100;  // a time to live of 1 s is over

class names_test : public testing::Test {
 protected:
  // As a request does it: asks, and asks again once it is called. `later_ms`: after now.
  std::string find(const std::string& host, std::int64_t later_ms = 0) {
    for (int i = 0; i < 10; ++i) {
      auto called = std::make_shared<std::promise<void>>();
      auto answer = names.find(host, 80, clock_ms() + later_ms, [called] { called->set_value(); });
      if (answer.what != state::waiting) return text_of(answer);
      if (called->get_future().wait_for(std::chrono::seconds(20)) != std::future_status::ready) return "never called";
      later_ms = 0;
    }
    return "waits for ever";
  }
  static std::string text_of(const name_answer& answer) {
    if (answer.what != state::known) return answer.what == state::waiting ? "waiting" : "unknown";
    std::string all;
    for (const endpoint& e : *answer.where) all += (all.empty() ? "" : " ") + e.text;
    return all;
  }
  std::string now(const std::string& host, std::int64_t later_ms = 0) {
    return text_of(names.find(host, 80, clock_ms() + later_ms, [] {}));
  }
  // Asks once the time to live is over, and on until the answer is `expected`, for ten seconds at most.
  bool becomes(const std::string& host, const std::string& expected) {
    now(host, expired_ms);
    for (std::int64_t end = clock_ms() + 10'000; clock_ms() < end;) {
      if (now(host) == expected) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  dns_options dns() const {
    dns_options options = server.options();
    options.timeout_s = options.tries = 1;
    return options;
  }

  name_server server{web(1)};
  name_directory names{false, 0, dns()};
};

TEST_F(names_test, keeps_the_addresses_of_a_name_whose_server_is_in_trouble) {
  ASSERT_EQ(find("web.example"), "10.0.0.1:80");
  server.be(mood::broken);
  for (int i = 1; i < 6; ++i) {
    EXPECT_EQ(now("web.example", i * expired_ms), "10.0.0.1:80");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  server.use(web(2));
  server.be(mood::fine);
  EXPECT_TRUE(becomes("web.example", "10.0.0.2:80"));
}

TEST_F(names_test, forgets_the_addresses_of_a_name_that_is_no_more) {
  ASSERT_EQ(find("web.example"), "10.0.0.1:80");
  server.use({});
  EXPECT_TRUE(becomes("web.example", "unknown"));
}

TEST_F(names_test, an_old_answer_does_while_it_is_asked_for_anew) {
  ASSERT_EQ(find("web.example"), "10.0.0.1:80");
  server.be(mood::silent);
  EXPECT_EQ(now("web.example", expired_ms), "10.0.0.1:80");
  EXPECT_EQ(now("web.example", 60'000), "10.0.0.1:80");  // asked for since then, and all the time
}

TEST_F(names_test, an_answer_that_nobody_has_asked_for_in_a_while_is_not_used) {
  ASSERT_EQ(find("web.example"), "10.0.0.1:80");
  server.use(web(2));
  EXPECT_EQ(find("web.example", 60'000), "10.0.0.2:80");
}

TEST_F(names_test, tells_how_long_an_answer_holds) {
  ASSERT_EQ(find("web.example"), "10.0.0.1:80");
  std::int64_t now_ms = clock_ms(), until_ms = names.find("web.example", 80, now_ms, [] {}).until_ms;
  EXPECT_GT(until_ms, now_ms);
  EXPECT_LE(until_ms, now_ms + 1000);
}

TEST_F(names_test, names_whose_server_is_silent_hold_up_no_others) {
  for (int i = 0; i < 12; ++i) {
    const std::string name = "silent" + std::to_string(i) + ".example";
    server.be(mood::silent, name);
    EXPECT_EQ(now(name), "waiting");
  }
  for (int round = 0; round < 2; ++round) {  // at the first questions, and at the patient ones
    std::int64_t began_ms = clock_ms();
    EXPECT_EQ(find("web.example", 60'000), "10.0.0.1:80");
    EXPECT_LT(clock_ms() - began_ms, 1000);
    std::this_thread::sleep_for(std::chrono::milliseconds(round == 0 ? 2300 : 0));
  }
}

TEST_F(names_test, while_a_server_is_silent_known_addresses_are_waited_for_once) {
  ASSERT_EQ(find("web.example"), "10.0.0.1:80");
  server.be(mood::silent);
  EXPECT_EQ(find("web.example", 60'000), "10.0.0.1:80");
  EXPECT_EQ(now("web.example", 60'000), "10.0.0.1:80");
}

TEST_F(names_test, the_part_of_srv_records_that_is_known_is_not_waited_for) {
  server.use(
      {{{"web.example", type_srv},
        {dns_record(type_srv, 1, srv(1, 1, 81, "a.example")), dns_record(type_srv, 1, srv(1, 1, 82, "b.example"))}},
       {{"a.example", type_a}, {address(1)}}});
  server.be(mood::silent, "b.example");
  std::int64_t began_ms = clock_ms();
  EXPECT_EQ(find("web.example"), "10.0.0.1:81");
  EXPECT_LT(clock_ms() - began_ms, 1900);
}

TEST_F(names_test, a_name_whose_server_is_silent_is_unknown_in_the_end) {
  server.be(mood::silent);
  EXPECT_EQ(find("web.example"), "unknown");
}

TEST_F(names_test, its_end_waits_for_no_server_and_nobody_is_called_after_it) {
  server.be(mood::silent);
  dns_options patient = server.options();
  patient.timeout_s = 60;
  auto directory = std::make_unique<name_directory>(false, 0, patient);
  auto called = std::make_shared<bool>(false);
  ASSERT_EQ(directory->find("web.example", 80, clock_ms(), [called] { *called = true; }).what, state::waiting);
  // SRV and A with little patience; what is asked after them is waited for.
  while (server.questions() < 3) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  auto ended = std::async(std::launch::async, [&] { directory.reset(); });
  EXPECT_EQ(ended.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_FALSE(*called);
  EXPECT_EQ(called.use_count(), 1);
}

TEST_F(names_test, a_name_that_was_never_known_is_unknown_while_its_server_is_in_trouble) {
  server.be(mood::broken);
  EXPECT_EQ(find("web.example"), "unknown");
}

TEST_F(names_test, keeps_the_part_of_srv_records_that_a_server_does_not_tell) {
  auto zone = [](char a, char b) {
    return name_server::zone{
        {{"web.example", type_srv},
         {dns_record(type_srv, 1, srv(1, 1, 81, "a.example")), dns_record(type_srv, 1, srv(1, 1, 82, "b.example"))}},
        {{"a.example", type_a}, {address(a)}},
        {{"b.example", type_a}, {address(b)}}};
  };
  server.use(zone(1, 2));
  ASSERT_EQ(find("web.example"), "10.0.0.1:81 10.0.0.2:82");
  server.use(zone(3, 4));
  server.be(mood::broken, "b.example");
  EXPECT_TRUE(becomes("web.example", "10.0.0.3:81 10.0.0.2:82"));
  server.be(mood::fine);
  EXPECT_TRUE(becomes("web.example", "10.0.0.3:81 10.0.0.4:82"));
}

}  // namespace
}  // namespace mes::gateway
