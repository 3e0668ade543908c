#include "gateway/config/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <utility>

#include "base/code_point.h"
#include "base/utf8.h"
#include "gateway/config/target_address.h"
#include "gateway/plugins/plugin.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;
using wire::yaml_node;
using kind = yaml_node::kind;

// Puts what came from outside back as it was written: "{vault://env/NAME}".
void put_references_back(json::value& value, const yaml_node& written) {
  if (written.type == kind::scalar && is_reference(written.scalar) && value.is_string())
    value = written.scalar;
  else if (auto* object = value.if_object(); object && written.type == kind::mapping)
    for (const auto& [name, node] : written.members) {
      if (json::value* member = object->if_contains(name.scalar)) put_references_back(*member, node);
    }
  else if (auto* list = value.if_array(); list && written.type == kind::sequence)
    for (std::size_t i = 0; i < std::min(list->size(), written.items.size()); ++i)
      put_references_back((*list)[i], written.items[i]);
}

// A route shows the fields of its flavour alone.
bool is_of_other_flavour(const record& source, std::string_view field_name) {
  static constexpr auto traditional = std::to_array<std::string_view>(
      {"methods", "hosts", "paths", "headers", "snis", "sources", "destinations", "regex_priority", "path_handling"});
  return source.is_null("expression") ? is_for_expressions(field_name)
                                      : std::ranges::find(traditional, field_name) != traditional.end();
}

bool is_default(const field& f, const json::value& value) { return value.is_null() || value == f.fallback.value; }

yaml_node scalar_of(std::string text, bool quoted) {
  yaml_node node;
  node.type = kind::scalar;
  node.scalar = std::move(text);
  node.quoted = quoted;
  return node;
}

yaml_node tree_of_record(const schema& fields, const json::object& values, const schema* config = nullptr) {
  yaml_node node;
  node.type = kind::mapping;
  for (const field& f : fields) {
    const json::value* value = values.if_contains(f.name);
    if (!value || is_default(f, *value)) continue;
    const schema* inner = f.name == "config" && config ? config : f.type == field_type::mapping ? f.fields : nullptr;
    node.members.push_back({scalar_of(std::string(f.name), true), inner && value->is_object()
                                                                      ? tree_of_record(*inner, value->get_object())
                                                                      : tree_of(*value)});
  }
  return node;
}

yaml_node tree_of_entity(const entity_kind& k, const json::object& entity) {
  const plugin_kind* plugin = k.name == "plugins" ? find_plugin_kind(text_of(entity, "name")) : nullptr;
  return tree_of_record(k.fields(), entity, plugin ? &plugin->config_fields() : nullptr);
}

void mark_all(yaml_node& node, wire::yaml_mark mark) {
  node.mark = mark;
  for (yaml_node& item : node.items) mark_all(item, mark);
  for (auto& [name, value] : node.members) {
    name.mark = mark;
    mark_all(value, mark);
  }
}

