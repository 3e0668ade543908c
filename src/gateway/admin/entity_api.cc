#include "gateway/admin/entity_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/uuid.h"
#include "gateway/admin/admin.h"
#include "gateway/admin/arguments.h"
#include "gateway/admin/certificate_names.h"
#include "gateway/admin/entity_edit.h"
#include "gateway/admin/lifetimes.h"
#include "gateway/admin/paging.h"
#include "gateway/plugins/plugin.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;
using runtime::http_request;
using runtime::http_response;

std::unexpected<refusal> not_found() { return std::unexpected(plain(404, "Not found")); }

using answer = std::expected<http_response, refusal>;

const schema* config_fields_of(const entity_kind& k, const std::string& plugin_name) {
  const plugin_kind* plugin = k.name == "plugins" ? find_plugin_kind(plugin_name) : nullptr;
  return plugin ? &plugin->config_fields() : nullptr;
}

// Records are merged member by member, everything else is replaced; null gives the default back.
void merge(json::object& into, const json::object& changes, const schema& fields, const schema* config) {
  for (const auto& [name, value] : changes) {
    auto f = std::ranges::find(fields, std::string_view(name.data(), name.size()), &field::name);
    const schema* inner = f == fields.end()                ? nullptr
                          : f->name == "config" && config  ? config
                          : f->type == field_type::mapping ? f->fields
                                                           : nullptr;
    json::value* there = into.if_contains(name);
    if (value.is_null())
      into.erase(name);
    else if (inner && value.is_object() && there && there->is_object())
      merge(there->get_object(), value.get_object(), *inner, nullptr);
    else
      into[name] = value;
  }
}

// What goes with an entity that is deleted; refused if something stays that names it.
std::optional<refusal> delete_with_all(const document& all, const entity_kind& k, const std::string& id,
                                       std::vector<entity_change>& changes) {
  changes.push_back({.kind = &k, .id = id, .entity = nullptr});
  for (const entity_kind* child : nested_kinds(k))
    for (const auto& [child_id, entity] : all.of(*child))
      for (const field& f : child->fields()) {
        if (f.to != k.name || reference_of(*entity, f.name) != id) continue;
        if (!f.cascade) return still_referenced(k.name, child->name);
        if (auto refused = delete_with_all(all, *child, child_id, changes)) return refused;
      }
  return std::nullopt;
}

class entity_request {
 public:
  entity_request(entity_draft& draft, const http_request& request, entity_place place)
      : _draft(draft),
        _request(request),
        _place(std::move(place)),
        _now(instant::now()),
        _before(living(draft.all(), _now)),
        _all(*_before) {}

  answer run() {
    const std::string& method = _request.method;
    bool read = method == "GET" || method == "HEAD";
    std::string_view allowed = _place.is_list() ? "GET, HEAD, OPTIONS, POST" : "DELETE, GET, HEAD, OPTIONS, PATCH, PUT";
    if (method == "OPTIONS") return options_answer(allowed);
    if (fmt::format(" {},", allowed).find(fmt::format(" {},", method)) == std::string::npos)
      return std::unexpected(plain(405, "Method not allowed"));
    if (!read && !_draft.store().writable()) return std::unexpected(not_writable());
    if (auto refused = find_parent()) return std::unexpected(std::move(*refused));
    if (_place.is_list()) return read ? list() : create();
    if (read) return show();
    if (method == "DELETE") return remove();
    // As Kong: a target is changed by PUT too.
    return method == "PATCH" || (_place.kind->name == "targets" && _place.parent) ? patch() : put();
  }

 private:
  refusal not_writable() const {
    std::string_view verb = _request.method == "POST"     ? "create"
                            : _request.method == "PUT"    ? "create or update"
                            : _request.method == "DELETE" ? "delete"
                                                          : "update";
    return {405,
            {{"code", 12},
             {"name", "operation unsupported"},
             {"message", fmt::format("cannot {} '{}' entities when not using a database", verb, _place.kind->name)}}};
  }

