// Tables that say which fields an entity or a plugin's configuration has, and the one function that reads by them.
//
// The names, types and defaults are Kong 3.4's, so that its files work unchanged.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/diagnostic.h"

namespace mes::gateway {

enum class field_type : std::uint8_t {
  string,
  integer,
  number,
  boolean,
  strings,     // a list of strings
  integers,    // a list of integers
  string_map,  // a mapping to lists of strings
  text_map,    // a mapping to strings
  mapping,     // a mapping with a schema of its own
  records,     // a list of such mappings
  reference,   // the name or id of another entity, as text or as {name: …} or {id: …}
  anything,    // kept as it is written
};

inline constexpr double above_zero = 1e-9;  // the min of a number that must be greater than 0

// "" if the text is fine, else what is wrong with it.
using text_check = std::string (*)(std::string_view text);

// A default, which the tables have as JSON. null: there is none.
struct default_value {
  default_value() = default;
  default_value(const char* text) : default_value(std::string_view(text)) {}
  default_value(std::string_view text);

  boost::json::value value;
};

struct field {
  std::string_view name;
  field_type type = field_type::string;
  default_value fallback = {};
  std::vector<std::string_view> one_of = {};
  double min = -std::numeric_limits<double>::infinity();  // of a number, or of each of a list
  double max = std::numeric_limits<double>::infinity();
  bool required = false;
  text_check check = nullptr;                  // of a string, of each element of a list, or of a map's texts
  text_check check_key = nullptr;              // of the names in a map
  const std::vector<field>* fields = nullptr;  // of a mapping or of each of a list of mappings
  // Kong knows the field, we do not have what it asks for: any value but the default is refused with this sentence.
  std::string_view absent = {};
  bool may_be_empty = false;   // "" is a value; Kong refuses it elsewhere
  bool referenceable = false;  // "{vault://env/NAME}" stands for a value from outside
  bool must_resolve = false;   // which must be there then: else it is "" as in Kong, and everybody knows that secret
  bool unique = false;         // no two entities of a kind share it
  bool set = false;            // of a list: what is there twice counts once, as in Kong's sets
  std::size_t length_min = 0;  // of a list
  std::string_view to = {};    // of a reference: "services"
  bool cascade = false;        // of a reference: goes with what it names; else that cannot be deleted
  bool shorthand = false;      // stands for other fields, and is not there in answers
  bool costly = false;         // its check takes time: what has passed is remembered
};
using schema = std::vector<field>;

// A mapping that was read: every field of its schema is there, given, default or null. A field inside of a mapping is
// named with a dot: "active.healthy.interval".
struct record {
  boost::json::object values;
  wire::yaml_mark mark;
  std::map<std::string, wire::yaml_mark, std::less<>> marks;  // of the fields that were given; "paths[1]" for elements

  wire::yaml_mark mark_of(std::string_view field_name) const;
  bool given(std::string_view field_name) const { return marks.contains(field_name); }
  const boost::json::value& at(std::string_view field_name) const;
  std::string text(std::string_view field_name) const;  // "" if null
  std::int64_t integer(std::string_view field_name) const;
  double number(std::string_view field_name) const;
  bool flag(std::string_view field_name) const;
  bool is_null(std::string_view field_name) const;
  bool is_empty(std::string_view field_name) const;  // null, or nothing is in it: rules across fields want more
  std::vector<std::string> strings(std::string_view field_name) const;
  std::vector<std::int64_t> integers(std::string_view field_name) const;
  std::map<std::string, std::vector<std::string>> string_map(std::string_view field_name) const;
};

// Reads `node` by `fields`. Nested entities, and what is `ignored` for another reason, are left to the caller; people
// who name something else are told of the nested ones. `what` names the whole in messages: "service 'users'".
record read_record(const wire::yaml_node& node, const schema& fields, const std::string& what, reporter& report,
                   const std::vector<std::string_view>& nested = {}, const std::vector<std::string_view>& ignored = {});

// Defaults of `fields` only.
record default_record(const schema& fields);

}  // namespace mes::gateway
