// Fields of one message in one piece of memory, names in lower case: what HTTP/2 sends and receives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mes::gateway {

// Views are good until the next add().
class field_list {
 public:
  void add(std::string_view name, std::string_view value) {
    _rows.push_back({static_cast<std::uint32_t>(_bytes.size()), static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
    for (char c : name) _bytes += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    _bytes.append(value);
  }
  void clear() {
    _bytes.clear();
    _rows.clear();
  }
  std::size_t size() const { return _rows.size(); }
  std::size_t bytes() const { return _bytes.size() + 32 * _rows.size(); }  // as SETTINGS_MAX_HEADER_LIST_SIZE counts
  std::string_view name(std::size_t i) const { return {_bytes.data() + _rows[i].at, _rows[i].name}; }
  std::string_view value(std::size_t i) const { return {_bytes.data() + _rows[i].at + _rows[i].name, _rows[i].value}; }

 private:
  struct row {
    std::uint32_t at, name, value;
  };
  std::string _bytes;
  std::vector<row> _rows;
};

}  // namespace mes::gateway
