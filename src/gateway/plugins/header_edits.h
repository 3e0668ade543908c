// Changes to a header that plugins ask for, applied in one pass when the header is written.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <forward_list>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/head.h"

namespace mes::gateway {

struct header_edit {
  enum class kind : std::uint8_t { set, add, clear };
  kind what = kind::set;
  field_name name;         // outlives the request: a literal, or owned by the plugin's configuration
  std::string_view value;  // lives until reset()
};

// Values are copied into memory that the edits keep from request to request.
class header_edits {
 public:
  header_edits() = default;
  header_edits(const header_edits& other) {
    for (const header_edit& e : other._edits) push(e.what, e.name, e.value);
  }
  header_edits& operator=(const header_edits&) = delete;

  void set(const field_name& name, std::string_view value) { put(header_edit::kind::set, name, value); }
  void clear(const field_name& name) { put(header_edit::kind::clear, name, {}); }
  void add(const field_name& name, std::string_view value) { push(header_edit::kind::add, name, value); }

  // True if fields of this name that came with the message are to be left out.
  bool replaces(const header_view& field) const {
    if (!may_have(field.id)) return false;
    const field_name name(field.name, field.id);
    for (const header_edit& e : _edits)
      if (e.what != header_edit::kind::add && e.name == name) return true;
    return false;
  }
  const header_edit* find(const field_name& name) const {
    if (!may_have(name.id)) return nullptr;
    for (const header_edit& e : _edits)
      if (e.name == name) return &e;
    return nullptr;
  }

  bool empty() const { return _edits.empty(); }
  void reset() {
    _edits.clear();
    _ids = 0;
    _used = 0;
    _more.clear();
  }
  auto begin() const { return _edits.begin(); }
  auto end() const { return _edits.end(); }

 private:
  void put(header_edit::kind what, const field_name& name, std::string_view value) {
    if (find(name)) std::erase_if(_edits, [&](const header_edit& e) { return e.name == name; });
    push(what, name, value);
  }
  void push(header_edit::kind what, const field_name& name, std::string_view value) {
    _edits.push_back({what, name, keep(value)});
    _ids |= bit_of(name.id);
  }

  // Most names that are asked for are in none of the edits.
  static std::uint64_t bit_of(field_id id) { return std::uint64_t{1} << static_cast<unsigned>(id); }
  bool may_have(field_id id) const { return (_ids & bit_of(id)) != 0; }

  std::string_view keep(std::string_view value) {
    if (value.empty()) return {};
    if (value.size() > _values.size() - _used) return _more.emplace_front(value);
    char* to = _values.data() + _used;
    std::memcpy(to, value.data(), value.size());
    _used += value.size();
    return {to, value.size()};
  }

  static_assert(static_cast<unsigned>(field_id::count) <= 64);

  std::vector<header_edit> _edits;
  std::uint64_t _ids = 0;  // a bit for each id that a name of the edits has
  std::array<char, 1024> _values;
  std::size_t _used = 0;                 // of _values
  std::forward_list<std::string> _more;  // values that have no room there
};

}  // namespace mes::gateway
