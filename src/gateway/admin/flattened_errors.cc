#include "gateway/admin/flattened_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "base/uuid.h"
#include "gateway/admin/finding_places.h"
#include "gateway/admin/refusal.h"
#include "gateway/config/resolve.h"
#include "gateway/config/scalars.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;
using wire::yaml_node;
using kind = yaml_node::kind;

// The entity that a path leads into, and the rest of the path.
struct entity_at {
  const entity_kind* of = nullptr;  // nullptr: none
  const yaml_node* node = nullptr;
  const entity_kind* parent_kind = nullptr;
  const yaml_node* parent = nullptr;
  std::string_view rest;
};

const entity_kind* list_in(const entity_kind* of, std::string_view name) {
  const entity_kind* found = find_entity_kind(name);
  if (!of || !found) return found;
  const auto nested = nested_kinds(*of);
  return std::ranges::find(nested, found) != nested.end() ? found : nullptr;
}

entity_at find_entity(const yaml_node& root, std::string_view path) {
  entity_at at{.node = &root, .rest = path};
  while (true) {
    std::string_view name = at.rest.substr(0, at.rest.find_first_of(".["));
    std::size_t close = at.rest.find(']');
    const entity_kind* next = list_in(at.of, name);
    if (!next || close == std::string_view::npos || !at.rest.substr(name.size()).starts_with('[')) return at;
    std::size_t index = 0;
    std::from_chars(at.rest.data() + name.size() + 1, at.rest.data() + close, index);
    const yaml_node* list = at.node->find(name);
    if (!list || index >= list->items.size() || list->items[index].type != kind::mapping) return at;
    at.parent_kind = at.of;
    at.parent = at.node;
    at.of = next;
    at.node = &list->items[index];
    at.rest.remove_prefix(close + 1);
    if (at.rest.starts_with('.')) at.rest.remove_prefix(1);
  }
}

bool is_text(const json::value& v) { return v.is_string(); }

// Without what is nested in it, which is told of on its own; with what it is nested in, if that has an id.
json::object shown(const entity_at& at) {
  json::object entity = plain_value(*at.node).get_object();
  for (const entity_kind* child : nested_kinds(*at.of)) entity.erase(child->name);
  if (!at.parent_kind) return entity;
  const yaml_node* id = at.parent->find("id");
  bool named = id && id->type == kind::scalar && uuid::parse(id->scalar);
  auto link = std::ranges::find(at.of->fields(), at.parent_kind->name, &field::to);
  if (named && link != at.of->fields().end() && !entity.contains(link->name))
    entity[link->name] = json::object{{"id", id->scalar}};
  return entity;
}

json::object entry_of(const entity_at& at) {
  json::object entity = shown(at);
  json::object entry{{"entity_type", at.of->singular}, {"errors", json::array()}};
  if (const json::value* name = entity.if_contains("name"); name && name->is_string() && !name->get_string().empty())
    entry["entity_name"] = *name;
  if (const json::value* id = entity.if_contains("id");
      id && id->is_string() && uuid::parse({id->get_string().data(), id->get_string().size()}))
    entry["entity_id"] = *id;
  if (const json::value* tags = entity.if_contains("tags");
      tags && tags->is_array() && std::ranges::all_of(tags->get_array(), is_text))
    entry["entity_tags"] = *tags;
  entry["entity"] = std::move(entity);
  return entry;
}

// "paths[0]" as Kong has it: "paths.1".
std::string dotted(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    std::size_t open = path.find('['), close = path.find(']');
    out += path.substr(0, open);
    if (open == std::string_view::npos) break;
    std::size_t index = 0;
    std::from_chars(path.data() + open + 1, path.data() + close, index);
    out += fmt::format("{}{}", out.empty() ? "" : ".", index + 1);
    path.remove_prefix(close + 1);
  }
  return out;
}

json::object error_of(const diagnostic& finding, const entity_at& at) {
  std::string path = member_path(at.rest, finding.member);
  std::string why = reason_of(finding, name_entity(*at.of, *at.node));
  // A rule between fields is about the whole.
  bool rule = path.empty() || (path == "config" && finding.reason.empty() && at.of->name == "plugins");
  if (rule) return {{"type", "entity"}, {"message", why}};
  return {{"type", "field"}, {"field", dotted(path)}, {"message", why}};
}

}  // namespace

flattened_errors flatten_errors(const std::string& text) {
  flattened_errors out;
  std::vector<wire::yaml_repeat> repeats;
  auto root = wire::parse_yaml(text, "config", &repeats);
  if (!root) return out;  // the answer's message says it
  finding_places places;
  places.mark(*root);
  reporter report("config");
  raw_entities raw;
  if (read_entities(std::move(*root), raw, report)) resolve_entities(raw, report);
  std::vector<std::pair<const yaml_node*, json::object>> entries;
  for (const diagnostic& d : report.findings()) {
    if (d.kind != severity::error) continue;
    entity_at at = find_entity(raw.root, places.path_of(d.mark));
    if (!at.of) {
      add_reason(out.fields, member_path(at.rest, d.member), reason_of(d, "the configuration"));
      continue;
    }
    auto entry = std::ranges::find(entries, at.node, &std::pair<const yaml_node*, json::object>::first);
    if (entry == entries.end()) {
      entries.emplace_back(at.node, entry_of(at));
      entry = std::prev(entries.end());
    }
    entry->second["errors"].get_array().push_back(error_of(d, at));
  }
  for (auto& [node, entry] : entries) out.entities.push_back(std::move(entry));
  return out;
}

}  // namespace mes::gateway
