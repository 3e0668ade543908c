// What a check of a configuration finds, with its place.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
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

// Collects findings while one file is checked: all of them, not the first alone. What YAML's aliases repeat is told
// once, and of errors and of warnings a thousand each: a file of 14 KB may have 150,000 of them, and is not read to
// its end then.
class reporter {
 public:
  explicit reporter(std::string file) : _file(std::move(file)) {}

  void error(wire::yaml_mark mark, std::string message, std::string reason = {}, std::string_view member = {}) {
    ++_errors;
    tell({severity::error, mark, std::move(message), std::move(reason), std::string(member)});
  }
  void warning(wire::yaml_mark mark, std::string message) { tell({severity::warning, mark, std::move(message)}); }
  // What time alone has made wrong.
  void outdated(wire::yaml_mark mark, std::string message) {
    taken ? warning(mark, std::move(message)) : error(mark, std::move(message));
  }
  bool failed() const { return _errors > 0; }
  std::size_t errors() const { return _errors; }  // each time that one was found
  bool full() const;                              // there is no use in looking for more
  std::string count() const;                      // "2 errors", each once
  const std::string& file() const { return _file; }
  const std::vector<diagnostic>& findings() const { return _findings; }
  std::vector<diagnostic> sorted() const;                // by place; at the end how many more there are
  std::string text_of(const diagnostic& finding) const;  // "kong.yml:12:5: error: …"
  std::string line_of(wire::yaml_mark mark) const;       // "line 12": where another one is

  bool taken = false;              // all of it was checked when it came
  check_memory* memory = nullptr;  // of loads before; nullptr: none
  vault_prefixes vaults;           // what references in this file may name
  // Of what is no text but a tree of entities: what stands for a line, "entities.json, plugins/1234-…". Empty: a text.
  std::function<std::string(int line)> entity_at;

 private:
  void tell(diagnostic finding);
  std::string place_of(wire::yaml_mark mark) const;

  std::string _file;
  std::vector<diagnostic> _findings;
  std::unordered_set<std::size_t> _told;    // digests of places and texts
  std::array<std::size_t, 2> _counts = {};  // by severity, each finding once
  std::size_t _errors = 0;
};

}  // namespace mes::gateway
