// Changes to a header that plugins ask for, applied in one pass when the header is written.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "gateway/http/head.h"

namespace mes::gateway {

struct header_edit {
  enum class kind : std::uint8_t { set, add, clear };
  kind what = kind::set;
  field_id id = field_id::other;
  std::string_view name;   // outlives the request: a literal, or owned by the plugin's configuration
  std::string_view value;  // lives until reset()

  bool has_name(field_id other_id, std::string_view other_name) const {
    return id == other_id && (id != field_id::other || equals_ignoring_case(name, other_name));
  }
};

// Values are copied into memory that the edits keep from request to request.
class header_edits {
 public:
  header_edits() = default;
  header_edits(const header_edits& other) {
    for (const header_edit& e : other._edits) _edits.push_back({e.what, e.id, e.name, keep(e.value)});
  }
  header_edits& operator=(const header_edits&) = delete;

  void set(std::string_view name, std::string_view value) { put(header_edit::kind::set, name, value); }
  void clear(std::string_view name) { put(header_edit::kind::clear, name, {}); }
  void add(std::string_view name, std::string_view value) {
    _edits.push_back({header_edit::kind::add, field_id_of(name), name, keep(value)});
  }

  // True if fields of this name that came with the message are to be left out.
  bool replaces(const header_view& field) const {
    for (const header_edit& e : _edits)
      if (e.what != header_edit::kind::add && e.has_name(field.id, field.name)) return true;
    return false;
  }
  const header_edit* find(std::string_view name) const {
    field_id id = field_id_of(name);
    for (const header_edit& e : _edits)
      if (e.has_name(id, name)) return &e;
    return nullptr;
  }

  bool empty() const { return _edits.empty(); }
  void reset() {
    _edits.clear();
    _values.release();
  }
  auto begin() const { return _edits.begin(); }
  auto end() const { return _edits.end(); }

 private:
  void put(header_edit::kind what, std::string_view name, std::string_view value) {
    field_id id = field_id_of(name);
    std::erase_if(_edits, [&](const header_edit& e) { return e.has_name(id, name); });
    _edits.push_back({what, id, name, keep(value)});
  }

  std::string_view keep(std::string_view value) {
    if (value.empty()) return {};
    auto* to = static_cast<char*>(_values.allocate(value.size(), 1));
    std::memcpy(to, value.data(), value.size());
    return {to, value.size()};
  }

  std::vector<header_edit> _edits;
  std::array<char, 1024> _first;
  std::pmr::monotonic_buffer_resource _values{_first.data(), _first.size()};
};

}  // namespace mes::gateway
