// Kafka's rules (KIP-11, KIP-290): deny before allow, patterns, implied operations, hosts, super users.
#include "bus/security/acl.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace mes::bus::security {
namespace {

using enum operation;
constexpr auto topic = resource_type::topic;
constexpr auto literal = pattern_type::literal;
constexpr auto prefixed = pattern_type::prefixed;
constexpr auto allow = permission::allow;
constexpr auto deny = permission::deny;
constexpr std::string_view alice = "User:alice";
constexpr std::string_view host = "10.0.0.7";

authorizer with(const std::vector<acl_binding>& bindings, authorizer_options options = {.enabled = true}) {
  authorizer a(std::move(options));
  for (const acl_binding& b : bindings) a.add(b);
  return a;
}

acl_binding rule(pattern_type pattern, std::string name, operation what, permission verdict,
                 std::string who = "User:alice", std::string from = "*") {
  return {topic, pattern, std::move(name), std::move(who), std::move(from), what, verdict};
}

TEST(authorizer, without_rules_nothing_is_allowed_but_to_super_users) {
  EXPECT_FALSE(with({}).allows(alice, host, read, topic, "orders"));
  EXPECT_TRUE(with({}, {.enabled = true, .allow_if_no_acl = true}).allows(alice, host, read, topic, "orders"));
  EXPECT_TRUE(with({rule(literal, "*", all, deny)}, {.enabled = true, .super_users = {"User:alice"}})
                  .allows(alice, host, read, topic, "orders"));
  EXPECT_TRUE(with({}, {.enabled = false}).allows(alice, host, read, topic, "orders"));
}

// allow.everyone.if.no.acl.found is about the resource: one rule of anybody ends it.
TEST(authorizer, a_rule_of_another_ends_the_default) {
  const auto a = with({rule(literal, "orders", read, allow, "User:bob")}, {.enabled = true, .allow_if_no_acl = true});
  EXPECT_FALSE(a.allows(alice, host, read, topic, "orders"));
  EXPECT_TRUE(a.allows(alice, host, read, topic, "other"));
}

TEST(authorizer, patterns) {
  const auto a = with({rule(literal, "orders", read, allow), rule(prefixed, "plant-", write, allow),
                       rule(literal, "*", describe_configs, allow)});
  EXPECT_TRUE(a.allows(alice, host, read, topic, "orders"));
  EXPECT_FALSE(a.allows(alice, host, read, topic, "orders2"));
  EXPECT_TRUE(a.allows(alice, host, write, topic, "plant-7"));
  EXPECT_TRUE(a.allows(alice, host, write, topic, "plant-"));
  EXPECT_FALSE(a.allows(alice, host, write, topic, "plant"));
  EXPECT_TRUE(a.allows(alice, host, describe_configs, topic, "anything"));
  EXPECT_FALSE(a.allows(alice, host, read, resource_type::group, "orders"));
}

TEST(authorizer, a_host_is_an_address_however_it_is_written) {
  const auto a = with({rule(literal, "orders", all, allow, "User:*"),
                       rule(literal, "orders", read, deny, "User:*", "0:0:0:0:0:0:0:1"),
                       rule(literal, "orders", read, deny, "User:*", "::FFFF:10.0.0.7")});
  EXPECT_FALSE(a.allows(alice, "::1", read, topic, "orders"));
  EXPECT_FALSE(a.allows(alice, host, read, topic, "orders"));
  EXPECT_TRUE(a.allows(alice, "::2", read, topic, "orders"));
  EXPECT_EQ(a.find({.host = "0:0:0:0:0:0:0:1"}).size(), 1U) << "shown as it was written";
  EXPECT_TRUE(a.find({.host = "::1"}).empty());
}

TEST(authorizer, the_right_prefix_is_found_among_many) {
  const auto a = with({rule(prefixed, "a", read, allow), rule(prefixed, "ab", describe, allow, "User:x"),
                       rule(prefixed, "abd", describe, allow, "User:x"), rule(prefixed, "b", write, allow)});
  EXPECT_TRUE(a.allows(alice, host, read, topic, "abc"));
  EXPECT_TRUE(a.allows(alice, host, read, topic, "abdz"));
  EXPECT_FALSE(a.allows(alice, host, read, topic, "bcd"));
}

// All texts of a few letters, a third of them prefixes that rules have.
TEST(authorizer, a_prefix_is_found_whatever_lies_before_it_in_the_order) {
  std::vector<std::string> texts{""};
  for (std::size_t i = 0; i < texts.size() && texts[i].size() < 5; ++i)
    for (const char letter : {'a', 'b', 'c'}) texts.push_back(texts[i] + letter);
  for (std::size_t rest = 0; rest < 3; ++rest) {
    std::vector<acl_binding> rules;
    for (std::size_t i = 1; i < texts.size(); ++i)
      if ((i * i + i / 7) % 3 == rest) rules.push_back(rule(prefixed, texts[i], read, allow));
    const auto a = with(rules);
    for (const std::string& name : texts) {
      const bool expected =
          std::ranges::any_of(rules, [&](const acl_binding& r) { return !name.empty() && name.starts_with(r.name); });
      EXPECT_EQ(a.allows(alice, host, read, topic, name), expected) << name;
    }
  }
}

TEST(authorizer, deny_comes_first_whatever_the_pattern) {
  const auto a = with({rule(literal, "orders", read, allow), rule(prefixed, "ord", read, deny),
                       rule(literal, "free", all, allow), rule(literal, "*", write, deny)});
  EXPECT_FALSE(a.allows(alice, host, read, topic, "orders"));
  EXPECT_TRUE(a.allows(alice, host, read, topic, "free"));
  EXPECT_FALSE(a.allows(alice, host, write, topic, "free"));
}

TEST(authorizer, implied_operations) {
  for (const operation o : {read, write, remove, alter, all})
    EXPECT_TRUE(with({rule(literal, "t", o, allow)}).allows(alice, host, describe, topic, "t")) << static_cast<int>(o);
  for (const operation o : {create, describe_configs, alter_configs})
    EXPECT_FALSE(with({rule(literal, "t", o, allow)}).allows(alice, host, describe, topic, "t")) << static_cast<int>(o);
  EXPECT_TRUE(with({rule(literal, "t", alter_configs, allow)}).allows(alice, host, describe_configs, topic, "t"));
  EXPECT_FALSE(with({rule(literal, "t", describe, allow)}).allows(alice, host, read, topic, "t"));
  // A denial implies nothing: who may not read may still be allowed to describe.
  EXPECT_TRUE(with({rule(literal, "t", describe, allow), rule(literal, "t", read, deny)})
                  .allows(alice, host, describe, topic, "t"));
}

TEST(authorizer, principals_and_hosts) {
  const auto a =
      with({rule(literal, "t", read, allow, "User:*"), rule(literal, "t", read, deny, "User:alice", "10.0.0.8"),
            rule(literal, "u", read, allow, "User:alice", "10.0.0.7")});
  EXPECT_TRUE(a.allows(alice, host, read, topic, "t"));
  EXPECT_FALSE(a.allows(alice, "10.0.0.8", read, topic, "t"));
  EXPECT_TRUE(a.allows("User:bob", "10.0.0.8", read, topic, "t"));
  EXPECT_TRUE(a.allows(alice, host, read, topic, "u"));
  EXPECT_FALSE(a.allows(alice, "10.0.0.9", read, topic, "u"));
  EXPECT_FALSE(a.allows("Group:alice", host, read, topic, "u"));
}

// KIP-679: whether there is any topic to write to.
TEST(authorizer, any_resource_of_a_type) {
  const auto any = [](const authorizer& a) { return a.allows_any(alice, host, write, topic); };
  EXPECT_FALSE(any(with({})));
  EXPECT_TRUE(any(with({rule(literal, "t", write, allow)})));
  EXPECT_FALSE(any(with({rule(literal, "t", read, allow)})));
  EXPECT_FALSE(any(with({rule(literal, "t", write, allow), rule(prefixed, "t", write, deny)})));
  EXPECT_FALSE(any(with({rule(prefixed, "t", write, allow), rule(literal, "*", all, deny)})));
  EXPECT_TRUE(any(with({rule(prefixed, "t", write, allow), rule(literal, "t", write, deny)})));
  EXPECT_TRUE(any(with({}, {.enabled = true, .allow_if_no_acl = true})));
}

TEST(acl_filters, match_as_kafkas) {
  const acl_binding orders = rule(literal, "orders", read, allow), prefix = rule(prefixed, "ord", read, allow),
                    star = rule(literal, "*", read, allow);
  const auto filter = [](pattern_type p, std::optional<std::string> name) {
    return acl_filter{.resource = topic, .pattern = p, .name = std::move(name)};
  };
  EXPECT_TRUE(filter(literal, "orders").matches(orders));
  EXPECT_FALSE(filter(literal, "orders").matches(star));
  EXPECT_TRUE(filter(literal, "*").matches(star));
  EXPECT_FALSE(filter(literal, "*").matches(orders));
  EXPECT_TRUE(filter(literal, std::nullopt).matches(star));
  EXPECT_FALSE(filter(literal, std::nullopt).matches(prefix));
  EXPECT_TRUE(filter(pattern_type::any, std::nullopt).matches(prefix));
  EXPECT_FALSE(filter(pattern_type::any, "orders").matches(prefix));
  for (const acl_binding& b : {orders, prefix, star})
    EXPECT_TRUE(filter(pattern_type::match, "orders").matches(b)) << b.name;
  EXPECT_FALSE(filter(pattern_type::match, "or").matches(prefix));
  EXPECT_FALSE((acl_filter{.resource = resource_type::group}).matches(orders));
  EXPECT_FALSE((acl_filter{.what = write}).matches(orders));
  EXPECT_FALSE((acl_filter{.verdict = deny}).matches(orders));
  EXPECT_FALSE((acl_filter{.principal = "User:bob"}).matches(orders));
}

TEST(acl_filters, find_what_they_match) {
  const auto a = with({rule(literal, "orders", read, allow),
                       rule(literal, "orders", write, deny, "User:bob"),
                       rule(prefixed, "orders", read, allow),
                       rule(prefixed, "ord", read, allow),
                       rule(literal, "*", read, allow),
                       {resource_type::group, literal, "orders", "User:alice", "*"}});
  const auto everything = a.find({});
  EXPECT_EQ(everything.size(), 6U);
  for (const auto p : {pattern_type::any, pattern_type::match, literal, prefixed})
    for (const auto& name : {std::optional<std::string>(), std::optional<std::string>("orders"),
                             std::optional<std::string>("ord"), std::optional<std::string>("*")})
      for (const auto r : {resource_type::any, topic, resource_type::group})
        for (const auto& who : {std::optional<std::string>(), std::optional<std::string>("User:bob")}) {
          const acl_filter f{.resource = r, .pattern = p, .name = name, .principal = who};
          std::vector<acl_binding> expected;
          std::ranges::copy_if(everything, std::back_inserter(expected),
                               [&](const acl_binding& b) { return f.matches(b); });
          EXPECT_EQ(a.find(f), expected);
        }
}

TEST(acl_bindings, are_kept_and_removed) {
  auto a = with({rule(literal, "orders", read, allow), rule(literal, "orders", read, allow)});
  EXPECT_EQ(a.size(), 1U);
  const auto found = a.find({});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(decode_binding(encode_binding(found[0])), found[0]);
  a.remove(found[0]);
  EXPECT_TRUE(a.find({}).empty());
  EXPECT_FALSE(decode_binding("x"));
}

TEST(acl_bindings, what_cannot_be) {
  EXPECT_FALSE(fault_of(rule(literal, "orders", read, allow)));
  EXPECT_TRUE(fault_of(rule(literal, "", read, allow)));
  EXPECT_TRUE(fault_of(rule(pattern_type::match, "orders", read, allow)));
  EXPECT_TRUE(fault_of(rule(literal, "orders", operation::any, allow)));
  EXPECT_TRUE(fault_of(rule(literal, "orders", read, allow, "alice")));
  acl_binding cluster = rule(literal, "other", read, allow);
  cluster.resource = resource_type::cluster;
  EXPECT_TRUE(fault_of(cluster));
}

// Kafka's answers show 1 << code.
TEST(authorizer, bits) {
  EXPECT_EQ(with({rule(literal, "t", read, allow)}).allowed_bits(alice, host, topic, "t"), (1 << 3) | (1 << 8));
  EXPECT_EQ(with({}, {}).allowed_bits(alice, host, resource_type::group, "g"),
            1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11);
}

}  // namespace
}  // namespace mes::bus::security
