// Kong's entities as data: what fields each has, what names it, what may not be there twice, and its own rules.
//
// One row is enough to read one entity alone (the Admin API), or all of a file (loader.h).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/schema.h"

namespace mes::gateway {

struct entity_kind {
  std::string_view name;                     // of a list of them: "services"
  std::string_view singular;                 // of one, in messages: "service"
  const schema& (*fields)();                 // references say by `to` what they name, and so what one may be nested in
  std::string_view key = {};                 // the field that names one beside its id; "" = none
  std::vector<std::string_view> id_of = {};  // what ids are made of (Kong's cache_key); empty: the key
  std::vector<std::string_view> told_by = {};  // what makes one without a key what it is, and its id
  // Shorthands, and the rules between fields; runs on one whose fields are fine. nullptr: none.
  void (*finish)(record& source, const std::string& what, reporter& report) = nullptr;
  // Fields that a shorthand in `node` replaces, so that their own values do not count. nullptr: none.
  std::vector<std::string_view> (*replaced)(const wire::yaml_node& node) = nullptr;
  // In the Admin API's paths: "key-auths", and "key-auth" behind what it belongs to. "" = as `name`, as `admin_name`.
  std::string_view admin_name = {};
  std::string_view nested_name = {};
  // Changes what is kept and shown of one, from the values as they are used: a password. nullptr: nothing.
  void (*seal)(boost::json::object& shown, const record& source) = nullptr;
  // Why nothing of ours uses them: said once for each. "" = they are used.
  std::string_view unused = {};
};

std::span<const entity_kind> entity_kinds();  // what is referred to before what refers to it
const entity_kind* find_entity_kind(std::string_view name);
// Kinds that refer to this one, and so may be nested in it.
std::vector<const entity_kind*> nested_kinds(const entity_kind& parent);

// One entity: types, defaults, shorthands, rules. Nested entities are left to the caller.
record read_entity(const entity_kind& kind, const wire::yaml_node& node, reporter& report);
// "service 'users'", as messages name it.
std::string name_entity(const entity_kind& kind, const wire::yaml_node& node);

const schema& top_level_fields();

// Lists that Kong or decK knows and we have no use for, each with why.
struct absent_entity {
  std::string_view name;
  std::string_view why;
};
const std::vector<absent_entity>& absent_entities();

// Tables of fields that are long enough for files of their own.
const schema& upstream_fields();
void finish_upstream(record& source, const std::string& what, reporter& report);
std::span<const entity_kind> credential_kinds();

// Fields that most entities have.
extern const field id_field, created_field, updated_field, tags_field;

}  // namespace mes::gateway
