// The list of rows that were not taken: line, reason, and the row as it stood, again as CSV.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "base/error.h"

namespace mes::platform {

// The file is made with the first reject; a list that an earlier run left is removed at once.
class reject_list {
 public:
  reject_list(std::string path, char separator);

  void add(std::int64_t line, std::string_view reason, std::string_view raw_row);
  std::int64_t count() const { return _count; }
  const std::string& path() const { return _path; }
  result<void> close();  // an error if not everything could be written

 private:
  std::string _path;
  char _separator;
  std::ofstream _out;
  std::int64_t _count = 0;
};

}  // namespace mes::platform
