// All entities of a configuration as the Admin API shows and keeps them: one JSON object each, whole, with its id.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/config/loader.h"

namespace mes::gateway {

// Immutable; documents share what they have in common. References are {"id": …}, values from outside (vaults) stand as
// they were written, passwords are hashed.
using entity_ptr = std::shared_ptr<const boost::json::object>;
using entities_by_id = std::map<std::string, entity_ptr, std::less<>>;

struct document {
  std::map<std::string_view, entities_by_id> by_kind;  // by the names of entity_kinds()
  // Of entities without a name that are alike: by their ids, that which each would have alone.
  std::map<std::string, std::string, std::less<>> families;

  const entities_by_id& of(const entity_kind& kind) const;
  entity_ptr find(const entity_kind& kind, std::string_view id) const;  // nullptr if there is none
  // The one whose text field has that value; nullptr if there is none.
  entity_ptr find_by(const entity_kind& kind, std::string_view field_name, std::string_view value) const;
  std::size_t size() const;
  void set(const entity_kind& kind, const std::string& id, entity_ptr entity);  // nullptr: it is there no more
};

// A text member; "" if it is no text.
std::string text_of(const boost::json::object& entity, std::string_view member);
// The id that a reference names; "" if it names none.
std::string reference_of(const boost::json::object& entity, std::string_view member);

// Whether a field of routes is there for those with an expression alone.
bool is_for_expressions(std::string_view route_field);

// One entity as it is kept. `seal` hashes a password, which else is hashed already.
boost::json::object shown_entity(const raw_entity& e, bool seal);
document make_document(raw_entities& all);  // of resolved entities

// As a tree that the loader reads. Members that are the field's default are left out, as if nobody had given them. All
// nodes of an entity have its number as their line.
wire::yaml_node tree_of(const document& all);
struct entity_name {
  std::string_view kind;
  std::string id;
};
entity_name entity_of_line(const document& all, int line);
wire::yaml_node tree_of(const boost::json::value& value);
std::string text_of(const document& all);  // a configuration file in JSON

}  // namespace mes::gateway
