// Access control lists with Kafka's semantics: what a binding says, what a filter matches, who may do what.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "bus/net/address.h"

namespace mes::bus::security {

// Codes of the protocol.
enum class resource_type : std::int8_t {
  unknown = 0,
  any = 1,
  topic = 2,
  group = 3,
  cluster = 4,
  transactional_id = 5,
  delegation_token = 6,
  user = 7
};
enum class pattern_type : std::int8_t { unknown = 0, any = 1, match = 2, literal = 3, prefixed = 4 };
enum class operation : std::int8_t {
  unknown = 0,
  any = 1,
  all = 2,
  read = 3,
  write = 4,
  create = 5,
  remove = 6,
  alter = 7,
  describe = 8,
  cluster_action = 9,
  describe_configs = 10,
  alter_configs = 11,
  idempotent_write = 12,
  create_tokens = 13,
  describe_tokens = 14,
  two_phase_commit = 15
};
enum class permission : std::int8_t { unknown = 0, any = 1, deny = 2, allow = 3 };

inline constexpr std::string_view cluster_name = "kafka-cluster";  // the one resource of type cluster
inline constexpr std::string_view wildcard = "*";
inline constexpr std::string_view everybody = "User:*";

struct acl_binding {
  resource_type resource = resource_type::topic;
  pattern_type pattern = pattern_type::literal;
  std::string name;
  std::string principal;  // "User:alice"
  std::string host;       // an address, or "*"
  operation what = operation::all;
  permission verdict = permission::allow;

  auto operator<=>(const acl_binding&) const = default;
};

// Nothing in a text: anything.
struct acl_filter {
  resource_type resource = resource_type::any;
  pattern_type pattern = pattern_type::any;
  std::optional<std::string> name, principal, host;
  operation what = operation::any;
  permission verdict = permission::any;

  bool matches(const acl_binding& b) const;
  // Its two halves: what a rule is about, and what it says.
  bool matches_pattern(resource_type of, pattern_type kind, std::string_view named) const;
  bool matches_rule(std::string_view who, std::string_view from, operation does, permission is) const;
};

// Why a binding cannot be made; nothing: it can.
std::optional<std::string> fault_of(const acl_binding& b);
std::optional<std::string> fault_of(const acl_filter& f);

// Operations that mean something for a resource, and as the bits that Kafka's answers show.
const std::vector<operation>& operations_of(resource_type r);

struct authorizer_options {
  bool enabled = false;
  std::set<std::string, std::less<>> super_users;  // principals
  bool allow_if_no_acl = false;                    // Kafka's allow.everyone.if.no.acl.found
};

// Loop thread only.
class authorizer {
 public:
  explicit authorizer(authorizer_options options) : _options(std::move(options)) {}
  bool enabled() const { return _options.enabled; }

  void add(acl_binding b);
  void remove(const acl_binding& b);
  std::vector<acl_binding> find(const acl_filter& filter) const;
  std::size_t size() const { return _count; }
  std::uint64_t version() const { return _version; }  // grows with each change

  bool allows(std::string_view principal, std::string_view host, operation what, resource_type resource,
              std::string_view name) const;
  // For at least one resource of that type, whatever its name.
  bool allows_any(std::string_view principal, std::string_view host, operation what, resource_type resource) const;
  std::int32_t allowed_bits(std::string_view principal, std::string_view host, resource_type resource,
                            std::string_view name) const;

 private:
  struct rule {
    std::string principal, host;
    operation what;
    permission verdict;
    std::string address = net::canonical_address(host);  // what is compared; `host` is as it was written
    auto operator<=>(const rule&) const = default;
  };
  using patterns = std::map<std::string, std::set<rule>, std::less<>>;
  static bool concerns(const rule& r, std::string_view principal, std::string_view host);

  template <class Visit>
  void visit(resource_type resource, std::string_view name, Visit&& each) const;

  authorizer_options _options;
  std::map<std::pair<resource_type, pattern_type>, patterns> _rules;
  std::size_t _count = 0;
  std::uint64_t _version = 0;
};

// An entry's key in the log (cluster_settings.h).
std::string encode_binding(const acl_binding& b);
std::optional<acl_binding> decode_binding(std::string_view key);

}  // namespace mes::bus::security
