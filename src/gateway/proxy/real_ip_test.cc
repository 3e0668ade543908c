// Whom the gateway believes who the client is.
#include "gateway/proxy/real_ip.h"

#include <gtest/gtest.h>

namespace mes::gateway {
namespace {

auto client_by(std::string_view said, const real_ip_options& options) {
  header_table headers;
  headers.clear();
  headers.add({.name = "X-Forwarded-For", .value = said});
  return real_client(headers, options);
}

TEST(real_ip, ranges_hold_addresses_of_their_own_family_as_nginx) {  // ngx_cidr_match
  static constexpr struct {
    const char *range, *address;
    bool inside;
  } cases[] = {
      {"10.0.0.0/8", "10.1.2.3", true},
      {"10.0.0.0/8", "11.1.2.3", false},
      {"10.0.0.0/8", "::ffff:10.1.2.3", true},
      {"0.0.0.0/0", "10.1.2.3", true},
      {"0.0.0.0/0", "::ffff:10.1.2.3", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "10.1.2.3", false},
      {"::/0", "::ffff:10.1.2.3", false},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"10.0.0.1", "10.0.0.1/32", false},
      {"10.0.0.1", "nonsense", false},
  };
  for (const auto& c : cases)
    EXPECT_EQ(ip_ranges::parse({c.range})->contains(c.address), c.inside) << c.range << " " << c.address;
  for (const char* none : {"", "10.0.0.0/33", "10.0.0.0/", "::/129", "10.0.0.0/-1", "somewhere"})
    EXPECT_FALSE(ip_ranges::parse({"10.0.0.1", none})) << none;
}

TEST(real_ip, a_trusted_peer_names_an_address_alone) {
  real_ip_options options{.trusted = *ip_ranges::parse({"10.0.0.0/8"}), .header = "X-Forwarded-For", .recursive = true};
  static constexpr struct {
    const char *said, *client;
  } cases[] = {
      {"1.2.3.4", "1.2.3.4"},
      {"1.2.3.4:99, 10.0.0.1", "1.2.3.4"},
      {"[2001:db8::1]:99", "2001:db8::1"},
      {"1.2.3.4, 10.0.0.1/32", ""},
      {"1.2.3.0/24", ""},
      {"me", ""},
      {"10.0.0.1, me", ""},
      {"me, 10.0.0.1", "10.0.0.1"},  // who named me is the last that is known
      {"1.2.3.4, unknown, 10.0.0.5, 10.0.0.1", "10.0.0.5"},
      {"1.2.3.4 10.0.0.1", "1.2.3.4"},
      {"1.2.3.4 5.6.7.8,10.0.0.1, ,", "5.6.7.8"},
      {", 10.0.0.2, 10.0.0.1", "10.0.0.2"},
      {"10.0.0.2", "10.0.0.2"},
      {"", ""},
  };
  for (const auto& c : cases) {
    const auto told = client_by(c.said, options);
    EXPECT_EQ(told ? told->address : "", c.client) << c.said;
  }
}

// $remote_addr and $remote_port of nginx 1.22 behind a peer that it trusts.
TEST(real_ip, a_port_is_the_clients_too) {
  real_ip_options options{.trusted = *ip_ranges::parse({"10.0.0.0/8"}), .header = "X-Forwarded-For"};
  static constexpr struct {
    const char *said, *client;
    std::uint16_t port;
  } cases[] = {
      {"1.2.3.4", "1.2.3.4", 0},
      {"1.2.3.4:555", "1.2.3.4", 555},
      {"1.2.3.4:65535", "1.2.3.4", 65535},
      {"1.2.3.4:00080", "1.2.3.4", 80},
      {"[::1]:556", "::1", 556},
      {"[1.2.3.4]:5", "1.2.3.4", 5},
      {"2001:db8::1", "2001:db8::1", 0},
      {"1.2.3.4:0", "", 0},
      {"1.2.3.4:99999", "", 0},
      {"1.2.3.4:", "", 0},
      {"1.2.3.4:x", "", 0},
      {"1.2.3.4:+5", "", 0},
      {"[::1]x", "", 0},
      {"[::1]:", "", 0},
      {"[::1", "", 0},
      {"9.9.9.9, 1.2.3.4:x", "", 0},
  };
  for (const auto& c : cases) {
    const auto told = client_by(c.said, options);
    EXPECT_EQ(told ? told->address : "", c.client) << c.said;
    EXPECT_EQ(told ? told->port : 0, c.port) << c.said;
  }
}

TEST(real_ip, goes_on_in_the_line_before) {
  real_ip_options options{.trusted = *ip_ranges::parse({"10.0.0.0/8"}), .header = "X-Forwarded-For", .recursive = true};
  auto client = [&](const char* first, const char* second) {
    header_table headers;
    headers.clear();
    headers.add({.name = "X-Forwarded-For", .value = first});
    headers.add({.name = "Accept", .value = "9.9.9.9"});
    headers.add({.name = "x-forwarded-for", .value = second});
    return real_client(headers, options).value_or(told_client{}).address;
  };
  EXPECT_EQ(client("9.9.9.9, 1.2.3.4", "10.0.0.2, 10.0.0.1"), "1.2.3.4");
  EXPECT_EQ(client("1.2.3.4", "5.6.7.8, 10.0.0.1"), "5.6.7.8");
  EXPECT_EQ(client("me", "10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(client("1.2.3.4", "me, 10.0.0.1"), "10.0.0.1");
  options.recursive = false;
  EXPECT_EQ(client("1.2.3.4", "5.6.7.8, 10.0.0.1"), "10.0.0.1");
}

}  // namespace
}  // namespace mes::gateway