  // By id, or by what names one of its kind. nullptr: there is none.
  std::expected<entity_ptr, refusal> select(const entity_kind& k, const std::string& key) const {
    if (auto id = uuid::parse(key)) return _all.find(k, id->to_string());
    if (k.name == "certificates") {
      entity_ptr sni = _all.find_by(*find_entity_kind("snis"), "name", key);
      return sni ? _all.find(k, reference_of(*sni, "certificate")) : nullptr;
    }
    if (k.key.empty()) return std::unexpected(invalid_primary_key());
    return _all.find_by(k, k.key, key);
  }

  std::optional<refusal> find_parent() {
    if (!_place.parent) return std::nullopt;
    auto parent = select(*_place.parent, _place.parent_key);
    if (!parent) return std::move(parent.error());
    if (!*parent) return plain(404, "Not found");
    _parent = std::move(*parent);
    return std::nullopt;
  }

  std::string parent_id() const { return text_of(*_parent, "id"); }
  // Whether it is one of the parent's.
  bool is_parents(const json::object& entity) const { return reference_of(entity, _place.link->name) == parent_id(); }

  // The one that the path names. nullptr: there is none there.
  std::expected<entity_ptr, refusal> find() const {
    if (_place.by_parent) return _all.find(*_place.kind, reference_of(*_parent, _place.link->name));
    if (!name_among_siblings().empty()) return find_sibling();
    auto found = select(*_place.kind, _place.key);
    if (found && *found && _parent && !is_parents(**found)) return nullptr;
    return found;
  }

  // The field that names one among its parent's alone, if the path has such a name; "": it has an id, or none has.
  std::string_view name_among_siblings() const {
    if (!_parent || uuid::parse(_place.key)) return "";
    return _place.kind->name == "targets" ? "target" : _place.kind->name == "acls" ? "group" : "";
  }

  entity_ptr find_sibling() const {
    std::string_view name = name_among_siblings();
    for (const auto& [id, one] : _all.of(*_place.kind)) {
      std::string text = text_of(*one, name);
      if (is_parents(*one) && (text == _place.key || (name == "target" && text == _place.key + ":8000"))) return one;
    }
    return nullptr;
  }

  json::object shown(const json::object& entity, const document& all) const {
    json::object out = entity;
    if (_place.kind->name == "certificates") show_names(all, out);
    if (has_lifetime(*_place.kind)) show_lifetime(out, _now);
    return out;
  }

  answer list() const {
    auto query = read_page_query(_request);
    if (!query) return std::unexpected(std::move(query.error()));
    std::string_view custom_id = _place.kind->name == "consumers" ? _request.query_value("custom_id") : "";
    std::vector<entity_ptr> found;
    for (const auto& [id, entity] : _all.of(*_place.kind)) {
      bool fits =
          (!_parent || is_parents(*entity)) && (custom_id.empty() || text_of(*entity, "custom_id") == custom_id);
      if (fits && has_tags(*entity, *query)) found.push_back(entity);
    }
    bool newest_first = _place.kind->name == "targets";
    if (newest_first)
      std::ranges::sort(found, std::greater<>(), [](const entity_ptr& e) {
        return std::pair(e->at("created_at").is_number() ? e->at("created_at").to_number<double>() : 0,
                         text_of(*e, "id"));
      });
    std::string path =
        _parent ? fmt::format("/{}/{}/{}", path_name_of(*_place.parent), parent_id(), nested_name_of(*_place.kind))
                : fmt::format("/{}", path_name_of(*_place.kind));
    return reply(200,
                 page_of(found, *query, path, !newest_first, [this](const json::object& e) { return shown(e, _all); }));
  }