// JSON that YAML reads as it is meant: escapes what YAML refuses (control characters, U+FFFE) or takes for the end of a
// line (U+0085, U+2028).
std::string escaped_for_yaml(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t length = std::max<std::size_t>(utf8_length(text), 1);
    const auto code = static_cast<std::uint32_t>(code_point(text.substr(0, length)));
    if ((code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 || code == 0xfffe || code == 0xffff)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
    else
      out += text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

bool is_for_expressions(std::string_view route_field) {
  return route_field == "expression" || route_field == "priority";
}

const entities_by_id& document::of(const entity_kind& k) const {
  static const entities_by_id none;
  auto found = by_kind.find(k.name);
  return found == by_kind.end() ? none : found->second;
}

entity_ptr document::find(const entity_kind& k, std::string_view id) const {
  const entities_by_id& all = of(k);
  auto found = all.find(id);
  return found == all.end() ? nullptr : found->second;
}

entity_ptr document::find_by(const entity_kind& k, std::string_view field_name, std::string_view value) const {
  for (const auto& [id, entity] : of(k))
    if (const json::value* there = entity->if_contains(field_name))
      if (there->is_string() && std::string_view(there->get_string().data(), there->get_string().size()) == value)
        return entity;
  return nullptr;
}

std::size_t document::size() const {
  std::size_t count = 0;
  for (const auto& [name, all] : by_kind) count += all.size();
  return count;
}

void document::set(const entity_kind& k, const std::string& id, entity_ptr entity) {
  if (entity)
    by_kind[k.name].insert_or_assign(id, std::move(entity));
  else
    by_kind[k.name].erase(id);
}

std::string text_of(const json::object& entity, std::string_view member) {
  const json::value* value = entity.if_contains(member);
  return value && value->is_string() ? std::string(value->get_string().data(), value->get_string().size()) : "";
}

std::string reference_of(const json::object& entity, std::string_view member) {
  const json::value* value = entity.if_contains(member);
  return value && value->is_object() ? text_of(value->get_object(), "id") : "";
}

json::object shown_entity(const raw_entity& e, bool seal) {
  json::object shown;
  for (const field& f : e.kind->fields()) {
    const json::value& value = e.source.values.at(f.name);
    if (f.shorthand || (!f.absent.empty() && value.is_null())) continue;
    if (e.kind->name == "routes" && is_of_other_flavour(e.source, f.name)) continue;
    json::value& member = shown[f.name] = value;
    if (e.kind->name == "plugins" && f.name == "config") member = e.config.values;
    if (const yaml_node* written = e.node ? e.node->find(f.name) : nullptr) put_references_back(member, *written);
  }
  if (e.kind->name == "targets") shown["target"] = text_of(read_target(e.source.text("target")));
  if (seal && e.kind->seal) e.kind->seal(shown, e.source);
  return shown;
}

document make_document(raw_entities& all) {
  document out;
  for (const entity_kind& k : entity_kinds())
    for (const raw_entity& e : all.of(k.name)) {
      std::string id = e.source.text("id");
      if (!e.family.empty() && e.family != id) out.families.emplace(id, e.family);
      out.by_kind[k.name].emplace(id, std::make_shared<json::object>(shown_entity(e, all.transform)));
    }
  return out;
}

yaml_node tree_of(const json::value& value) {
  yaml_node node;
  switch (value.kind()) {
    case json::kind::null:
      break;
    case json::kind::string:
      return scalar_of(std::string(value.get_string().data(), value.get_string().size()), true);
    case json::kind::array:
      node.type = kind::sequence;
      for (const json::value& item : value.get_array()) node.items.push_back(tree_of(item));
      break;
    case json::kind::object:
      node.type = kind::mapping;
      for (const auto& [name, member] : value.get_object())
        node.members.push_back({scalar_of(std::string(name), true), tree_of(member)});
      break;
    case json::kind::double_:
      return scalar_of(fmt::format("{}", value.get_double()), false);
    case json::kind::bool_:
    case json::kind::int64:
    case json::kind::uint64:
      return scalar_of(json::serialize(value), false);
  }
  return node;
}

yaml_node tree_of(const document& all) {
  yaml_node root;
  root.type = kind::mapping;
  root.members.push_back({scalar_of("_format_version", true), scalar_of("3.0", true)});
  root.members.push_back({scalar_of("_transform", true), scalar_of("false", false)});
  int line = 0;
  for (const entity_kind& k : entity_kinds()) {
    if (all.of(k).empty()) continue;
    yaml_node list;
    list.type = kind::sequence;
    for (const auto& [id, entity] : all.of(k)) {
      list.items.push_back(tree_of_entity(k, *entity));
      mark_all(list.items.back(), {.line = ++line, .column = 1});
    }
    root.members.push_back({scalar_of(std::string(k.name), true), std::move(list)});
  }
  return root;
}

entity_name entity_of_line(const document& all, int line) {
  for (const entity_kind& k : entity_kinds()) {
    const entities_by_id& entities = all.of(k);
    const auto count = static_cast<int>(entities.size());
    if (line <= count) return {.kind = k.name, .id = std::next(entities.begin(), line - 1)->first};
    line -= count;
  }
  return {};
}

std::string text_of(const document& all) {
  json::object root{{"_format_version", "3.0"}, {"_transform", false}};
  for (const entity_kind& k : entity_kinds()) {
    if (all.of(k).empty()) continue;
    json::array list;
    for (const auto& [id, entity] : all.of(k)) {
      json::object kept;
      for (const auto& [name, value] : *entity)
        if (!value.is_null()) kept[name] = value;
      list.push_back(std::move(kept));
    }
    root[k.name] = std::move(list);
  }
  return escaped_for_yaml(json::serialize(root));
}

}  // namespace mes::gateway
