// The server's way out: answers in pieces, as the sockets take them.
#include <algorithm>
#include <cstring>

#include "bus/net/connection.h"

namespace mes::bus::net {
namespace {

// Smaller parts are cheaper to copy than to send one by one.
constexpr std::size_t from_file_min = std::size_t{32} << 10;
// Bytes between two parts of a file that cost less to read along than a second call.
constexpr std::size_t gap_max = std::size_t{4} << 10;

}  // namespace

void server::send_to(connection& c) {
  while (!c.dead && !c.outputs.empty())
    if (!send_some(c)) return;
  if (!c.outputs.empty()) return;
  c.wire.cork(false);
  c.outputs.shrink_to_fit();
  if (c.closing) _to_flush.insert(c.who.connection);
}

// Sends from the first outputs; false when the socket takes no more, or the connection is gone.
bool server::send_some(connection& c) {
  const char* from = nullptr;
  const std::size_t have = gather(c, from);
  if (c.dead) return false;
  if (have > 0) return moved_on(c, c.wire.write(from, have), have);
  const auto& first = c.outputs.front();
  if (first.splice < first.splices.size()) return send_from_file(c);
  advance(c, 0);
  return true;
}

// The part that is next, as far as the socket takes it.
bool server::send_from_file(connection& c) {
  const auto& first = c.outputs.front();
  const auto& part = first.splices[first.splice].bytes;
  const std::size_t left = part.size - first.splice_sent;
  return moved_on(c, c.wire.send_file(_external.descriptor(part), part.position + first.splice_sent, left), left);
}

bool server::moved_on(connection& c, transport::moved moved, std::size_t wanted) {
  if (moved.what == transport::outcome::closed) drop(c);
  if (moved.what != transport::outcome::moved) return false;
  c.last_active_ms = now_ms();
  _stats.bytes_out += moved.size;
  advance(c, moved.size);
  return moved.size == wanted;
}

bool server::goes_from_file(const connection& c, const wire::kafka::external_bytes& part) const {
  return part.size >= from_file_min && !c.wire.encrypted() && _external.descriptor(part) >= 0;
}

// What goes out next: held bytes and external parts gathered into one buffer, so that many small parts cost one
// system call. The same bytes again, and maybe more, until they are sent. It ends before what goes from its file,
// and corks the socket for that.
std::size_t server::gather(connection& c, const char*& from) {
  auto& first = c.outputs.front();
  if (c.outputs.size() == 1 && first.splices.empty()) {
    from = first.held.data() + first.held_sent;
    return std::min(first.held.size() - first.held_sent, scratch_size);
  }
  from = _scratch.get();
  std::size_t have = 0;
  for (std::size_t k = 0; k < c.outputs.size() && have < scratch_size; ++k) {
    connection::output& o = c.outputs[k];
    std::size_t held_at = o.held_sent, splice = o.splice, splice_at = o.splice_sent;
    while (have < scratch_size) {
      const std::size_t until = splice < o.splices.size() ? o.splices[splice].at : o.held.size();
      if (held_at < until) {
        const std::size_t size = std::min(until - held_at, scratch_size - have);
        std::memcpy(_scratch.get() + have, o.held.data() + held_at, size);
        held_at += size;
        have += size;
        continue;
      }
      if (splice == o.splices.size()) break;
      const auto& part = o.splices[splice].bytes;
      if (goes_from_file(c, part)) {
        c.wire.cork(true);
        return have;
      }
      if (!read_parts(c, k, splice, splice_at, have)) {
        drop(c);  // the length is sent already: there is no way to answer with an error
        return 0;
      }
    }
  }
  return have;
}

// Reads the part at `splice` behind the `have` bytes in the scratch, as far as there is room, and in the same call
// those that follow it closely in its file. Moves all three on.
bool server::read_parts(const connection& c, std::size_t output, std::size_t& splice, std::size_t& splice_at,
                        std::size_t& have) {
  const auto& splices = c.outputs[output].splices;
  char* const into = _scratch.get() + have;
  const std::size_t room = scratch_size - have, left = splices[splice].bytes.size - splice_at;
  const auto& first = splices[splice].bytes;
  const std::uint64_t from = first.position + splice_at;
  std::size_t span = std::min(left, room), end = splice + 1;
  for (; left <= room && end < splices.size() && splices[end].at == splices[splice].at; ++end) {
    const auto& next = splices[end].bytes;
    if (next.source != first.source || next.position < from + span || next.position > from + span + gap_max) break;
    if (next.position + next.size > from + room || goes_from_file(c, next)) break;
    span = next.position + next.size - from;
  }
  if (span > 0 && !_external.read(first, splice_at, into, span)) return false;
  std::size_t size = std::min(left, room);
  splice_at += size;
  for (std::size_t k = splice + 1; k < end; ++k) {
    const auto& part = splices[k].bytes;
    std::memmove(into + size, into + (part.position - from), part.size);
    size += part.size;
  }
  have += size;
  if (splice_at < first.size) return true;
  splice = end;
  splice_at = 0;
  return true;
}

// `left` bytes have gone out.
void server::advance(connection& c, std::size_t left) {
  while (!c.outputs.empty()) {
    connection::output& o = c.outputs.front();
    for (;;) {
      const std::size_t until = o.splice < o.splices.size() ? o.splices[o.splice].at : o.held.size();
      const std::size_t held = std::min(until - o.held_sent, left);
      o.held_sent += held;
      left -= held;
      if (o.held_sent < until || o.splice == o.splices.size()) break;
      const std::size_t part = std::min(o.splices[o.splice].bytes.size - o.splice_sent, left);
      o.splice_sent += part;
      left -= part;
      if (o.splice_sent < o.splices[o.splice].bytes.size) break;
      o.splices[o.splice].bytes.source.reset();
      ++o.splice;
      o.splice_sent = 0;
    }
    if (o.held_sent < o.held.size() || o.splice < o.splices.size()) break;
    c.output_held -= o.held.size();
    c.outputs.pop_front();
  }
}

}  // namespace mes::bus::net
