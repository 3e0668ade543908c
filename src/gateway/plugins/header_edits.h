// Changes to a header that plugins ask for, applied in one pass when the header is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/head.h"

namespace mes::gateway {

struct header_edit {
  enum class kind : std::uint8_t { set, add, clear };
  kind what = kind::set;
  field_id id = field_id::other;
  std::string_view name;  // outlives the request: a literal, or owned by the plugin's configuration
  std::string value;
};

class header_edits {
 public:
  void set(std::string_view name, std::string value) { put(header_edit::kind::set, name, std::move(value)); }
  void clear(std::string_view name) { put(header_edit::kind::clear, name, {}); }
  void add(std::string_view name, std::string value) {
    _edits.push_back({header_edit::kind::add, field_id_of(name), name, std::move(value)});
  }

  // True if fields of this name that came with the message are to be left out.
  bool replaces(const header_view& field) const {
    for (const header_edit& e : _edits)
      if (e.what != header_edit::kind::add && e.id == field.id &&
          (e.id != field_id::other || equals_ignoring_case(e.name, field.name)))
        return true;
    return false;
  }
  const header_edit* find(std::string_view name) const {
    for (const header_edit& e : _edits)
      if (equals_ignoring_case(e.name, name)) return &e;
    return nullptr;
  }

  bool empty() const { return _edits.empty(); }
  void reset() { _edits.clear(); }
  auto begin() const { return _edits.begin(); }
  auto end() const { return _edits.end(); }

 private:
  void put(header_edit::kind what, std::string_view name, std::string value) {
    std::erase_if(_edits, [&](const header_edit& e) { return equals_ignoring_case(e.name, name); });
    _edits.push_back({what, field_id_of(name), name, std::move(value)});
  }

  std::vector<header_edit> _edits;
};

}  // namespace mes::gateway
