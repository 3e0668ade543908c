// From a file's text to its entities as they were written: flat, checked one by one, with their places.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "gateway/config/entities.h"

namespace mes::gateway {

struct raw_entity {
  const entity_kind* kind = nullptr;
  record source;
  record config;                       // of a plugin
  const raw_entity* parent = nullptr;  // that this one is nested in
  const wire::yaml_node* node = nullptr;
  std::string what;    // "service 'users'"
  std::string family;  // the id that one without a name has where no other is like it; "" = it has a name or an id
};

struct raw_entities {
  wire::yaml_node root;  // what all of them were read from
  std::string format_version;
  bool transform = true;  // false: passwords are hashed already
  std::map<std::string_view, std::deque<raw_entity>> by_kind;

  std::deque<raw_entity>& of(std::string_view kind) { return by_kind[kind]; }
};

// Findings go to `report`; false if the text is no YAML or JSON at all, or not all of it was read for its errors.
bool read_entities(const std::string& text, raw_entities& out, reporter& report);
bool read_entities(wire::yaml_node root, raw_entities& out, reporter& report);

}  // namespace mes::gateway
