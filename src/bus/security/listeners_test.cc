#include "bus/security/listeners.h"

#include <gtest/gtest.h>

#include "bus/security/principal_rules.h"
#include "bus/security/session.h"

namespace mes::bus::security {
namespace {

TEST(listeners, several_with_advertised_addresses) {
  const auto parsed = parse_listeners({.listeners = "PLAINTEXT://127.0.0.1:9092, edge://[::1]:9093,SSL://:0",
                                       .advertised = "EDGE://bus.example:19093",
                                       .protocols = "EDGE:SASL_SSL",
                                       .port_offset = 100});
  ASSERT_TRUE(parsed) << parsed.error().message;
  const auto& l = *parsed;
  ASSERT_EQ(l.size(), 3U);
  EXPECT_EQ(l[0].port, 9192);
  EXPECT_EQ(l[0].secured_by, protocol::plaintext);
  EXPECT_EQ(l[0].advertised_host, "");
  EXPECT_EQ(l[1].host, "::1");
  EXPECT_EQ(l[1].secured_by, protocol::sasl_ssl);
  EXPECT_EQ(l[1].advertised_host, "bus.example");
  EXPECT_EQ(l[1].advertised_port, 19'093) << "the offset is not a client's affair";
  EXPECT_EQ(l[2].port, 0) << "any free one";
}

TEST(listeners, what_is_wrong_is_named) {
  const auto fault = [](listener_settings s) {
    const auto parsed = parse_listeners(s);
    return parsed ? std::string() : parsed.error().message;
  };
  EXPECT_NE(fault({.listeners = ""}), "");
  EXPECT_NE(fault({.listeners = "127.0.0.1:9092"}).find("NAME://host:port"), std::string::npos);
  EXPECT_NE(fault({.listeners = "SSL://127.0.0.1"}).find("port"), std::string::npos);
  EXPECT_NE(fault({.listeners = "SSL://127.0.0.1:x"}).find("port"), std::string::npos);
  EXPECT_NE(fault({.listeners = "SSL://a:1,SSL://b:2"}).find("twice"), std::string::npos);
  EXPECT_NE(fault({.listeners = "EDGE://a:1"}).find("EDGE"), std::string::npos);
  EXPECT_NE(fault({.listeners = "EDGE://a:1", .protocols = "EDGE:TLS"}).find("EDGE:TLS"), std::string::npos);
  EXPECT_NE(fault({.listeners = "SSL://a:1", .advertised = "PLAINTEXT://a:1"}).find("PLAINTEXT"), std::string::npos);
  EXPECT_NE(fault({.listeners = "SSL://a:1", .advertised = "SSL://0.0.0.0:1"}).find("cannot connect"),
            std::string::npos);
  EXPECT_NE(fault({.listeners = "SSL://a:65535", .port_offset = 1}).find("65536"), std::string::npos);
}

// The examples of Kafka's documentation of ssl.principal.mapping.rules.
TEST(principal_rules, map_subjects) {
  const auto rules = principal_rules::parse(
      "RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/,RULE:^CN=(.*?),OU=(.*?),O=(.*?),L=(.*?),ST=(.*?),C=(.*?)$/$1@$2/L,"
      "RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/L,DEFAULT");
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_EQ(*rules->apply("CN=serviceuser,OU=ServiceUsers,O=Unknown,L=Unknown,ST=Unknown,C=Unknown"), "serviceuser");
  EXPECT_EQ(*rules->apply("CN=adminUser,OU=Admin,O=Unknown,L=Unknown,ST=Unknown,C=Unknown"), "adminuser@admin");
  EXPECT_EQ(*rules->apply("OU=none"), "OU=none");
  EXPECT_FALSE(principal_rules::parse("RULE:^CN=(.*)$/$1/")->apply("O=x")) << "no rule matches";
  EXPECT_EQ(*principal_rules::parse("RULE:^CN=(.*)$/$1/U")->apply("CN=ab"), "AB");
  EXPECT_EQ(*principal_rules::parse("")->apply("CN=ab"), "CN=ab");
  for (const auto* const wrong : {"RULE:x", "RULE:x/y", "RULE:(/y/", "RULE:x/$1/", "RULE:x/y/Q", "OTHER"})
    EXPECT_FALSE(principal_rules::parse(wrong)) << wrong;
}

// The expected names are what Kafka 4.2's SslPrincipalMapper makes of them.
TEST(principal_rules, replace_as_kafka_does) {
  const auto name = [](std::string_view rule, std::string_view subject) {
    const auto rules = principal_rules::parse(rule);
    const auto mapped = rules ? rules->apply(subject) : result<std::string>(fail(rules.error()));
    return mapped ? *mapped : mapped.error().message;
  };
  constexpr std::string_view press = "CN=press-7,O=Plant", umlauts = "CN=PRESSE ÄÖÜ,O=Werk Süd";
  EXPECT_EQ(name(R"(RULE:^CN=([^,]+),.*$/$1\@plant/)", press), "press-7@plant");
  EXPECT_EQ(name(R"(RULE:^CN=([^,]+),.*$/$1\/plant/)", press), "press-7/plant");
  EXPECT_EQ(name(R"(RULE:^CN=(.*?),.*$/\$1/)", press), "$1");
  EXPECT_EQ(name(R"(RULE:^CN=(.*?),.*$/$0/)", press), press);
  EXPECT_EQ(name(R"(RULE:^CN=([^,]+),.*$/$10/)", press), "press-70");
  EXPECT_EQ(name(R"(RULE:^CN=([^,]+),.*$/$1$2/)", press), "press-7$2");
  EXPECT_EQ(name(R"(RULE:CN=(.*?)/$1/)", press), "press-7,O=Plant");
  EXPECT_EQ(name(R"(RULE:(.*)/<$1>/)", press), "<CN=press-7,O=Plant><>");
  EXPECT_EQ(name(R"(RULE:^CN=(.*?),.*$/$1/L)", umlauts), "presse äöü");
  EXPECT_EQ(name(R"(RULE:^.*O=(.*)$/$1/U)", umlauts), "WERK SÜD");
  EXPECT_EQ(name(R"(RULE:^CN=(.*)$/$1/U)", "CN=Straße ñŁжω"), "STRASSE ÑŁЖΩ");
  EXPECT_NE(name(R"(RULE:^CN=([^,]+),.*$/a$b/)", press).find("write \\$"), std::string::npos);
}

net::peer came_by(std::size_t listener, std::optional<std::string> certificate = std::nullopt) {
  return {.connection = listener + 1,
          .host = "10.0.0.7",
          .local_host = "10.0.0.1",
          .listener = listener,
          .certificate = std::move(certificate)};
}

TEST(sessions, what_is_admitted_when) {
  using wire::kafka::api;
  sessions all({.listeners = {{.secured_by = protocol::ssl}, {.secured_by = protocol::sasl_plaintext}},
                .rules = *principal_rules::parse(""),
                .mechanisms = {"PLAIN"},
                .reauthentication_ms = 1'000});
  const auto by_certificate = *all.of(came_by(0, "CN=press"));
  EXPECT_EQ(by_certificate->principal, "User:CN=press");
  EXPECT_TRUE(all.admits(*by_certificate, api::metadata, 0));
  const auto s = *all.of(came_by(1));
  EXPECT_EQ(s, *all.of(came_by(1)));
  EXPECT_FALSE(all.admits(*s, api::metadata, 0));
  EXPECT_FALSE(all.admits(*s, api::sasl_authenticate, 0));
  EXPECT_TRUE(all.admits(*s, api::api_versions, 0));
  EXPECT_TRUE(all.admits(*s, api::sasl_handshake, 0));
  s->now = session::stage::exchange;
  EXPECT_FALSE(all.admits(*s, api::sasl_handshake, 0));
  EXPECT_TRUE(all.admits(*s, api::sasl_authenticate, 0));
  ASSERT_EQ(*all.complete(*s, {.what = sasl_step::outcome::done, .user = "alice"}, 5'000, 0), 1'000);
  EXPECT_EQ(s->principal, "User:alice");
  EXPECT_TRUE(all.admits(*s, api::metadata, 5'999));
  EXPECT_FALSE(all.admits(*s, api::metadata, 6'000));
  EXPECT_TRUE(all.admits(*s, api::sasl_handshake, 6'000)) << "KIP-368: it may authenticate again";
  EXPECT_FALSE(all.complete(*s, {.what = sasl_step::outcome::done, .user = "bob"}, 6'000, 0));
  // A token that ends sooner ends the session sooner.
  EXPECT_EQ(*all.complete(*s, {.what = sasl_step::outcome::done, .user = "alice", .expires_ms = 300}, 6'000, 0), 300);
  EXPECT_FALSE(all.admits(*s, api::metadata, 6'300));
}

TEST(sessions, a_certificate_without_a_name_is_not_nobodys) {
  const std::vector<listener> by_tls = {{.secured_by = protocol::ssl}};
  sessions as_it_is({.listeners = by_tls, .rules = *principal_rules::parse(""), .mechanisms = {}});
  EXPECT_EQ((*as_it_is.of(came_by(0)))->principal, anonymous);
  sessions again({.listeners = by_tls, .rules = *principal_rules::parse(""), .mechanisms = {}});
  EXPECT_EQ((*again.of(came_by(0, "")))->principal, "User:");
  sessions ruled({.listeners = by_tls, .rules = *principal_rules::parse("RULE:^CN=(.*)$/$1/"), .mechanisms = {}});
  EXPECT_FALSE(ruled.of(came_by(0, "")));
}

}  // namespace
}  // namespace mes::bus::security
