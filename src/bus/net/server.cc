#include "bus/net/server.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "bus/net/connection.h"

namespace mes::bus::net {
namespace {

constexpr int reads_in_a_turn = 4;  // of one connection, so that none starves the others

// A request gets this much room, and then so many times what has come of it, until it is whole: what it announces takes
// nothing, and a large one that comes in large pieces is copied once.
constexpr std::size_t room_min = std::size_t{4} << 10;
constexpr std::size_t room_growth = 4;

// Its memory comes from the pool, and may be kept by whom it is handed to.
bool is_large(std::size_t request_bytes) { return request_bytes > scratch_size / 2; }

std::uint32_t frame_size(const char* at) {
  std::uint32_t size;
  std::memcpy(&size, at, 4);
  return ntohl(size);
}

}  // namespace

server::server(poller& loop, server_options options, handler handle)
    : _loop(loop),
      _options(std::move(options)),
      _handle(std::move(handle)),
      _frames(spare_frames_bytes_max),
      _memory(_options.partial_bytes_max),
      _strangers_memory(_options.strangers_bytes_max),
      _scratch(std::make_unique_for_overwrite<char[]>(scratch_size)) {}

server::~server() {
  for (auto& [id, c] : _connections) {
    _loop.remove(c->fd);
    if (c->muted != 0) _loop.cancel(c->muted);
    close(c->fd);
  }
  for (const auto& [fd, timer] : _turned_away) {
    _loop.cancel(timer);
    close(fd);
  }
  if (_stalled_timer != 0) _loop.cancel(_stalled_timer);
  if (_strangers_timer != 0) _loop.cancel(_strangers_timer);
  stop_accepting();
}

void server::mute(std::uint64_t id, std::int64_t for_ms) {
  const auto it = _connections.find(id);
  if (it == _connections.end() || it->second->dead) return;
  connection& c = *it->second;
  const std::int64_t until_ms = now_ms() + for_ms;
  if (c.muted != 0 && until_ms <= c.muted_until_ms) return;
  if (c.muted != 0) _loop.cancel(c.muted);
  c.muted_until_ms = until_ms;
  c.muted = _loop.after(for_ms, [this, id] { unmute(id); });
  _to_flush.insert(id);
}

void server::close_when_answered(std::uint64_t id) {
  const auto it = _connections.find(id);
  if (it == _connections.end()) return;
  it->second->closing = true;
  _to_flush.insert(id);
}

void server::unmute(std::uint64_t id) {
  const auto it = _connections.find(id);
  if (it == _connections.end()) return;
  it->second->muted = 0;
  _to_flush.insert(id);
}

void server::close_idle(std::int64_t idle_ms) {
  const std::int64_t now = now_ms();
  for (auto& [id, c] : _connections) {
    const bool waits_for_us = !c->slots.empty() && c->outputs.empty() && !c->is_held();
    if (c->dead || waits_for_us || now - c->last_active_ms < idle_ms) continue;
    ++_stats.idle_closed;
    drop(*c);
  }
}

void server::drop(connection& c) {
  if (c.dead) return;
  c.dead = true;
  --_stats.connections;
  _host_counts.remove(c.who.host);
  if (c.muted != 0) _loop.cancel(c.muted);
  if (!c.wire.failure().empty()) {
    ++_stats.tls_failed;
    if (_tls_failed) _tls_failed(c.who, c.wire.failure());
  }
  let_go(c);
  _memory.done(c.who.connection);
  _strangers.erase(c.who.connection);
  _held_with_frames.erase(c.who.connection);
  _stats.answer_bytes -= std::exchange(c.output_bytes, 0);
  c.wire.say_goodbye();
  _loop.remove(c.fd);
  close(c.fd);
  const std::uint64_t id = c.who.connection;
  if (_closed) _closed(id);
  // The object goes at the end of the turn: callers up the stack may still hold it.
  _to_flush.insert(id);
}

void server::close_connection(std::uint64_t id) {
  if (const auto it = _connections.find(id); it != _connections.end()) drop(*it->second);
}

void server::on_ready(connection& c, std::uint32_t events) {
  if (c.dead) return;
  if ((events & EPOLLRDHUP) != 0) {
    c.ended = true;
    give_up_waiting(c);
  }
  if ((events & EPOLLOUT) != 0) {
    send_to(c);
    if (c.waits()) _to_flush.insert(c.who.connection);  // it may go on, though nothing more comes
  }
  if (!c.dead && ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0 || c.wire.wants_write())) {
    if (may_read(c))
      read_from(c);
    else if ((events & (EPOLLHUP | EPOLLERR)) != 0)
      drop(c);
  }
  if (!c.dead) update_interest(c);
}

