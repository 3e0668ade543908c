#include "gateway/config/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <optional>

#include "base/lower_case.h"
#include "base/uuid.h"
#include "gateway/config/scalars.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

// UUIDv5 of the entity's key, as a Kong without a database makes it (kong/db/schema/others/declarative_config.lua).
std::string make_id(std::string_view entities, std::string_view key) {
  static const uuid root = *uuid::parse("fd02801f-0957-4a15-a55a-c8d9606f30b5");
  return uuid::make_v5(uuid::make_v5(root, entities), key).to_string();
}

const field* reference_to(const entity_kind& kind, std::string_view parent) {
  auto found = std::ranges::find(kind.fields(), parent, &field::to);
  return found == kind.fields().end() ? nullptr : &*found;
}

// What the id is made of: "plugins:*:cors::<service>:". A parent counts with its id, a reference as it is written.
std::optional<std::string> cache_key(const raw_entity& e) {
  std::string key = fmt::format("{}:*", e.kind->name);
  const field* up = e.parent ? reference_to(*e.kind, e.parent->kind->name) : nullptr;
  for (std::string_view part : e.kind->id_of) {
    auto f = std::ranges::find(e.kind->fields(), part, &field::name);
    key += ':';
    if (!e.source.is_null(part))
      key += e.source.text(part);
    else if (up && up->name == part)
      key += e.parent->source.text("id");
    else if (f->required)
      return std::nullopt;
  }
  return key;
}

// nullopt: it has no name.
std::optional<std::string> key_of(const raw_entity& e) {
  if (!e.kind->id_of.empty()) return cache_key(e);
  std::string key = e.kind->key.empty() ? "" : e.source.text(e.kind->key);
  return key.empty() ? std::nullopt : std::optional(key);
}

// As it was written, if it comes from outside: what is there may change.
json::value written_value(const raw_entity& e, std::string_view member) {
  const wire::yaml_node* node = e.node->find(member);
  bool outside = node && node->type == wire::yaml_node::kind::scalar && is_reference(node->scalar);
  return outside ? json::value(node->scalar) : e.source.at(member);
}

// Whatever order its members were written in.
wire::yaml_node in_order(wire::yaml_node node) {
  for (wire::yaml_node& item : node.items) item = in_order(std::move(item));
  for (auto& [name, value] : node.members) value = in_order(std::move(value));
  std::ranges::sort(node.members, {}, [](const wire::yaml_member& m) { return m.first.scalar; });
  return node;
}

class resolver {
 public:
  resolver(raw_entities& all, reporter& report) : _all(all), _report(report) {}

  entity_index run() {
    for (const entity_kind& k : entity_kinds()) give_ids(k);
    for (const entity_kind& k : entity_kinds()) {
      for (raw_entity& e : _all.of(k.name)) resolve_references(e);
      check_unique(k);
    }
    return std::move(_index);
  }

 private:
  void give_ids(const entity_kind& k) {
    std::map<std::string, std::vector<raw_entity*>> nameless;  // by what they are
    for (raw_entity& e : _all.of(k.name)) {
      json::value& id = e.source.values["id"];
      if (id.is_string())
        id = lower_case(e.source.text("id"));
      else if (auto key = key_of(e))
        id = make_id(k.name, *key);
      else
        nameless[what_it_is(e)].push_back(&e);
    }
    for (const auto& [what, alike] : nameless) give_ids(k, what, alike);
    index(k);
  }

  // Kong makes random ids where there is no name. Ours are of what the entity is: they stay where others come and go,
  // and are no other one's later. Of those that are alike in that, all that was written counts; of those that are alike
  // in all, the order.
  static void give_ids(const entity_kind& k, const std::string& what, const std::vector<raw_entity*>& alike) {
    std::map<std::string, std::size_t> seen;
    for (raw_entity* e : alike) {
      e->family = make_id(k.name, fmt::format("#{}", what));
      std::string all = alike.size() == 1 ? what : what + json::serialize(plain_value(in_order(*e->node)));
      std::size_t before = seen[all]++;
      e->source.values["id"] =
          make_id(k.name, fmt::format("#{}{}", all, before == 0 ? "" : fmt::format("#{}", before)));
    }
  }

