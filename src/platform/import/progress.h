// A progress bar on a terminal; a line now and then elsewhere. Writes to standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace mes::platform {

class progress_bar {
 public:
  explicit progress_bar(bool quiet);

  void stage(std::string_view name, std::int64_t total);  // begins a new bar, ends the one before
  void step(std::int64_t done);                           // draws at most ten times a second
  void finish();                                          // ends the line of the last bar

 private:
  void draw(bool last);

  bool _quiet, _terminal;
  std::string _name;
  std::int64_t _total = 0, _done = 0;
  std::chrono::steady_clock::time_point _started, _drawn;
};

}  // namespace mes::platform