request_memory& server::memory_of(const connection& c) { return c.trusted ? _memory : _strangers_memory; }

// As far as its answers go.
bool server::has_turn(const connection& c) const {
  return c.slots.size() < _options.requests_in_flight_max && !c.is_held() &&
         c.output_bytes < _options.output_bytes_max &&
         (_stats.answer_bytes < _options.answer_bytes_max || (c.slots.empty() && c.outputs.empty()));
}

bool server::may_take(const connection& c) const {
  return has_turn(c) && !c.dead && !_paused && !c.closing && c.muted == 0;
}

bool server::may_read(const connection& c) const {
  return may_take(c) && (!c.needs_room() || !c.trusted || _memory.has_room(c.who.connection));
}

void server::update_interest(connection& c) {
  give_up_waiting(c);
  if (may_take(c) && !may_read(c) && !c.in_line) wait_for_memory(c);
  if (c.is_held() && c.waits())
    _held_with_frames.insert(c.who.connection);
  else
    _held_with_frames.erase(c.who.connection);
  const std::uint32_t wanted = (c.ended ? 0U : EPOLLRDHUP) | (may_read(c) ? EPOLLIN : 0U) |
                               (c.outputs.empty() && !c.wire.wants_write() ? 0U : EPOLLOUT);
  if (wanted == c.interest) return;
  c.interest = wanted;
  _loop.change(c.fd, wanted);
}

void server::read_from(connection& c) {
  for (int i = 0; !c.dead; ++i) {
    if (c.partial && c.partial_have == c.partial_size) {
      if (!take_held(c)) return drop(c);
      if (!may_read(c)) return;
    }
    char* const into = c.partial ? c.partial.get() + c.partial_have : _scratch.get();
    std::size_t room = c.partial ? c.partial_size - c.partial_have : scratch_size;
    // What TLS has read ahead must be taken, for epoll knows nothing of it.
    if (i >= reads_in_a_turn) room = std::min(room, c.wire.pending());
    if (room == 0) return;
    const auto [what, got] = c.wire.read(into, room);
    if (what == transport::outcome::closed) return drop(c);
    if (!c.identified && c.wire.established()) {
      c.who.certificate = c.wire.subject();
      c.identified = true;
      if (_options.listeners[c.who.listener].greeting_bytes_max == 0) trust(c);
    }
    if (what == transport::outcome::blocked) return;
    c.last_active_ms = now_ms();
    _stats.bytes_in += got;
    if (!c.partial) {
      if (!take_frames(c, _scratch.get(), got)) return drop(c);
    } else {
      c.partial_have += got;
      if (c.partial_have == c.whole_size && !take_held(c)) return drop(c);
    }
    if (!may_read(c) || got < room) return;
  }
}

// Frames that had to wait, a whole frame, or the beginning of one that gets more room.
bool server::take_held(connection& c) {
  const std::size_t size = c.partial_size;
  const bool own = c.holds == connection::holding::request && is_large(size);
  if (size == c.whole_size) _memory.done(c.who.connection);
  const auto memory = std::move(c.partial);
  let_go(c);
  return take_frames(c, memory.get(), size, own ? memory : nullptr);
}

