// Answers of a name server as RFC 1035 and RFC 2782 lay them out, from a server of our own on loopback.
#include "gateway/names/dns.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "gateway/names/name_server.h"

namespace mes::gateway {
namespace {

TEST(dns, gives_addresses_with_their_time_to_live) {
  name_server server(
      {{{"web.example", type_a},
        {dns_record(type_a, 17, s_of("\x0a\x00\x00\x01", 4)), dns_record(type_a, 40, s_of("\x0a\x00\x00\x02", 4))}}});
  dns_answer a = look_up("web.example", 8080, server.options());
  ASSERT_EQ(a.where.size(), 2U);
  EXPECT_EQ(a.where[0].text, "10.0.0.1:8080");
  EXPECT_EQ(a.where[1].text, "10.0.0.2:8080");
  EXPECT_EQ(a.ttl_ms, 17'000);
}

TEST(dns, follows_srv_records_of_the_best_priority) {
  name_server server({
      {{"_http._tcp.example", type_srv},
       {dns_record(type_srv, 60, srv(1, 70, 9001, "a.example")),
        dns_record(type_srv, 60, srv(1, 30, 9002, "b.example")),
        dns_record(type_srv, 60, srv(2, 10, 9003, "c.example"))}},
      {{"a.example", type_a}, {dns_record(type_a, 5, s_of("\x0a\x00\x00\x01", 4))}},
      {{"b.example", type_a}, {dns_record(type_a, 90, s_of("\x0a\x00\x00\x02", 4))}},
  });
  dns_answer a = look_up("_http._tcp.example", 80, server.options());
  ASSERT_EQ(a.where.size(), 2U);
  EXPECT_EQ(a.where[0].text, "10.0.0.1:9001");
  EXPECT_EQ(a.where[0].weight, 70);
  EXPECT_EQ(a.where[0].name, "a.example");
  EXPECT_EQ(a.where[1].text, "10.0.0.2:9002");
  EXPECT_EQ(a.ttl_ms, 5'000);
}

// A server that knows the other name alone, and not what it stands for (RFC 1034, section 3.6.2).
TEST(dns, follows_other_names) {
  auto alias = [](const std::string& of, int ttl_s, const char* to) {
    return std::pair(std::pair(of, type_a), std::vector{dns_record(type_cname, ttl_s, labels(to))});
  };
  name_server::zone zone{alias("web.example", 60, "a0.example"), alias("endless.example", 60, "endless.example"),
                         alias("nowhere.example", 60, "gone.example"), alias("far.example", 60, "b0.example")};
  for (int i = 0; i < 7; ++i)
    zone.insert(alias(fmt::format("a{}.example", i), 9 + i, fmt::format("a{}.example", i + 1).c_str()));
  for (int i = 0; i < 20; ++i)
    zone.insert(alias(fmt::format("b{}.example", i), 60, fmt::format("b{}.example", i + 1).c_str()));
  zone[{"a7.example", type_a}] = zone[{"b20.example", type_a}] = {dns_record(type_a, 40, s_of("\x0a\x00\x00\x01", 4))};
  name_server server(zone);
  dns_answer a = look_up("web.example", 8080, server.options());
  ASSERT_EQ(a.where.size(), 1U);
  EXPECT_EQ(a.where[0].text, "10.0.0.1:8080");
  EXPECT_EQ(a.ttl_ms, 9'000);
  for (const char* none : {"endless.example", "nowhere.example", "far.example"})
    EXPECT_TRUE(look_up(none, 80, server.options()).where.empty()) << none;
}

TEST(dns, reads_the_hosts_file_whatever_the_case) {
  const std::string file = testing::TempDir() + "hosts";
  std::ofstream(file) << "127.0.0.1 localhost\n10.0.0.7 api.example Mixed.Example # and more\n";
  for (const char* name : {"api.example", "API.example", "mixed.example", "MIXED.EXAMPLE"}) {
    dns_answer a = look_up(name, 80, {.server = parse_endpoint("127.0.0.1", 1), .hosts_file = file});
    ASSERT_EQ(a.where.size(), 1U) << name;
    EXPECT_EQ(a.where[0].text, "10.0.0.7:80");
  }
}

TEST(dns, takes_answers_of_any_length) {
  std::vector<std::string> many;
  for (int i = 0; i < 1500; ++i) many.push_back(dns_record(type_a, 60, '\x0a' + std::string(1, '\0') + be16(i)));
  name_server server({{{"web.example", type_a}, many}});
  EXPECT_EQ(look_up("web.example", 80, server.options()).where.size(), 1500U);
}

TEST(dns, has_nothing_for_a_name_that_is_not_there) {
  name_server server({});
  EXPECT_TRUE(look_up("nowhere.example", 80, server.options()).where.empty());
}

}  // namespace
}  // namespace mes::gateway
