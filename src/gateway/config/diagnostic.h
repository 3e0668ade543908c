// What a check of a configuration finds, with its place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/references.h"
#include "wire/yaml/yaml.h"

namespace mes::gateway {

enum class severity : std::uint8_t { error, warning };

class check_memory;

struct diagnostic {
  severity kind = severity::error;
  wire::yaml_mark mark;
  std::string message;
  // The same in Kong's words, without the place, for the Admin API; "" = there are none of Kong's. `member` is what is
  // meant of the mapping at `mark` if it is not there.
  std::string reason = {};
  std::string member = {};
};

// Collects findings while one file is checked: all of them, not the first alone.
class reporter {
 public:
  explicit reporter(std::string file) : _file(std::move(file)) {}

  void error(wire::yaml_mark mark, std::string message, std::string reason = {}, std::string_view member = {}) {
    _findings.push_back({severity::error, mark, std::move(message), std::move(reason), std::string(member)});
    ++_errors;
  }
  void warning(wire::yaml_mark mark, std::string message) {
    _findings.push_back({severity::warning, mark, std::move(message)});
  }
  // What time alone has made wrong.
  void outdated(wire::yaml_mark mark, std::string message) {
    taken ? warning(mark, std::move(message)) : error(mark, std::move(message));
  }
  bool failed() const { return _errors > 0; }
  std::size_t errors() const { return _errors; }
  std::string count() const { return std::to_string(_errors) + (_errors == 1 ? " error" : " errors"); }
  const std::string& file() const { return _file; }
  const std::vector<diagnostic>& findings() const { return _findings; }
  std::vector<diagnostic> sorted() const;                // by place
  std::string text_of(const diagnostic& finding) const;  // "kong.yml:12:5: error: …"

  bool taken = false;              // all of it was checked when it came
  check_memory* memory = nullptr;  // of loads before; nullptr: none
  vault_prefixes vaults;           // what references in this file may name

 private:
  std::string _file;
  std::vector<diagnostic> _findings;
  std::size_t _errors = 0;
};

}  // namespace mes::gateway
