#include "gateway/admin/entity_place.h"

namespace mes::gateway {
namespace {

const entity_kind* find_kind(std::string_view path_name) {
  for (const entity_kind& k : entity_kinds())
    if (path_name_of(k) == path_name) return &k;
  return nullptr;
}

const field* link_to(const entity_kind& child, std::string_view parent) {
  for (const field& f : child.fields())
    if (f.to == parent) return &f;
  return nullptr;
}

std::optional<entity_place> find_below(const entity_kind& parent, const std::vector<std::string>& segments) {
  entity_place out{.parent = &parent, .parent_key = segments[1]};
  for (const entity_kind* child : nested_kinds(parent)) {
    if (nested_name_of(*child) != segments[2]) continue;
    out.kind = child;
    out.link = link_to(*child, parent.name);
    if (segments.size() == 4) out.key = segments[3];
    return out;
  }
  // As Kong: a name leads to no certificate, whose names are there below it.
  if (segments.size() != 3 || parent.name == "snis") return std::nullopt;
  for (const field& f : parent.fields())
    if (!f.to.empty() && f.name == segments[2]) {
      out.kind = find_entity_kind(f.to);
      out.link = &f;
      out.by_parent = true;
      return out;
    }
  return std::nullopt;
}

}  // namespace

std::string_view path_name_of(const entity_kind& k) { return k.admin_name.empty() ? k.name : k.admin_name; }
std::string_view nested_name_of(const entity_kind& k) {
  return k.nested_name.empty() ? path_name_of(k) : k.nested_name;
}

std::optional<entity_place> find_place(const std::vector<std::string>& segments) {
  if (segments.empty() || segments.size() > 4) return std::nullopt;
  const entity_kind* first = find_kind(segments[0]);
  // As Kong: targets are there below their upstream alone.
  if (!first || first->name == "targets") return std::nullopt;
  if (segments.size() > 2) return find_below(*first, segments);
  return entity_place{.kind = first, .key = segments.size() == 2 ? segments[1] : ""};
}

}  // namespace mes::gateway
