// Tells when files have changed.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/event_loop.h"

namespace mes::runtime {

// Looks at the files each `period` and calls `changed`, on the loop's thread, once they differ from what they were when
// the watch was made or last told, and have stayed the same for a whole period: a file that is being written is left to
// its writer. Looking sees what notices of a folder miss: files behind links that are swapped (a ConfigMap), other
// machines' writes (NFS). A file that is missing is waited for; `missing`, if given, is told once when one has been for
// a whole period (true), and once when all are there again (false).
class file_watch {
 public:
  file_watch(event_loop& loop, std::vector<std::string> files, std::chrono::milliseconds period,
             std::function<void()> changed, std::function<void(bool)> missing = {});

  // What is there is told once more at the next look: for who could not read it now.
  void tell_again() { _told.clear(); }

 private:
  // Device, inode, size, and the times of the last writes of contents and of the inode, in nanoseconds.
  using mark = std::array<std::int64_t, 5>;
  bool look(std::vector<mark>& marks) const;  // false: one is missing
  void tick();

  std::vector<std::string> _files;
  std::function<void()> _changed;
  std::function<void(bool)> _missing;
  int _looks_missed = 0;  // on end
  std::vector<mark> _seen, _told;
  std::shared_ptr<event_loop::timer> _timer;
};

}  // namespace mes::runtime
