#include "gateway/watched_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "observe/log.h"

namespace mes::gateway {

using namespace std::chrono_literals;

bool was_not_read(const result<void>& taken) {
  return !taken && (taken.error().code == error_code::not_found || taken.error().code == error_code::storage_failed);
}

void watched_files::watch(std::vector<std::string> files, std::function<void()> changed) {
  _watch.reset();
  _trouble.clear();
  if (std::ranges::find(files, "") != files.end()) return;
  auto missing = [this, all = fmt::format("{}", fmt::join(files, ", "))](bool gone) {
    if (gone)
      _log.warn(fmt::format("the {} cannot be read any more, and stays as it was: {}", _what, all));
    else
      _log.info(fmt::format("the {} can be read again: {}", _what, all));
  };
  _watch =
      std::make_unique<runtime::file_watch>(_loop, std::move(files), 250ms, std::move(changed), std::move(missing));
}

void watched_files::note(const result<void>& taken) {
  if (!_watch) return;
  const std::string before = std::exchange(_trouble, was_not_read(taken) ? taken.error().message : "");
  if (!_trouble.empty()) _watch->tell_again();
  if (_trouble == before) return;
  if (_trouble.empty())
    _log.info(fmt::format("the {} can be read again", _what));
  else
    _log.error(fmt::format("the {} cannot be read, and stays as it was: {}", _what, _trouble));
}

}  // namespace mes::gateway