  std::string what_it_is(const raw_entity& e) const {
    json::array parts;
    for (std::string_view member : e.kind->told_by) {
      auto f = std::ranges::find(e.kind->fields(), member, &field::name);
      if (f->to.empty())
        parts.push_back(written_value(e, member));
      else if (e.parent && e.parent->kind->name == f->to)
        parts.emplace_back(e.parent->source.text("id"));
      else
        parts.emplace_back(id_named(f->to, e.source.text(member)).value_or(e.source.text(member)));
    }
    return json::serialize(parts);
  }

  void index(const entity_kind& k) {
    std::size_t position = 0;
    for (raw_entity& e : _all.of(k.name)) {
      std::string id = e.source.text("id");
      auto [there, fresh] = _index[k.name].emplace(id, position);
      if (!fresh) say_twice(e, _all.of(k.name)[there->second]);
      if (!k.key.empty())
        if (std::string name = e.source.text(k.key); !name.empty()) _names[k.name].emplace(name, id);
      ++position;
    }
  }

  // Two of the same id: the same key, or the same scope.
  void say_twice(const raw_entity& e, const raw_entity& other) {
    bool by_name = e.kind->id_of.empty() && key_of(e) && !e.source.given("id");
    if (by_name) return;  // check_unique says it
    std::string line = _report.line_of(other.source.mark);
    if (e.source.given("id"))
      _report.error(e.source.mark_of("id"), fmt::format("{}: there is one of that id already, in {}", e.what, line));
    else if (e.kind->name == "plugins")
      _report.error(e.source.mark,
                    fmt::format("{}: there is one of that name in the same scope already, in {}", e.what, line));
    else if (std::ranges::none_of(e.kind->id_of, [&](std::string_view part) { return is_unique(*e.kind, part); }))
      _report.error(e.source.mark, fmt::format("{}: there is the same already, in {}", e.what, line));
  }

  static bool is_unique(const entity_kind& k, std::string_view name) {
    auto f = std::ranges::find(k.fields(), name, &field::name);
    return f != k.fields().end() && f->unique;
  }

  void check_unique(const entity_kind& k) {
    for (const field& f : k.fields()) {
      if (!f.unique) continue;
      std::unordered_map<std::string, const raw_entity*> seen;
      for (const raw_entity& e : _all.of(k.name)) {
        std::string value = e.source.text(f.name);
        if (value.empty()) continue;
        auto [there, fresh] = seen.emplace(value, &e);
        if (fresh) continue;
        std::string_view what = f.name == "name" || f.name == k.key ? std::string_view("name") : f.name;
        _report.error(e.source.mark_of(f.name), fmt::format("{}: there is one of that {} already, in {}", e.what, what,
                                                            _report.line_of(there->second->source.mark)));
      }
    }
  }

  void resolve_references(raw_entity& e) {
    for (const field& f : e.kind->fields()) {
      if (f.to.empty()) continue;
      json::value& slot = e.source.values[f.name];
      if (e.parent && e.parent->kind->name == f.to) {
        if (!slot.is_null())
          _report.error(e.source.mark_of(f.name),
                        fmt::format("{}: '{}' is given by {}, which this is written in; take it out", e.what, f.name,
                                    e.parent->what));
        slot = {{"id", e.parent->source.values.at("id")}};
      } else if (slot.is_string()) {
        slot = find(f, e);
      } else if (f.required) {
        _report.error(e.source.mark, fmt::format("{}: field '{}' is missing", e.what, f.name));
      }
    }
  }

  json::value find(const field& f, const raw_entity& e) {
    std::string name = e.source.text(f.name);
    if (auto id = id_named(f.to, name)) return {{"id", *id}};
    _report.error(e.source.mark_of(f.name), fmt::format("{}: there is no {} '{}'", e.what, f.name, name));
    return nullptr;
  }

  // Of what a reference names: by name, or by id in any case.
  std::optional<std::string> id_named(std::string_view kind, const std::string& name) const {
    if (auto names = _names.find(kind); names != _names.end())
      if (auto found = names->second.find(name); found != names->second.end()) return found->second;
    std::string id = lower_case(name);
    auto all = _index.find(kind);
    return all != _index.end() && all->second.contains(id) ? std::optional(id) : std::nullopt;
  }

  raw_entities& _all;
  reporter& _report;
  entity_index _index;
  std::map<std::string_view, std::unordered_map<std::string, std::string>> _names;  // -> id
};

}  // namespace

std::string id_by_place(const entity_kind& kind, std::size_t place) {
  return make_id(kind.name, fmt::format("#{}", place));
}

entity_index resolve_entities(raw_entities& all, reporter& report) { return resolver(all, report).run(); }

}  // namespace mes::gateway
