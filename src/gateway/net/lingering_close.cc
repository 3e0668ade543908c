#include "gateway/net/lingering_close.h"

#include <algorithm>

namespace mes::gateway {
namespace {

// As nginx's lingering_timeout and lingering_time.
constexpr std::int64_t silence_ms = 5'000, longest_ms = 30'000;
constexpr std::int64_t stopping_ms = 1'000;  // when the gateway stops
constexpr std::int64_t stopping_look_ms = 100;
constexpr std::size_t turn_bytes = 256 << 10;  // that are read before others have their turn

}  // namespace

void lingering_close::begin(bool stopping) {
  _stream.shut_down_write();
  _stopping = stopping;
  _untaken = _stream.untaken();
  _taken_ms = _loop.now_ms();
  allow_more();
}

void lingering_close::hurry() {
  if (_stopping) return;
  _stopping = true;
  allow_more();
}

void lingering_close::allow_more() {
  const std::int64_t now_ms = _loop.now_ms();
  _until_ms = now_ms + (_stopping ? stopping_ms : longest_ms);
  _silent_until_ms = std::min(_until_ms, now_ms + silence_ms);
  if (_stopping) _loop.sweep_by(now_ms + stopping_look_ms);
}

bool lingering_close::read_on() {
  std::size_t bytes = 0;
  while (_stream.readable() && bytes < turn_bytes) {
    io_result got = _stream.read(_loop.scratch(), net_loop::scratch_bytes);
    if (got.status == io_status::again) break;
    if (got.status != io_status::ok) return false;
    bytes += got.bytes;
  }
  if (bytes > 0) _silent_until_ms = std::min(_until_ms, _loop.now_ms() + silence_ms);
  return true;
}

// A client that takes what was written has its time from there on; it may tell the gateway of it (WINDOW_UPDATE).
bool lingering_close::goes_on() {
  const std::int64_t now_ms = _loop.now_ms();
  if (const std::size_t left = _stream.untaken(); left < _untaken) {
    _untaken = left;
    _taken_ms = now_ms;
    allow_more();
  }
  if (_stopping) _loop.sweep_by(now_ms + stopping_look_ms);
  return now_ms < _silent_until_ms || (_untaken > 0 && now_ms - _taken_ms < silence_ms);
}

}  // namespace mes::gateway
