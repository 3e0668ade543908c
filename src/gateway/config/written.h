// What was written through the Admin API: single entities that lie over those of the file.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "gateway/config/document.h"

namespace mes::gateway {

struct entity_change {
  const entity_kind* kind = nullptr;
  std::string id;
  entity_ptr entity;  // nullptr: it is deleted
};

struct written_entity {
  entity_ptr entity;  // nullptr: it is deleted
  std::string over;   // digest of the file's entity at that time; "" = it had none
  // Digest of what made the file's entities that it belongs to what they were at that time; nullopt: nobody noted it.
  std::optional<std::string> under;
  std::string family;  // document::families of it at that time; "" = none
};

// Where a write and a later change of the file met. The write holds.
struct write_conflict {
  std::string_view kind;
  std::string id;
  std::string what;
};

// An id that a version before made of the place of an entity without a name, from 0.
struct id_of_place {
  std::string_view kind;
  std::string id;
  std::size_t place = 0;
};

class written_entities {
 public:
  bool empty() const { return _by_kind.empty(); }
  std::size_t size() const;
  bool contains(std::string_view kind, std::string_view id) const;
  bool is_named_in(std::string_view text) const;  // by id

  // Writes that say what `base` says anyway are forgotten.
  void note(const document& base, std::span<const entity_change> changes);
  std::vector<write_conflict> forget_settled(const document& base);  // tells of them
  document over(const document& base) const;
  std::vector<write_conflict> conflicts(const document& base) const;
  // What was written over one without a name, where `base` has not that one but others that are alike: "routes 1234-…".
  std::vector<std::string> lost_among_alike(const document& base) const;
  // Those that are written over, or referred to, and that `base` has not: what they were of cannot be known.
  std::vector<id_of_place> lost_places(const document& base) const;

  boost::json::object to_json() const;
  // corrupt if it was not made by to_json().
  static result<written_entities> from_json(const boost::json::value& kept);

 private:
  bool note(const entity_kind& kind, std::string id, written_entity one, const document& base);  // false: forgotten

  std::map<std::string_view, std::map<std::string, written_entity, std::less<>>> _by_kind;
};

}  // namespace mes::gateway
