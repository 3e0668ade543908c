#include "gateway/admin/entity_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "base/uuid.h"
#include "gateway/admin/finding_places.h"
#include "gateway/admin/timestamps.h"
#include "gateway/config/loader.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;
using wire::yaml_node;
using kind = yaml_node::kind;

json::object reasons_of(const reporter& report, const finding_places& where, const std::string& what, bool of_plugin) {
  json::object fields;
  int rules = 0;  // between the fields of a plugin's configuration
  for (const diagnostic& d : report.findings()) {
    if (d.kind != severity::error) continue;
    std::string path = member_path(where.path_of(d.mark), d.member);
    if (of_plugin && d.member.empty() && d.reason.empty() && (path.empty() || path == "config"))
      path = fmt::format("config.@entity[{}]", rules++);
    add_reason(fields, path, reason_of(d, what));
  }
  return fields;
}

yaml_node scalar_of(std::string text) {
  yaml_node node;
  node.type = kind::scalar;
  node.scalar = std::move(text);
  node.quoted = true;
  return node;
}

// A configuration of this entity alone, and of the vaults, which values in it may refer to.
yaml_node file_of(const entity_kind& k, yaml_node entity, const document& all) {
  yaml_node root;
  root.type = kind::mapping;
  root.members.push_back({scalar_of("_format_version"), scalar_of("3.0")});
  auto add_list = [&](std::string_view name, std::vector<yaml_node> items) {
    yaml_node list;
    list.type = kind::sequence;
    list.items = std::move(items);
    root.members.push_back({scalar_of(std::string(name)), std::move(list)});
  };
  if (k.name != "vaults") {
    std::vector<yaml_node> vaults;
    for (const auto& [id, vault] : all.of(*find_entity_kind("vaults"))) vaults.push_back(tree_of(json::value(*vault)));
    add_list("vaults", std::move(vaults));
  }
  std::vector<yaml_node> one;
  one.push_back(std::move(entity));
  add_list(k.name, std::move(one));
  return root;
}

// {"name": "a"} becomes {"id": …}.
std::optional<refusal> resolve_reference_of(const entity_edit& edit, const field& f, json::value& value) {
  if (value.is_null()) return std::nullopt;
  json::object* reference = value.if_object();
  if (!reference) {
    json::object fields;
    add_reason(fields, f.name, "expected a record");
    return schema_violation(fields);
  }
  if (std::string id = text_of(*reference, "id"); !id.empty()) {
    auto parsed = uuid::parse(id);
    if (!parsed) {
      json::object fields;
      add_reason(fields, fmt::format("{}.id", f.name), "expected a valid UUID");
      return schema_violation(fields);
    }
    value = {{"id", parsed->to_string()}};
    return std::nullopt;
  }
  const entity_kind& parent = *find_entity_kind(f.to);
  for (const field& by : parent.fields()) {
    if (!by.unique && by.name != parent.key) continue;
    std::string name = text_of(*reference, by.name);
    if (name.empty()) continue;
    entity_ptr named = edit.all.find_by(parent, by.name, name);
    if (!named) return unresolved_reference(f.name, by.name, name, parent.name);
    value = {{"id", text_of(*named, "id")}};
    return std::nullopt;
  }
  json::object fields;
  add_reason(fields, fmt::format("{}.id", f.name), "missing primary key");
  return schema_violation(fields);
}

// A list of children is a file's; Kong's Admin API knows no such field.
void refuse_children(const entity_kind& k, const json::object& wanted, json::object& fields) {
  for (const entity_kind* child : nested_kinds(k)) {
    bool is_field = std::ranges::any_of(k.fields(), [&](const field& f) { return f.name == child->name; });
    if (!is_field && wanted.contains(child->name)) add_reason(fields, child->name, "unknown field");
  }
}

// Forms and paths may bring any bytes; entities are kept and shown as JSON, which is UTF-8.
void refuse_bytes(const json::value& value, const std::string& path, json::object& fields) {
  if (const json::string* text = value.if_string()) {
    if (!is_utf8(*text)) add_reason(fields, path, "expected valid UTF-8");
  } else if (const json::array* list = value.if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i) refuse_bytes((*list)[i], fmt::format("{}[{}]", path, i), fields);
  } else if (const json::object* members = value.if_object()) {
    for (const auto& [name, member] : *members)
      if (is_utf8(name))
        refuse_bytes(member, member_path(path, name), fields);
      else
        add_reason(fields, path, "expected names in valid UTF-8");
  }
}

