#include "bus/security/acl.h"

#include <algorithm>
#include <array>

#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::bus::security {
namespace {

using enum operation;

// What an allowed operation allows besides itself: Kafka's implied permissions.
bool implies(operation granted, operation wanted) {
  if (granted == wanted || granted == all) return true;
  if (wanted == describe) return granted == read || granted == write || granted == remove || granted == alter;
  return wanted == describe_configs && granted == alter_configs;
}

bool is_known(resource_type r) { return r >= resource_type::topic && r <= resource_type::user; }
bool is_known(operation o) { return o >= all && o <= two_phase_commit; }
bool is_principal(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < text.size();
}

}  // namespace

bool acl_filter::matches(const acl_binding& b) const {
  return matches_pattern(b.resource, b.pattern, b.name) && matches_rule(b.principal, b.host, b.what, b.verdict);
}

bool acl_filter::matches_pattern(resource_type of, pattern_type kind, std::string_view named) const {
  if (resource != resource_type::any && resource != of) return false;
  if (pattern == pattern_type::literal || pattern == pattern_type::prefixed)
    return pattern == kind && (!name || *name == named);
  if (!name) return true;
  if (pattern == pattern_type::any) return *name == named;
  // MATCH: whatever would concern a resource of that name.
  return kind == pattern_type::prefixed ? name->starts_with(named) : *name == named || named == wildcard;
}

bool acl_filter::matches_rule(std::string_view who, std::string_view from, operation does, permission is) const {
  if (principal && *principal != who) return false;
  if (host && *host != from) return false;
  if (what != any && what != does) return false;
  return verdict == permission::any || verdict == is;
}

std::optional<std::string> fault_of(const acl_binding& b) {
  if (!is_known(b.resource))
    return "The resource type of an ACL is topic, group, cluster, transactional id or the like";
  if (b.pattern != pattern_type::literal && b.pattern != pattern_type::prefixed)
    return "The pattern type of an ACL is LITERAL or PREFIXED";
  if (b.name.empty()) return "The resource name of an ACL cannot be empty";
  if (b.resource == resource_type::cluster && b.name != cluster_name)
    return "The only valid name for the CLUSTER resource is kafka-cluster";
  if (!is_known(b.what)) return "The operation of an ACL is one of Kafka's, or ALL";
  if (b.verdict != permission::allow && b.verdict != permission::deny)
    return "The permission type of an ACL is ALLOW or DENY";
  if (!is_principal(b.principal)) return "The principal of an ACL is written as type:name, such as User:alice";
  if (b.host.empty()) return "The host of an ACL is an address, or *";
  return std::nullopt;
}

std::optional<std::string> fault_of(const acl_filter& f) {
  if (f.resource != resource_type::any && !is_known(f.resource)) return "Unknown resource type";
  if (f.pattern < pattern_type::any || f.pattern > pattern_type::prefixed) return "Unknown pattern type";
  if (f.what != any && !is_known(f.what)) return "Unknown operation";
  if (f.verdict < permission::any || f.verdict > permission::allow) return "Unknown permission type";
  return std::nullopt;
}

const std::vector<operation>& operations_of(resource_type r) {
  static const std::vector<operation> topic = {read,   write, create,           describe,
                                               remove, alter, describe_configs, alter_configs};
  static const std::vector<operation> group = {read, describe, remove, describe_configs, alter_configs};
  static const std::vector<operation> cluster = {create,           cluster_action, describe_configs, alter_configs,
                                                 idempotent_write, alter,          describe};
  static const std::vector<operation> transactional_id = {describe, write, two_phase_commit};
  static const std::vector<operation> token = {describe};
  static const std::vector<operation> user = {create_tokens, describe_tokens};
  static const std::vector<operation> none;
  switch (r) {
    case resource_type::topic:
      return topic;
    case resource_type::group:
      return group;
    case resource_type::cluster:
      return cluster;
    case resource_type::transactional_id:
      return transactional_id;
    case resource_type::delegation_token:
      return token;
    case resource_type::user:
      return user;
    default:
      return none;
  }
}

void authorizer::add(acl_binding b) {
  ++_version;
  auto& rules = _rules[{b.resource, b.pattern}][std::move(b.name)];
  if (rules.insert({std::move(b.principal), std::move(b.host), b.what, b.verdict}).second) ++_count;
}

void authorizer::remove(const acl_binding& b) {
  ++_version;
  const auto kind = _rules.find({b.resource, b.pattern});
  if (kind == _rules.end()) return;
  const auto named = kind->second.find(b.name);
  if (named == kind->second.end()) return;
  _count -= named->second.erase({b.principal, b.host, b.what, b.verdict});
  if (named->second.empty()) kind->second.erase(named);
}

std::vector<acl_binding> authorizer::find(const acl_filter& filter) const {
  std::vector<acl_binding> found;
  const bool is_of_one_name = filter.name && filter.pattern != pattern_type::match;
  for (const auto& [kind, named] : _rules) {
    const auto [first, last] = is_of_one_name ? named.equal_range(*filter.name) : std::pair(named.begin(), named.end());
    for (auto it = first; it != last; ++it) {
      if (!filter.matches_pattern(kind.first, kind.second, it->first)) continue;
      for (const rule& r : it->second)
        if (filter.matches_rule(r.principal, r.host, r.what, r.verdict))
          found.push_back({kind.first, kind.second, it->first, r.principal, r.host, r.what, r.verdict});
    }
  }
  return found;
}