  answer show() const {
    auto found = find();
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) return not_found();
    return reply(200, shown(**found, _all));
  }

  // What the client wants, in the types of the fields.
  std::expected<json::object, refusal> read_wanted(const entity_ptr& before) const {
    auto given = read_arguments(_request);
    if (!given) return std::unexpected(std::move(given.error()));
    std::string plugin = text_of(given->values, "name");
    if (plugin.empty() && before) plugin = text_of(*before, "name");
    if (given->from_form) infer_types(given->values, _place.kind->fields(), config_fields_of(*_place.kind, plugin));
    if (auto refused = check_lifetime(*_place.kind, given->values)) return std::unexpected(std::move(*refused));
    return std::move(given->values);
  }

  answer create() {
    auto wanted = read_wanted(nullptr);
    if (!wanted) return std::unexpected(std::move(wanted.error()));
    if (_parent) (*wanted)[_place.link->name] = {{"id", parent_id()}};
    std::string id = id_in(*wanted, uuid::make_v4().to_string());
    if (_all.find(*_place.kind, id)) return std::unexpected(primary_key_violation(id));
    bool ends = gives_lifetime(*wanted);
    return write(std::move(*wanted), id, nullptr, {.seal = true, .ends = ends}, 201);
  }

  static std::string id_in(const json::object& wanted, std::string otherwise) {
    std::string given = text_of(wanted, "id");
    if (given.empty()) return otherwise;
    auto id = uuid::parse(given);
    return id ? id->to_string() : given;  // which is refused then
  }

  answer put() {
    auto found = _place.by_parent || !name_among_siblings().empty() ? find() : select(*_place.kind, _place.key);
    if (!found) return std::unexpected(std::move(found.error()));
    auto wanted = read_wanted(nullptr);
    if (!wanted) return std::unexpected(std::move(wanted.error()));
    std::string id = id_in(*wanted, uuid::make_v4().to_string());
    if (auto by_id = uuid::parse(_place.key))
      id = by_id->to_string();
    else if (!_place.by_parent)
      name_it(*wanted);
    if (*found)
      id = text_of(**found, "id");
    else if (_all.find(*_place.kind, id))
      return std::unexpected(primary_key_violation(id));
    if (_parent && !_place.by_parent) (*wanted)[_place.link->name] = {{"id", parent_id()}};
    std::vector<entity_change> with_it;
    if (_place.by_parent && !*found) {
      json::object parent = *_parent;
      parent[_place.link->name] = {{"id", id}};
      with_it.push_back({.kind = _place.parent, .id = parent_id(), .entity = std::make_shared<json::object>(parent)});
    }
    bool ends = gives_lifetime(*wanted);
    return write(std::move(*wanted), id, *found, {.seal = true, .ends = ends}, 200, std::move(with_it));
  }

  // The name in the path is the entity's own; that of a certificate is one of its names. A group may get another one.
  void name_it(json::object& wanted) const {
    if (std::string_view name = name_among_siblings(); !name.empty()) {
      if (!wanted.contains(name)) wanted[name] = _place.key;
      return;
    }
    if (_place.kind->name != "certificates") {
      wanted[_place.kind->key] = _place.key;
      return;
    }
    json::value& names = wanted["snis"];
    if (!names.is_array()) names = names.is_null() ? json::array() : json::array{names};
    json::value own(_place.key);
    if (std::ranges::find(names.get_array(), own) == names.get_array().end()) names.get_array().push_back(own);
  }

  answer patch() {
    auto found = find();
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) {
      if (_parent || _place.kind->name == "plugins") return not_found();
      return std::unexpected(no_such_entity(uuid::parse(_place.key) ? "id" : _place.kind->key, _place.key));
    }
    auto wanted = read_wanted(*found);
    if (!wanted) return std::unexpected(std::move(wanted.error()));
    json::object merged = **found;
    // As Kong's shorthand: what is hashed on chooses the algorithm.
    if (_place.kind->name == "upstreams" && wanted->contains("hash_on") && !wanted->contains("algorithm"))
      merged.erase("algorithm");
    merge(merged, *wanted, _place.kind->fields(), config_fields_of(*_place.kind, text_of(**found, "name")));
    return write(std::move(merged), text_of(**found, "id"), *found,
                 {.seal = wanted->contains("password"), .ends = gives_lifetime(*wanted)}, 200);
  }

  answer remove() {
    auto found = find();
    if (!found) return std::unexpected(std::move(found.error()));
    if (_place.by_parent) return *found ? answer(std::unexpected(plain(405, "Method not allowed"))) : not_found();
    if (!*found) {
      if (_parent) return not_found();
      return http_response{.status = 204, .headers = {}, .body = {}};
    }
    std::vector<entity_change> changes;
    if (auto refused = delete_with_all(*_draft.all(), *_place.kind, text_of(**found, "id"), changes))
      return std::unexpected(std::move(*refused));
    keep(changes);
    return http_response{.status = 204, .headers = {}, .body = {}};
  }

  // What of an entity is a client's word, and not yet as it is kept.
  struct fresh {
    bool seal;  // its password
    bool ends;  // its ttl
  };

  bool gives_lifetime(const json::object& wanted) const { return has_lifetime(*_place.kind) && wanted.contains("ttl"); }

  answer write(json::object wanted, const std::string& id, const entity_ptr& before, fresh what, int status,
               std::vector<entity_change> changes = {}) {
    const entity_kind& k = *_place.kind;
    if (k.name == "certificates") {
      auto names = take_names(_all, id, wanted, _now);
      if (!names) return std::unexpected(std::move(names.error()));
      changes.insert(changes.end(), names->begin(), names->end());
    }
    if (before) wanted.erase("updated_at");
    auto entity = read_edit({_all, k, std::move(wanted), id, before, what.seal, _now});
    if (!entity) return std::unexpected(std::move(entity.error()));
    if (what.ends) keep_lifetime(*entity, _now);
    if (auto refused = check_among(_all, k, *entity)) return std::unexpected(std::move(*refused));
    auto made = std::make_shared<const json::object>(std::move(*entity));
    changes.push_back({.kind = &k, .id = id, .entity = made});
    keep(changes);
    return reply(status, shown(*made, *_draft.all()));
  }

  void keep(std::span<const entity_change> changes) {
    _draft.add(removals_of_ended(*_draft.all(), _draft.store().of_file(), _now));
    _draft.add(changes);
  }

  entity_draft& _draft;
  const http_request& _request;
  entity_place _place;
  instant _now;
  std::shared_ptr<const document> _before;  // any write
  const document& _all;
  entity_ptr _parent;
};

}  // namespace

