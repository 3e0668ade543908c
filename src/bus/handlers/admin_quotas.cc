// Quotas of clients: which there are, by filters on whom they are for; and setting them.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <expected>
#include <memory>
#include <set>

#include "bus/handlers/admin.h"
#include "bus/handlers/admin_parts.h"
#include "bus/security/quotas.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
using security::quota_entity;
namespace {

constexpr std::string_view user_type = "user", client_type = "client-id", ip_type = "ip";

// The part of an entity that `type` names; nullptr: there is no such type.
quota_entity::part* part_of(quota_entity& e, std::string_view type) {
  if (type == user_type) return &e.user;
  if (type == client_type) return &e.client_id;
  return type == ip_type ? &e.ip : nullptr;
}

template <class Entity>
void show(const quota_entity& e, Entity& out) {
  const auto add = [&](std::string_view type, const quota_entity::part& p) {
    if (p) out.push_back({std::string(type), *p});
  };
  add(user_type, e.user);
  add(client_type, e.client_id);
  add(ip_type, e.ip);
}

bool is_address(const std::string& text) {
  in6_addr ignored{};
  return inet_pton(AF_INET, text.c_str(), &ignored) == 1 || inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

using altered = kafka::alter_client_quotas_request::entry_data;

std::expected<quota_entity, std::string> entity_of(const altered& entry) {
  quota_entity e;
  if (entry.entity.empty()) return std::unexpected("Invalid empty client quota entity");
  for (const auto& named : entry.entity) {
    quota_entity::part* const p = part_of(e, named.entity_type);
    if (!p) return std::unexpected(fmt::format("Unhandled client quota entity type: {}", named.entity_type));
    if (*p) return std::unexpected(fmt::format("Duplicate entity type: {}", named.entity_type));
    if (named.entity_name && named.entity_name->empty())
      return std::unexpected(fmt::format("Empty {} not supported", named.entity_type));
    p->emplace(named.entity_name ? std::optional<std::string>(*named.entity_name) : std::nullopt);
  }
  if (e.ip && (e.user || e.client_id)) return std::unexpected("Invalid entity type combination: ip stands alone");
  if (e.ip && *e.ip && !is_address(**e.ip)) return std::unexpected(fmt::format("{} is not a valid IP", **e.ip));
  return e;
}

std::optional<std::string> apply_ops(const altered& entry, bool for_ip, security::quotas::values& values) {
  std::set<std::string_view> seen;
  for (const auto& op : entry.ops) {
    if (!seen.insert(op.key).second) return fmt::format("Duplicate quota key {}", op.key);
    if (op.remove) {
      if (const auto it = values.find(op.key); it != values.end()) values.erase(it);
      continue;
    }
    const auto kind = security::find_quota_kind(op.key);
    if (!kind || (*kind == security::quota_kind::connection) != for_ip)
      return fmt::format("Invalid configuration key {}", op.key);
    if (!std::isfinite(op.value) || op.value <= 0) return fmt::format("Quota {} must be greater than 0", op.key);
    if (security::is_whole(*kind) && std::abs(op.value - std::round(op.value)) > 1e-6)
      return fmt::format("{} cannot be a fractional value.", op.key);
    values[std::string(op.key)] = op.value;
  }
  return std::nullopt;
}

// Whether one component of a filter fits the part of an entity that it is about.
bool fits(const kafka::describe_client_quotas_request::component_data& wanted, const quota_entity::part& p) {
  constexpr std::int8_t exact = 0, by_default = 1;
  if (!p) return false;
  if (wanted.match_type == exact) return *p && wanted.match && **p == *wanted.match;
  return wanted.match_type != by_default || !*p;
}

struct filter_fault {
  error_code error;
  std::string why;
};

std::optional<filter_fault> fault_of(const kafka::describe_client_quotas_request& request) {
  const auto invalid = [](std::string why) { return filter_fault{error_code::invalid_request, std::move(why)}; };
  std::set<std::string_view> types;
  for (const auto& wanted : request.components) {
    quota_entity e;
    if (wanted.entity_type.empty()) return invalid("Invalid empty entity type.");
    if (!types.insert(wanted.entity_type).second)
      return invalid(fmt::format("Entity type {} cannot appear more than once in the filter.", wanted.entity_type));
    if (!part_of(e, wanted.entity_type))
      return filter_fault{error_code::unsupported_version,
                          fmt::format("Unsupported entity type {}", wanted.entity_type)};
    if (wanted.match_type < 0 || wanted.match_type > 2)
      return invalid(fmt::format("Unknown match type {}", wanted.match_type));
    const bool exact = wanted.match_type == 0;
    if (exact != wanted.match.has_value())
      return invalid(exact ? "An exact match needs a name." : "Only an exact match has a name.");
  }
  if (types.contains(ip_type) && types.size() > 1) return invalid("Invalid entity filter component combination.");
  return std::nullopt;
}

}  // namespace

void describe_client_quotas(const call& c, kafka::describe_client_quotas_request& request) {
  kafka::describe_client_quotas_response response;
  response.error_message.reset();
  if (const auto fault = fault_of(request)) {
    refuse(response, fault->error, fault->why);
    response.entries.reset();
    return c.answer(response);
  }
  response.entries.emplace();
  for (const auto& [who, values] : c.of->access().limits().all()) {
    quota_entity e = who;
    const bool matches = std::ranges::all_of(
        request.components, [&](const auto& wanted) { return fits(wanted, *part_of(e, wanted.entity_type)); });
    const auto parts = static_cast<std::size_t>(e.user.has_value() + e.client_id.has_value() + e.ip.has_value());
    if (!matches || (request.strict && parts != request.components.size())) continue;
    auto& out = response.entries->emplace_back();
    show(e, out.entity);
    for (const auto& [key, value] : values) out.values.push_back({key, value});
  }
  c.answer(response);
}

void alter_client_quotas(const call& c, kafka::alter_client_quotas_request& request) {
  auto response = std::make_shared<kafka::alter_client_quotas_response>();
  const auto& all = c.of->access().limits().all();
  std::vector<security::edit> edits;
  std::set<quota_entity> seen;
  for (const altered& entry : request.entries) {
    auto& out = response->entries.emplace_back();
    out.error_message.reset();
    for (const auto& e : entry.entity)
      out.entity.push_back(
          {std::string(e.entity_type), e.entity_name ? std::optional<std::string>(*e.entity_name) : std::nullopt});
    const auto entity = entity_of(entry);
    if (!entity) {
      refuse(out, error_code::invalid_request, entity.error());
      continue;
    }
    if (!seen.insert(*entity).second) {
      refuse(out, error_code::invalid_request, "The entity is named twice");
      continue;
    }
    const auto now = all.find(*entity);
    security::quotas::values values = now == all.end() ? security::quotas::values{} : now->second;
    if (const auto why = apply_ops(entry, entity->ip.has_value(), values)) {
      refuse(out, error_code::invalid_request, *why);
      continue;
    }
    edits.push_back({security::entry_kind::quota, encode_entity(*entity),
                     values.empty() ? std::nullopt : std::optional(security::encode_values(values))});
  }
  if (request.validate_only) edits.clear();
  c.of->access().settings().change(edits, [c, response](bool stored) {
    if (!stored)
      for (auto& out : response->entries)
        if (out.error_code == 0) refuse(out, error_code::kafka_storage_error, "The log could not be written");
    c.answer(*response);
  });
}

}  // namespace mes::bus::handlers
