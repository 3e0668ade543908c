#include "gateway/admin/timestamps.h"

#include <algorithm>
#include <memory>
#include <string_view>

namespace mes::gateway {
namespace {

namespace json = boost::json;

constexpr std::string_view created = "created_at", updated = "updated_at";

json::value time_of(const field& f, instant now) {
  if (f.type == field_type::number) return static_cast<double>(now.ms()) / 1000.0;
  return now.ms() / 1000;
}

bool is_null(const json::object& entity, std::string_view name) {
  const json::value* value = entity.if_contains(name);
  return !value || value->is_null();
}

// Whether both say the same but for their times.
bool is_same(const json::object& a, const json::object& b) {
  return a.size() == b.size() && std::ranges::all_of(a, [&](const auto& member) {
           std::string_view name(member.key().data(), member.key().size());
           const json::value* other = b.if_contains(member.key());
           return name == created || name == updated || (other && *other == member.value());
         });
}

}  // namespace

void stamp(const entity_kind& kind, json::object& entity, const json::object* before, instant now) {
  for (const field& f : kind.fields()) {
    if (f.name == created && is_null(entity, created))
      entity[created] = before && !is_null(*before, created) ? before->at(created) : time_of(f, now);
    if (f.name == updated) entity[updated] = time_of(f, now);
  }
}

void stamp_all(document& all, const document* before, instant now) {
  for (auto& [name, entities] : all.by_kind) {
    const entity_kind& kind = *find_entity_kind(name);
    for (auto& [id, entity] : entities) {
      json::object stamped = *entity;
      entity_ptr old = before ? before->find(kind, id) : nullptr;
      if (old && is_same(stamped, *old)) {
        entity = old;
        continue;
      }
      bool given = !is_null(stamped, updated);
      json::value as_given = given ? stamped.at(updated) : json::value();
      stamp(kind, stamped, old.get(), now);
      if (given) stamped[updated] = as_given;
      entity = std::make_shared<const json::object>(std::move(stamped));
    }
  }
}

}  // namespace mes::gateway