bool share_a_protocol(const json::object& plugin, const json::object& route) {
  const json::array &its = plugin.at("protocols").as_array(), &the_routes = route.at("protocols").as_array();
  return std::ranges::any_of(
      its, [&](const json::value& p) { return std::ranges::find(the_routes, p) != the_routes.end(); });
}

// As Kong when a plugin is written, not when a file is loaded (kong/db/dao/plugins.lua).
std::optional<refusal> check_plugin_protocols(const document& all, const json::object& plugin) {
  const entity_kind& routes = *find_entity_kind("routes");
  if (entity_ptr route = all.find(routes, reference_of(plugin, "route")); route && !share_a_protocol(plugin, *route))
    return schema_violation({{"protocols", "must match the associated route's protocols"}});
  std::string service = reference_of(plugin, "service");
  if (service.empty()) return std::nullopt;
  bool any = false;
  for (const auto& [id, route] : all.of(routes)) {
    if (reference_of(*route, "service") != service) continue;
    if (share_a_protocol(plugin, *route)) return std::nullopt;
    any = true;
  }
  if (!any) return std::nullopt;
  return schema_violation(
      {{"protocols", "must match the protocols of at least one route pointing to this Plugin's service"}});
}

}  // namespace

std::expected<json::object, refusal> read_edit(const entity_edit& edit) {
  json::object wanted = edit.wanted, fields;
  refuse_bytes(wanted, "", fields);
  if (!fields.empty()) return std::unexpected(schema_violation(fields));
  // One of another type stays, and is refused with the rest.
  if (const json::value* id = wanted.if_contains("id"); !id || id->is_null() || id->is_string()) wanted["id"] = edit.id;
  for (const field& f : edit.kind.fields())
    if (json::value* value = f.to.empty() ? nullptr : wanted.if_contains(f.name))
      if (auto refused = resolve_reference_of(edit, f, *value)) return std::unexpected(std::move(*refused));
  refuse_children(edit.kind, wanted, fields);

  finding_places where;
  yaml_node node = tree_of(json::value(wanted));
  where.mark(node);
  std::string what = name_entity(edit.kind, node);
  reporter report("");
  raw_entities raw;
  read_entities(file_of(edit.kind, std::move(node), edit.all), raw, report);
  json::object reasons = reasons_of(report, where, what, edit.kind.name == "plugins");
  for (const auto& member : reasons) fields[member.key()] = member.value();
  for (const field& f : edit.kind.fields())
    if (f.required && !f.to.empty() && reference_of(wanted, f.name).empty())
      add_reason(fields, f.name, "required field missing");
  if (!fields.empty()) return std::unexpected(schema_violation(fields));

  raw_entity& read = raw.of(edit.kind.name).front();
  for (const field& f : edit.kind.fields())
    if (const json::value* value = f.to.empty() ? nullptr : wanted.if_contains(f.name))
      read.source.values[f.name] = *value;
  json::object shown = shown_entity(read, edit.seal);
  stamp(edit.kind, shown, edit.before.get(), edit.now);
  return shown;
}

std::optional<refusal> check_among(const document& all, const entity_kind& k, const json::object& entity) {
  std::string id = text_of(entity, "id");
  auto shared = [&](const std::vector<std::string_view>& names) -> std::optional<refusal> {
    for (const auto& [other_id, other] : all.of(k)) {
      if (other_id == id) continue;
      const json::object& theirs = *other;
      bool same = std::ranges::all_of(names, [&](std::string_view name) {
        const json::value *mine = entity.if_contains(name), *its = theirs.if_contains(name);
        return mine && its && *mine == *its;
      });
      if (!same) continue;
      json::object keys;
      for (std::string_view name : names) keys[name] = entity.at(name);
      return unique_violation(keys);
    }
    return std::nullopt;
  };
  for (const field& f : k.fields()) {
    if (f.to.empty() || reference_of(entity, f.name).empty()) continue;
    if (!all.find(*find_entity_kind(f.to), reference_of(entity, f.name)))
      return invalid_reference(f.name, reference_of(entity, f.name), f.to);
  }
  for (const field& f : k.fields())
    if (f.unique && entity.contains(f.name) && !entity.at(f.name).is_null())
      if (auto refused = shared({f.name})) return refused;
  if (k.id_of.size() > 1)
    if (auto refused = shared(k.id_of)) return refused;
  return k.name == "plugins" ? check_plugin_protocols(all, entity) : std::nullopt;
}

}  // namespace mes::gateway
