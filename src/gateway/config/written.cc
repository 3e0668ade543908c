#include "gateway/config/written.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <set>
#include <utility>

#include "base/sha256.h"
#include "gateway/config/resolve.h"

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

// Of what makes the entities that this one belongs to what they are, as far as `base` has them; "" if it has none.
std::string digest_of_parents(const entity_kind& kind, const entity_ptr& entity, const document& base) {
  json::array parts;
  if (entity)
    for (const field& f : kind.fields()) {
      const entity_kind* up = f.to.empty() ? nullptr : find_entity_kind(f.to);
      entity_ptr parent = up ? base.find(*up, reference_of(*entity, f.name)) : nullptr;
      if (!parent) continue;
      for (std::string_view member : up->told_by)
        if (const json::value* value = parent->if_contains(member)) parts.push_back(*value);
    }
  return parts.empty() ? "" : sha256_hex(json::serialize(parts));
}

std::string family_of(const document& base, const std::string& id) {
  const auto found = base.families.find(id);
  return found == base.families.end() ? "" : found->second;
}

}  // namespace

std::size_t written_entities::size() const {
  std::size_t count = 0;
  for (const auto& [kind, all] : _by_kind) count += all.size();
  return count;
}

bool written_entities::contains(std::string_view kind, std::string_view id) const {
  auto all = _by_kind.find(kind);
  return all != _by_kind.end() && all->second.contains(id);
}

bool written_entities::is_named_in(std::string_view text) const {
  constexpr std::size_t id_bytes = 36;
  for (std::size_t i = 0; i + id_bytes <= text.size(); ++i) {
    if (text[i + 8] != '-' || text[i + 13] != '-') continue;
    const std::string_view id = text.substr(i, id_bytes);
    if (std::ranges::any_of(_by_kind, [&](const auto& kind) { return kind.second.contains(id); })) return true;
  }
  return false;
}

bool written_entities::note(const entity_kind& kind, std::string id, written_entity one, const document& base) {
  auto& all = _by_kind[kind.name];
  bool settled = digest_of(one.entity) == digest_of(base.find(kind, id));
  if (settled)
    all.erase(id);
  else
    all.insert_or_assign(std::move(id), std::move(one));
  if (all.empty()) _by_kind.erase(kind.name);
  return !settled;
}

void written_entities::note(const document& base, std::span<const entity_change> changes) {
  for (const entity_change& c : changes)
    note(*c.kind, c.id,
         {.entity = c.entity,
          .over = digest_of(base.find(*c.kind, c.id)),
          .under = digest_of_parents(*c.kind, c.entity, base),
          .family = family_of(base, c.id)},
         base);
}

std::vector<write_conflict> written_entities::forget_settled(const document& base) {
  written_entities kept;
  std::vector<write_conflict> forgotten;
  for (const auto& [name, all] : _by_kind)
    for (const auto& [id, one] : all)
      if (!kept.note(*find_entity_kind(name), id, one, base))
        forgotten.push_back({.kind = name,
                             .id = id,
                             .what = one.entity ? "written through the Admin API, and the same in the file now"
                                                : "deleted through the Admin API, and not in the file now"});
  *this = std::move(kept);
  return forgotten;
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
      if (digest_of(now) == one.over) {
        if (one.under && *one.under != digest_of_parents(kind, one.entity, base))
          found.push_back(
              {.kind = name,
               .id = id,
               .what = "written through the Admin API, and what it belongs to has changed in the file since"});
        continue;
      }
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

std::vector<std::string> written_entities::lost_among_alike(const document& base) const {
  std::vector<std::string> lost;
  for (const auto& [name, all] : _by_kind) {
    const entity_kind& kind = *find_entity_kind(name);
    for (const auto& [id, one] : all) {
      if (kind.told_by.empty() || one.over.empty() || base.find(kind, id)) continue;
      const std::string& family = one.family.empty() ? id : one.family;
      const bool has_alike = std::ranges::any_of(base.families, [&](const auto& f) { return f.second == family; });
      if (has_alike || base.find(kind, family)) lost.push_back(fmt::format("{} {}", name, id));
    }
  }
  return lost;
}

std::vector<id_of_place> written_entities::lost_places(const document& base) const {
  constexpr std::size_t places = 20'000;  // more of a kind are in no file
  std::map<std::string_view, std::set<std::string>> lost;
  auto look_for = [&](const entity_kind& kind, const std::string& id) {
    if (!kind.told_by.empty() && !id.empty() && !base.find(kind, id)) lost[kind.name].insert(id);
  };
  for (const auto& [name, all] : _by_kind) {
    const entity_kind& kind = *find_entity_kind(name);
    for (const auto& [id, one] : all) {
      look_for(kind, id);
      if (!one.entity) continue;
      for (const field& f : kind.fields())
        if (!f.to.empty()) look_for(*find_entity_kind(f.to), reference_of(*one.entity, f.name));
    }
  }
  std::vector<id_of_place> found;
  for (const auto& [name, ids] : lost)
    for (std::size_t place = 0; place < places; ++place)
      if (std::string id = id_by_place(*find_entity_kind(name), place); ids.contains(id))
        found.push_back({.kind = name, .id = std::move(id), .place = place});
  return found;
}

json::object written_entities::to_json() const {
  json::object kept;
  for (const auto& [name, all] : _by_kind) {
    json::object list;
    for (const auto& [id, one] : all) {
      json::object parts{{"entity", one.entity ? json::value(*one.entity) : json::value(nullptr)}, {"over", one.over}};
      if (one.under) parts["under"] = *one.under;
      if (!one.family.empty()) parts["family"] = one.family;
      list[id] = std::move(parts);
    }
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
                         .over = text_of(*parts, "over"),
                         .under = parts->contains("under") ? std::optional(text_of(*parts, "under")) : std::nullopt,
                         .family = text_of(*parts, "family")});
    }
  }
  return out;
}

}  // namespace mes::gateway
