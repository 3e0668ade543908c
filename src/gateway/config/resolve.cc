#include "gateway/config/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/uuid.h"

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

// Kong makes random ids where there is nothing to make them of; ours are stable, by the entity's position.
std::string id_of(const raw_entity& e, std::size_t position) {
  if (!e.kind->id_of.empty()) {
    auto key = cache_key(e);
    return make_id(e.kind->name, key ? *key : fmt::format("#{}", position));
  }
  std::string key = e.kind->key.empty() ? "" : e.source.text(e.kind->key);
  return make_id(e.kind->name, key.empty() ? fmt::format("#{}", position) : key);
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
    std::size_t position = 0;
    for (raw_entity& e : _all.of(k.name)) {
      std::string id = e.source.text("id");
      for (char& c : id) c = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
      if (id.empty()) id = id_of(e, position);
      e.source.values["id"] = id;
      auto [there, fresh] = _index[k.name].emplace(id, position);
      if (!fresh) say_twice(e, _all.of(k.name)[there->second]);
      if (!k.key.empty())
        if (std::string name = e.source.text(k.key); !name.empty()) _names[k.name].emplace(name, id);
      ++position;
    }
  }

  // Two of the same id: the same key, or the same scope.
  void say_twice(const raw_entity& e, const raw_entity& other) {
    bool by_name = !e.kind->key.empty() && e.kind->id_of.empty() && !e.source.given("id");
    if (by_name) return;  // check_unique says it
    int line = other.source.mark.line;
    if (e.source.given("id"))
      _report.error(e.source.mark_of("id"),
                    fmt::format("{}: there is one of that id already, in line {}", e.what, line));
    else if (e.kind->name == "plugins")
      _report.error(e.source.mark,
                    fmt::format("{}: there is one of that name in the same scope already, in line {}", e.what, line));
    else if (std::ranges::none_of(e.kind->id_of, [&](std::string_view part) { return is_unique(*e.kind, part); }))
      _report.error(e.source.mark, fmt::format("{}: there is the same already, in line {}", e.what, line));
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
        _report.error(e.source.mark_of(f.name), fmt::format("{}: there is one of that {} already, in line {}", e.what,
                                                            what, there->second->source.mark.line));
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
    auto& names = _names[f.to];
    if (auto by_name = names.find(name); by_name != names.end()) return {{"id", by_name->second}};
    if (_index[f.to].contains(name)) return {{"id", name}};
    _report.error(e.source.mark_of(f.name), fmt::format("{}: there is no {} '{}'", e.what, f.name, name));
    return nullptr;
  }

  raw_entities& _all;
  reporter& _report;
  entity_index _index;
  std::map<std::string_view, std::unordered_map<std::string, std::string>> _names;  // -> id
};

}  // namespace

entity_index resolve_entities(raw_entities& all, reporter& report) { return resolver(all, report).run(); }

}  // namespace mes::gateway
