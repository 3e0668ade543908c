#include "gateway/http/authority.h"

#include <gtest/gtest.h>

#include <utility>

namespace mes::gateway {
namespace {

// nginx 1.22's answers: to Host, :authority and host; to "GET http://…/".
TEST(authority, is_what_nginx_takes) {
  constexpr struct {
    std::string_view text;
    bool fine, as_target;
  } cases[] = {
      {"a", true, true},       {"a.", true, true},       {"a.:80", true, true},     {".a", true, true},
      {"-a", true, true},      {"A.B", true, true},      {"1.2.3.4", true, true},   {"a:", true, true},
      {"a:99999", true, true}, {"[::1]", true, true},    {"[::1]:80", true, true},  {"[]", true, true},
      {"[.]", true, true},     {"", false, false},       {".", false, false},       {"..", false, false},
      {":", false, false},     {":80", false, false},    {".:80", false, false},    {"a..b", false, false},
      {"a..", false, false},   {"..a", false, false},    {"a:1..2", false, false},  {"a:..", false, false},
      {"a.:..", false, false}, {"[1..2]", false, false}, {"[::1]..", false, false}, {"a b", false, false},
      {"a\tb", false, false},  {"a\x01", false, false},  {"a\x7f", false, false},   {"a_b", true, false},
      {"~a", true, false},     {"*", true, false},       {"a,b", true, false},      {"a%20b", true, false},
      {"a:x", true, false},    {"a:1.2", true, false},   {"a:80:81", true, false},  {"[::1]x", true, false},
      {"[::1].", true, false}, {"[::1]:x", true, false}, {"[", true, false},        {"[::1", true, false},
      {"]", true, false},      {"a[b]", true, false},    {".[", true, false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(is_authority(c.text), c.fine) << c.text;
    EXPECT_EQ(is_target_authority(c.text), c.as_target) << c.text;
  }
}

// RFC 3986, section 3.2: in no host, and no port. nginx takes them in Host.
TEST(authority, is_of_the_characters_of_one) {
  for (std::string_view text :
       {"root@a", "a/b", "a:8/0", "[a/b]", "a?b", "a#b", "a\\b", "a\"b", "a<b", "a^b", "a{b", "a|b", "a`b", "a\xff"}) {
    EXPECT_FALSE(is_authority(text)) << text;
    EXPECT_FALSE(is_target_authority(text)) << text;
  }
}

// As nginx 1.22 has them in $host.
TEST(authority, hosts_are_in_lower_case_without_port_and_last_dot) {
  constexpr std::pair<std::string_view, std::string_view> cases[] = {
      {"Example.COM.", "example.com"},
      {"Example.COM.:80", "example.com"},
      {"EXAMPLE.com:", "example.com"},
      {"a:x", "a"},
      {"[2001:DB8::A]", "[2001:db8::a]"},
      {"[::1]:80", "[::1]"},
      {"[::1].", "[::1]"},
      {"[::1", "[::1"},
      {"a_b", "a_b"},
      {"", ""},
  };
  for (const auto& [authority, host] : cases) EXPECT_EQ(normal_host(authority), host) << authority;
}

}  // namespace
}  // namespace mes::gateway