// Handles the whole frames in `data` and keeps the rest. `memory`: what a single large one lies in. False: this client
// does not speak the protocol.
bool server::take_frames(connection& c, char* data, std::size_t size, const std::shared_ptr<char[]>& memory) {
  using enum connection::holding;
  std::size_t at = 0;
  const auto keep = [&](std::size_t whole, connection::holding what) {
    const std::size_t have = size - at, room = std::min(whole, std::max(room_growth * have, room_min));
    c.partial = is_large(room) ? _frames.take(room) : std::make_shared_for_overwrite<char[]>(room);
    std::memcpy(c.partial.get(), data + at, have);
    c.partial_have = c.began_have = have;
    c.partial_size = room;
    c.whole_size = whole;
    c.holds = what;
    c.began_ms = c.last_active_ms;
    memory_of(c).take(room);
    while (_strangers_memory.is_full()) close_oldest_stranger();
    return true;
  };
  while (at < size) {
    if (!may_take(c)) return keep(size - at, frames);
    if (size - at < 4) return keep(4, request);
    const std::size_t length = frame_size(data + at);
    if (length > c.request_bytes_max) return false;
    if (size - at - 4 < length) return keep(4 + length, request);
    if (!take_frame(c, {data + at + 4, length, memory})) return false;
    at += 4 + length;
  }
  return true;
}

// What it holds is taken, or not wanted any more.
void server::let_go(connection& c) {
  memory_of(c).give_back(c.partial_size);
  c.partial.reset();
  c.partial_have = c.partial_size = 0;
  c.holds = connection::holding::nothing;
}

bool server::take_frame(connection& c, const frame& request) {
  if (!c.deaf) c.slots.push_back({.sequence = c.next_sequence});
  return _handle({c.who.connection, c.next_sequence++}, c.who, request) && !c.dead;
}

void server::answer(answer_slot to, wire::kafka::writer message) {
  const auto it = _connections.find(to.connection);
  if (it == _connections.end() || it->second->dead) return;
  connection& c = *it->second;
  if (c.deaf) return count_unheard(c, message.buffer().size());
  connection::slot* const slot = c.unanswered(to.sequence);
  if (slot == nullptr) return;
  slot->answered = true;
  slot->what = connection::output{};
  slot->what->held = std::move(message.buffer());
  slot->what->splices = std::move(message.splices());
  c.output_bytes += slot->what->memory();
  _stats.answer_bytes += slot->what->memory();
  if (is_short_of_memory()) watch_stalled();
  release_answers(c);
}

void server::answer_nothing(answer_slot to) {
  const auto it = _connections.find(to.connection);
  if (it == _connections.end() || it->second->dead) return;
  connection& c = *it->second;
  connection::slot* const slot = c.unanswered(to.sequence);
  if (slot == nullptr) return;
  slot->answered = true;
  release_answers(c);
}

void server::hold(answer_slot waiting) {
  const auto it = _connections.find(waiting.connection);
  if (it == _connections.end() || it->second->dead) return;
  auto& slots = it->second->slots;
  if (!slots.empty() && slots.back().sequence == waiting.sequence) slots.back().holds = true;
}

void server::release_answers(connection& c) {
  while (!c.slots.empty() && c.slots.front().answered) {
    if (c.slots.front().what) c.outputs.push_back(std::move(*c.slots.front().what));
    c.slots.pop_front();
  }
  _to_flush.insert(c.who.connection);
}

// What a client sent before it went is done whatever it waits for, and that it went is known when all of it is read.
// What it waits for is not kept: it would pile up behind the first request that is not answered.
void server::give_up_waiting(connection& c) {
  if (!c.ended || c.slots.empty() || !c.outputs.empty() || has_turn(c)) return;
  c.deaf = true;
  c.slots.clear();
  _stats.answer_bytes -= std::exchange(c.output_bytes, 0);
  _to_flush.insert(c.who.connection);
}

