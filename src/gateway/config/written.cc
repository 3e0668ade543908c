#include "gateway/config/written.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <utility>

#include "base/sha256.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

// Of all but the times, which say nothing of what an entity is.
std::string digest_of(const entity_ptr& entity) {
  if (!entity) return "";
  json::object what = *entity;
  what.erase("created_at");
  what.erase("updated_at");
  return sha256_hex(json::serialize(what));
}

}  // namespace

std::size_t written_entities::size() const {
  std::size_t count = 0;
  for (const auto& [kind, all] : _by_kind) count += all.size();
  return count;
}

void written_entities::note(const entity_kind& kind, std::string id, written_entity one, const document& base) {
  auto& all = _by_kind[kind.name];
  if (digest_of(one.entity) == digest_of(base.find(kind, id)))
    all.erase(id);
  else
    all.insert_or_assign(std::move(id), std::move(one));
  if (all.empty()) _by_kind.erase(kind.name);
}

void written_entities::note(const document& base, std::span<const entity_change> changes) {
  for (const entity_change& c : changes)
    note(*c.kind, c.id, {.entity = c.entity, .over = digest_of(base.find(*c.kind, c.id))}, base);
}

void written_entities::forget_settled(const document& base) {
  written_entities kept;
  for (const auto& [name, all] : _by_kind)
    for (const auto& [id, one] : all) kept.note(*find_entity_kind(name), id, one, base);
  *this = std::move(kept);
}

document written_entities::over(const document& base) const {
  document out = base;
  for (const auto& [name, all] : _by_kind)
    for (const auto& [id, one] : all) out.set(*find_entity_kind(name), id, one.entity);
  return out;
}

std::vector<write_conflict> written_entities::conflicts(const document& base) const {
  std::vector<write_conflict> found;
  for (const auto& [name, all] : _by_kind) {
    const entity_kind& kind = *find_entity_kind(name);
    for (const auto& [id, one] : all) {
      entity_ptr now = base.find(kind, id);
      if (digest_of(now) == one.over) continue;
      std::string_view done = one.entity ? "changed" : "deleted";
      found.push_back({.kind = name,
                       .id = id,
                       .what = one.over.empty() ? fmt::format("{} through the Admin API, and in the file now too", done)
                               : now ? fmt::format("{} through the Admin API, and changed in the file since", done)
                                     : fmt::format("{} through the Admin API, and no longer in the file", done)});
    }
  }
  return found;
}

json::object written_entities::to_json() const {
  json::object kept;
  for (const auto& [name, all] : _by_kind) {
    json::object list;
    for (const auto& [id, one] : all)
      list[id] = {{"entity", one.entity ? json::value(*one.entity) : json::value(nullptr)}, {"over", one.over}};
    kept[name] = std::move(list);
  }
  return kept;
}

result<written_entities> written_entities::from_json(const json::value& kept) {
  auto corrupt = [](std::string what) { return fail(error_code::corrupt, std::move(what)); };
  written_entities out;
  if (!kept.is_object()) return corrupt("'written' is no object");
  for (const auto& [name, list] : kept.get_object()) {
    const entity_kind* kind = find_entity_kind({name.data(), name.size()});
    if (!kind || !list.is_object()) return corrupt(fmt::format("there are no entities '{}'", std::string(name)));
    for (const auto& [id, one] : list.get_object()) {
      const json::object* parts = one.if_object();
      const json::value* entity = parts ? parts->if_contains("entity") : nullptr;
      if (!entity || !(entity->is_object() || entity->is_null()))
        return corrupt(fmt::format("'{}' of {} is no entity", std::string(id), kind->name));
      out._by_kind[kind->name].emplace(
          id,
          written_entity{.entity = entity->is_object() ? std::make_shared<json::object>(entity->get_object()) : nullptr,
                         .over = text_of(*parts, "over")});
    }
  }
  return out;
}

}  // namespace mes::gateway
