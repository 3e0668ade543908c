#include "platform/import/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace mes::platform {

using clock = std::chrono::steady_clock;

progress_bar::progress_bar(bool quiet) : _quiet(quiet), _terminal(isatty(STDERR_FILENO) == 1) {}

void progress_bar::stage(std::string_view name, std::int64_t total) {
  finish();
  _name = name;
  _total = total;
  _done = 0;
  _started = _drawn = clock::now();
}

void progress_bar::step(std::int64_t done) {
  _done = done;
  const auto now = clock::now();
  const auto every = _terminal ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10'000);
  if (now - _drawn < every) return;
  _drawn = now;
  draw(false);
}

void progress_bar::finish() {
  if (!_name.empty()) draw(true);
  _name.clear();
}

void progress_bar::draw(bool last) {
  if (_quiet) return;
  const double seconds = std::max(0.001, std::chrono::duration<double>(clock::now() - _started).count());
  const double rate = static_cast<double>(_done) / seconds;
  if (!_terminal) {
    fmt::print(stderr, "{}: {} of {}, {:.0f} a second\n", _name, _done, _total, rate);
    return;
  }
  constexpr std::int64_t width = 40;
  const std::int64_t filled = _total > 0 ? std::clamp(_done * width / _total, std::int64_t{0}, width) : width;
  fmt::print(stderr, "\r{:<12} [{}{}] {}/{}  {:.0f}/s \x1b[K{}", _name,
             std::string(static_cast<std::size_t>(filled), '#'),
             std::string(static_cast<std::size_t>(width - filled), ' '), _done, _total, rate, last ? "\n" : "");
  std::fflush(stderr);
}

}  // namespace mes::platform
