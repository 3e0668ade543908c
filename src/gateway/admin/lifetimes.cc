#include "gateway/admin/lifetimes.h"

#include <algorithm>
#include <cstdint>

namespace mes::gateway {
namespace {

namespace json = boost::json;

constexpr std::int64_t ttl_max_s = 100'000'000;  // kong/db/dao/init.lua

std::int64_t whole(const json::object& entity, std::string_view name) {
  const json::value* value = entity.if_contains(name);
  boost::system::error_code inexact;
  std::int64_t number = value && value->is_number() ? value->to_number<std::int64_t>(inexact) : 0;
  return inexact ? 0 : number;
}

std::int64_t seconds(instant now) { return now.ms() / 1000; }

bool is_over(const json::object& entity, instant now) {
  std::int64_t ttl_s = whole(entity, "ttl");
  return ttl_s > 0 && whole(entity, "created_at") + ttl_s <= seconds(now);
}

template <class Take>
void each_ended(const document& all, instant now, Take take) {
  for (const entity_kind& kind : entity_kinds()) {
    if (!has_lifetime(kind)) continue;
    for (const auto& [id, entity] : all.of(kind))
      if (is_over(*entity, now)) take(kind, id);
  }
}

}  // namespace

bool has_lifetime(const entity_kind& kind) {
  return std::ranges::find(kind.fields(), "ttl", &field::name) != kind.fields().end();
}

std::optional<refusal> check_lifetime(const entity_kind& kind, const json::object& wanted) {
  const json::value* ttl = has_lifetime(kind) ? wanted.if_contains("ttl") : nullptr;
  if (!ttl || ttl->is_null()) return std::nullopt;
  boost::system::error_code inexact;
  std::int64_t s = ttl->is_number() ? ttl->to_number<std::int64_t>(inexact) : -1;
  if (!inexact && s >= 0 && s <= ttl_max_s) return std::nullopt;
  return schema_violation({{"ttl", "must be an integer between 0 and 100000000"}});
}

void keep_lifetime(json::object& entity, instant now) {
  std::int64_t ttl_s = whole(entity, "ttl");
  if (ttl_s > 0) entity["ttl"] = seconds(now) - whole(entity, "created_at") + ttl_s;
}

void show_lifetime(json::object& shown, instant now) {
  std::int64_t ttl_s = whole(shown, "ttl");
  if (ttl_s > 0)
    shown["ttl"] = whole(shown, "created_at") + ttl_s - seconds(now);
  else
    shown.erase("ttl");
}

std::shared_ptr<const document> living(const std::shared_ptr<const document>& all, instant now) {
  std::shared_ptr<document> without;
  each_ended(*all, now, [&](const entity_kind& kind, const std::string& id) {
    if (!without) without = std::make_shared<document>(*all);
    without->by_kind[kind.name].erase(id);
  });
  return without ? without : all;
}

std::vector<entity_change> removals_of_ended(const document& all, const document& file, instant now) {
  std::vector<entity_change> changes;
  each_ended(all, now, [&](const entity_kind& kind, const std::string& id) {
    if (!file.find(kind, id)) changes.push_back({.kind = &kind, .id = id, .entity = nullptr});
  });
  return changes;
}

}  // namespace mes::gateway
