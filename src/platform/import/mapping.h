// A declarative mapping from the columns of a CSV file to parts, resources, workers, orders and reports
// (docs/import.md).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "platform/import/local_time.h"

namespace mes::platform {

// `column` is (or is not) one of `values`.
struct row_condition {
  std::string column;
  std::vector<std::string> values;
  bool negated = false;
};

// How one field gets its text: the first case whose conditions hold, else a column or a constant, through `map`.
struct value_rule {
  struct when {
    std::vector<row_condition> all;
    std::string value;
  };
  std::vector<when> cases;
  std::string column;  // "" = none
  std::optional<std::string> constant;
  std::map<std::string, std::string> map;    // a value that is not in it is a reject; empty: taken as it is
  std::optional<std::string> default_value;  // where the column is empty
};

struct import_mapping {
  std::string name;    // part of every id: the same name and rows give the same ids
  std::string source;  // likewise; default: the name
  char separator = ',';
  char quote = '"';
  char decimal_point = '.';
  bool latin1 = false;  // the file's text is ISO 8859-1
  bool trim = false;
  std::string time_format = "%Y-%m-%dT%H:%M:%S";
  time_zone zone = *time_zone::find("UTC");
  std::vector<row_condition> skip;                        // rows that are no reports: left out, counted
  std::vector<std::string> identity;                      // columns that make a row itself; empty: all
  std::map<std::string, value_rule, std::less<>> fields;  // "report.completed"

  const value_rule* find(std::string_view field) const {
    const auto found = fields.find(field);
    return found == fields.end() ? nullptr : &found->second;
  }
};

// Errors list every mistake, each "file:line:column: what".
result<import_mapping> parse_mapping(std::string_view yaml, std::string_view file_name);
result<import_mapping> read_mapping(const std::string& path);

// Every column that it names, each once.
std::vector<std::string> columns_of(const import_mapping& mapping);

}  // namespace mes::platform