// To make an answer costs no less if nobody gets it, and no socket is there to slow it down: the others have a turn.
void server::count_unheard(connection& c, std::size_t bytes) {
  c.unheard_bytes += bytes;
  if (c.unheard_bytes < _options.output_bytes_max) return;
  c.unheard_bytes = 0;
  mute(c.who.connection, 1);
}

// What lies behind requests that wait would keep everybody waiting for its memory. A turn at a time: they may send more
// of them.
void server::hurry_held() {
  if (_held_with_frames.empty() || !_hurried || !_memory.is_full() || _memory.waiting() == 0) return;
  for (const std::uint64_t id : std::exchange(_held_with_frames, {})) _hurried(id);
  _loop.wake();
}

void server::flush() {
  hurry_held();
  do {
    auto ids = std::exchange(_to_flush, {});
    for (const std::uint64_t id : ids) {
      const auto it = _connections.find(id);
      if (it == _connections.end()) continue;
      connection& c = *it->second;
      if (!c.dead && !c.outputs.empty() && (c.interest & EPOLLOUT) == 0) send_to(c);
      if (!c.dead && c.closing && c.slots.empty() && c.outputs.empty()) drop(c);
      // Room again: frames that were kept back are handled, even if the client sends nothing more.
      if (!c.dead && (c.waits() || c.wire.pending() > 0) && may_read(c)) read_from(c);
      if (c.dead)
        _connections.erase(it);
      else
        update_interest(c);
    }
    read_waiting();
  } while (!_to_flush.empty());
}

void server::wait_for_memory(connection& c) {
  c.in_line = true;
  _memory.wait(c.who.connection, c.holds != connection::holding::nothing);
  ++_stats.memory_waits;
  watch_stalled();
}

bool server::is_short_of_memory() const {
  return _memory.waiting() > 0 || _stats.answer_bytes >= _options.answer_bytes_max;
}

// Nobody keeps the others waiting: who is silent within a request goes, who is so slow that it would take long yet, and
// who does not take its answers.
void server::watch_stalled() {
  if (_stalled_timer != 0) return;
  _stalled_timer = _loop.after(_options.stalled_ms / 2, [this] {
    _stalled_timer = 0;
    if (!is_short_of_memory()) return;
    const std::int64_t now = now_ms();
    for (auto& [id, c] : _connections) {
      if (c->dead || !is_stalled(*c, now)) continue;
      ++_stats.stalled_closed;
      drop(*c);
    }
    watch_stalled();
  });
}

bool server::is_stalled(const connection& c, std::int64_t now) const {
  const bool within_request = c.holds == connection::holding::request && c.trusted && !c.in_line;
  if (!within_request && c.outputs.empty()) return false;
  if (now - c.last_active_ms >= _options.stalled_ms) return true;
  const std::int64_t underway_ms = now - c.began_ms;
  if (!within_request || underway_ms < _options.stalled_ms) return false;
  const auto came = static_cast<double>(c.partial_have - c.began_have);
  const double left_ms = static_cast<double>(c.whole_size - c.partial_have) / came * static_cast<double>(underway_ms);
  return left_ms >= 2 * static_cast<double>(_options.stalled_ms);
}

// There may be memory again for connections that waited for it.
void server::read_waiting() {
  while (const auto id = _memory.next()) {
    const auto it = _connections.find(*id);
    if (it == _connections.end() || it->second->dead) {
      _memory.done(*id);
      continue;
    }
    connection& c = *it->second;
    c.in_line = false;
    c.last_active_ms = now_ms();  // that it came no further was not its fault
    if (may_read(c)) read_from(c);
    // It may have come on before its turn, or have to wait for something else.
    if (!may_read(c) || c.holds != connection::holding::request) _memory.done(*id);
    if (!c.dead) update_interest(c);
  }
}

void server::set_paused(bool paused) {
  if (_paused == paused) return;
  _paused = paused;
  for (auto& [id, c] : _connections) _to_flush.insert(id);
}

}  // namespace mes::bus::net