void entity_draft::add(std::span<const entity_change> changes) {
  if (changes.empty()) return;
  if (!_own) _all = _own = std::make_shared<document>(*_all);
  for (const entity_change& c : changes) _own->set(*c.kind, c.id, c.entity);
  _changes.insert(_changes.end(), changes.begin(), changes.end());
}

http_response answer_entities(entity_draft& draft, const http_request& request, entity_place place) {
  auto done = entity_request(draft, request, std::move(place)).run();
  return done ? std::move(*done) : reply(done.error());
}

refusal not_taken(const error& why) {
  if (why.code != error_code::invalid_argument) return plain(http_status_of(why.code), why.message);
  json::object fields;
  for (const field_error& f : why.fields) {
    std::size_t at = f.message.find("error: ");
    add_reason(fields, "", at == std::string::npos ? f.message : f.message.substr(at + 7));
  }
  return schema_violation(fields);
}

std::optional<refusal> validate_entity(const document& all, const entity_kind& kind, const http_request& request) {
  auto given = read_arguments(request);
  if (!given) return std::move(given.error());
  if (given->from_form)
    infer_types(given->values, kind.fields(), config_fields_of(kind, text_of(given->values, "name")));
  std::string given_id = text_of(given->values, "id");
  auto read = read_edit({.all = all,
                         .kind = kind,
                         .wanted = std::move(given->values),
                         .id = given_id.empty() ? uuid::make_v4().to_string() : given_id,
                         .before = nullptr,
                         .now = instant::now()});
  if (!read) return std::move(read.error());
  return std::nullopt;
}

}  // namespace mes::gateway