bool authorizer::concerns(const rule& r, std::string_view principal, std::string_view host) {
  return (r.principal == principal || r.principal == everybody) && (r.address == host || r.address == wildcard);
}

// Every rule of the patterns that match `name`, until `each` says stop (false).
template <class Visit>
void authorizer::visit(resource_type resource, std::string_view name, Visit&& each) const {
  const auto all_of = [&](const std::set<rule>& rules) { return std::ranges::all_of(rules, each); };
  if (const auto literal = _rules.find({resource, pattern_type::literal}); literal != _rules.end()) {
    if (const auto it = literal->second.find(name); it != literal->second.end() && !all_of(it->second)) return;
    if (name != wildcard)
      if (const auto it = literal->second.find(wildcard); it != literal->second.end() && !all_of(it->second)) return;
  }
  const auto prefixed = _rules.find({resource, pattern_type::prefixed});
  if (prefixed == _rules.end()) return;
  // Prefixes of `name` are not after it in the order. One before it that is none shows how long the others are at most.
  for (auto it = prefixed->second.upper_bound(name); it != prefixed->second.begin();) {
    --it;
    const std::string_view prefix = it->first;
    if (name.starts_with(prefix)) {
      if (!all_of(it->second)) return;
    } else {
      name = name.substr(0, static_cast<std::size_t>(std::ranges::mismatch(name, prefix).in1 - name.begin()));
      it = prefixed->second.upper_bound(name);
    }
  }
}

bool authorizer::allows(std::string_view principal, std::string_view host, operation what, resource_type resource,
                        std::string_view name) const {
  if (!_options.enabled || _options.super_users.contains(principal)) return true;
  bool any_rule = false, allowed = false, denied = false;
  visit(resource, name, [&](const rule& r) {
    any_rule = true;
    if (!concerns(r, principal, host)) return true;
    if (r.verdict == permission::deny)
      denied = r.what == what || r.what == all;
    else
      allowed = allowed || implies(r.what, what);
    return !denied;
  });
  if (denied) return false;
  return allowed || (!any_rule && _options.allow_if_no_acl);
}

bool authorizer::allows_any(std::string_view principal, std::string_view host, operation what,
                            resource_type resource) const {
  if (!_options.enabled || _options.super_users.contains(principal)) return true;
  const auto denied_everywhere = [&] {
    const auto literal = _rules.find({resource, pattern_type::literal});
    if (literal == _rules.end()) return false;
    const auto it = literal->second.find(wildcard);
    return it != literal->second.end() && std::ranges::any_of(it->second, [&](const rule& r) {
             return r.verdict == permission::deny && concerns(r, principal, host) && (r.what == what || r.what == all);
           });
  };
  if (denied_everywhere()) return false;
  if (_options.allow_if_no_acl) return true;
  for (const pattern_type p : {pattern_type::literal, pattern_type::prefixed}) {
    const auto named = _rules.find({resource, p});
    if (named == _rules.end()) continue;
    for (const auto& [name, rules] : named->second)
      for (const rule& r : rules) {
        if (r.verdict != permission::allow || !concerns(r, principal, host) || !implies(r.what, what)) continue;
        if (p == pattern_type::literal && name == wildcard) return true;
        // A longer name that no literal pattern has stands for all that a prefix matches.
        if (allows(principal, host, what, resource, p == pattern_type::literal ? name : name + '\x01')) return true;
      }
  }
  return false;
}

std::int32_t authorizer::allowed_bits(std::string_view principal, std::string_view host, resource_type resource,
                                      std::string_view name) const {
  std::uint32_t bits = 0;
  for (const operation o : operations_of(resource))
    if (allows(principal, host, o, resource, name)) bits |= 1U << static_cast<unsigned>(o);
  return static_cast<std::int32_t>(bits);
}

std::string encode_binding(const acl_binding& b) {
  wire::kafka::writer out;
  for (const auto code : {static_cast<std::int8_t>(b.resource), static_cast<std::int8_t>(b.pattern),
                          static_cast<std::int8_t>(b.what), static_cast<std::int8_t>(b.verdict)})
    out.int8(code);
  out.string(true, b.name);
  out.string(true, b.principal);
  out.string(true, b.host);
  return std::move(out.buffer());
}

std::optional<acl_binding> decode_binding(std::string_view key) {
  wire::kafka::reader in(key);
  acl_binding b;
  b.resource = static_cast<resource_type>(in.int8());
  b.pattern = static_cast<pattern_type>(in.int8());
  b.what = static_cast<operation>(in.int8());
  b.verdict = static_cast<permission>(in.int8());
  b.name = in.string(true);
  b.principal = in.string(true);
  b.host = in.string(true);
  if (!in.ok()) return std::nullopt;
  return b;
}

}  // namespace mes::bus::security
