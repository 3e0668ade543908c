// Answers of a name server as RFC 1035 and RFC 2782 lay them out, from a server of our own on loopback.
#include "gateway/names/dns.h"

#include <gtest/gtest.h>

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
