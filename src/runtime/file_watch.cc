#include "runtime/file_watch.h"

#include <sys/stat.h>

#include <utility>

namespace mes::runtime {
namespace {

std::int64_t nanoseconds(const timespec& t) { return t.tv_sec * 1'000'000'000 + t.tv_nsec; }

}  // namespace

file_watch::file_watch(event_loop& loop, std::vector<std::string> files, std::chrono::milliseconds period,
                       std::function<void()> changed, std::function<void(bool)> missing)
    : _files(std::move(files)), _changed(std::move(changed)), _missing(std::move(missing)) {
  look(_seen);
  _told = _seen;
  _timer = loop.every(period, [this] { tick(); });
}

bool file_watch::look(std::vector<mark>& marks) const {
  for (const std::string& file : _files) {
    struct stat is{};
    if (stat(file.c_str(), &is) != 0) return false;
    marks.push_back({static_cast<std::int64_t>(is.st_dev), static_cast<std::int64_t>(is.st_ino),
                     static_cast<std::int64_t>(is.st_size), nanoseconds(is.st_mtim), nanoseconds(is.st_ctim)});
  }
  return true;
}

void file_watch::tick() {
  std::vector<mark> now;
  const bool there = look(now);
  const int missed = std::exchange(_looks_missed, there ? 0 : _looks_missed + 1);
  if (_missing && !there && missed == 1) _missing(true);
  if (_missing && there && missed > 1) _missing(false);
  if (!there) return;
  if (now != _seen) {
    _seen = std::move(now);
    return;
  }
  if (_seen == _told) return;
  _told = _seen;
  _changed();  // may end this watch
}

}  // namespace mes::runtime
