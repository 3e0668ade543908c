// Changes to a header that plugins ask for, applied in one pass when the header is written.
#pragma once

#include <cstdint>
#include <cstring>
#include <forward_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/field_value.h"
#include "gateway/http/head.h"

namespace mes::gateway {

struct header_edit {
  enum class kind : std::uint8_t { set, add, clear };
  kind what = kind::set;
  field_name name;         // outlives the request: a literal, or owned by the plugin's configuration
  std::string_view value;  // lives until reset()
};

// Values are copied into memory that the edits keep from request to request; control characters come out as %XX.
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

  void rename(const field_name& from, const field_name& to, const std::vector<std::string_view>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) i == 0 ? set(to, values[i]) : add(to, values[i]);
    clear(from);
  }

  // True if fields of this name that came with the message are to be left out.
  bool replaces(const header_view& field) const {
    const field_name name(field.name, field.id);
    if (!may_have(name)) return false;
    for (const header_edit& e : _edits)
      if (e.what != header_edit::kind::add && e.name == name) return true;
    return false;
  }
  const header_edit* find(const field_name& name) const {
    if (!may_have(name)) return nullptr;
    for (const header_edit& e : _edits)
      if (e.name == name) return &e;
    return nullptr;
  }

  bool empty() const { return _edits.empty(); }
  void reset() {
    _edits.clear();
    _names = 0;
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
    _names |= bit_of(name);
  }

  // Most names that are asked for are in none of the edits: known ones have a bit each, others share some by length.
  static std::uint64_t bit_of(const field_name& name) {
    constexpr auto known = static_cast<unsigned>(field_id::count);
    static_assert(known < 60);
    std::size_t bit =
        name.id == field_id::other ? known + name.text.size() % (64 - known) : static_cast<unsigned>(name.id);
    return std::uint64_t{1} << bit;
  }
  bool may_have(const field_name& name) const { return (_names & bit_of(name)) != 0; }

  std::string_view keep(std::string_view value) {
    if (value.empty()) return {};
    if (has_controls(value)) return _more.emplace_front(escape_controls(value));
    if (value.size() > values_bytes - _used) return _more.emplace_front(value);
    if (!_values) _values = std::make_unique_for_overwrite<char[]>(values_bytes);
    char* to = _values.get() + _used;
    std::memcpy(to, value.data(), value.size());
    _used += value.size();
    return {to, value.size()};
  }

  std::vector<header_edit> _edits;
  std::uint64_t _names = 0;  // bit_of() all names of the edits
  static constexpr std::size_t values_bytes = 1024;
  std::unique_ptr<char[]> _values;       // nullptr until there is one
  std::size_t _used = 0;                 // of _values
  std::forward_list<std::string> _more;  // values that have no room there
};

}  // namespace mes::gateway
