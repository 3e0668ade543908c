// The server's way out: answers in pieces, as the sockets take them.
#include <algorithm>
#include <cstring>
#include <optional>

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
  if (first.sent.splice < first.splices.size()) return send_from_file(c);
  advance(c, 0);
  return true;
}

// The part that is next, as far as the socket takes it.
bool server::send_from_file(connection& c) {
  const auto& first = c.outputs.front();
  const auto& part = first.splices[first.sent.splice].bytes;
  const std::size_t left = part.size - first.sent.in_splice;
  return moved_on(c, c.wire.send_file(_external.descriptor(part), part.position + first.sent.in_splice, left), left);
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
    from = first.held.data() + first.sent.held;
    return std::min(first.held.size() - first.sent.held, scratch_size);
  }
  from = _scratch.get();
  std::size_t have = 0;
  for (std::size_t k = 0; k < c.outputs.size() && have < scratch_size; ++k) {
    connection::output& o = c.outputs[k];
    place at = o.sent;
    while (have < scratch_size) {
      const std::size_t until = at.splice < o.splices.size() ? o.splices[at.splice].at : o.held.size();
      if (at.held < until) {
        const std::size_t size = std::min(until - at.held, scratch_size - have);
        std::memcpy(_scratch.get() + have, o.held.data() + at.held, size);
        at.held += size;
        have += size;
        continue;
      }
      if (at.splice == o.splices.size()) break;
      if (goes_from_file(c, o.splices[at.splice].bytes)) {
        c.wire.cork(true);
        return have;
      }
      const auto got = read_parts(c, k, at, _scratch.get() + have, scratch_size - have);
      if (!got) {
        drop(c);  // the length is sent already: there is no way to answer with an error
        return 0;
      }
      have += *got;
      at.in_splice += *got;
      while (at.splice < o.splices.size() && at.in_splice >= o.splices[at.splice].bytes.size)
        at.in_splice -= o.splices[at.splice++].bytes.size;
    }
  }
  return have;
}

// Reads the part at `at`, as far as there is room, and in the same call those that follow it closely in its file. How
// many bytes of parts; nothing if the file does not have them.
std::optional<std::size_t> server::read_parts(const connection& c, std::size_t output, place at, char* into,
                                              std::size_t room) const {
  const auto& splices = c.outputs[output].splices;
  const auto& first = splices[at.splice].bytes;
  const std::size_t left = first.size - at.in_splice;
  const std::uint64_t from = first.position + at.in_splice;
  std::size_t span = std::min(left, room), end = at.splice + 1;
  for (; left <= room && end < splices.size() && splices[end].at == splices[at.splice].at; ++end) {
    const auto& next = splices[end].bytes;
    if (next.source != first.source || next.position < from + span || next.position > from + span + gap_max) break;
    if (next.position + next.size > from + room || goes_from_file(c, next)) break;
    span = next.position + next.size - from;
  }
  if (span > 0 && !_external.read(first, at.in_splice, into, span)) return std::nullopt;
  std::size_t size = std::min(left, room);
  for (std::size_t k = at.splice + 1; k < end; ++k) {
    const auto& part = splices[k].bytes;
    std::memmove(into + size, into + (part.position - from), part.size);
    size += part.size;
  }
  return size;
}

// `left` bytes have gone out.
void server::advance(connection& c, std::size_t left) {
  while (!c.outputs.empty()) {
    connection::output& o = c.outputs.front();
    for (;;) {
      const std::size_t until = o.sent.splice < o.splices.size() ? o.splices[o.sent.splice].at : o.held.size();
      const std::size_t held = std::min(until - o.sent.held, left);
      o.sent.held += held;
      left -= held;
      if (o.sent.held < until || o.sent.splice == o.splices.size()) break;
      const std::size_t part = std::min(o.splices[o.sent.splice].bytes.size - o.sent.in_splice, left);
      o.sent.in_splice += part;
      left -= part;
      if (o.sent.in_splice < o.splices[o.sent.splice].bytes.size) break;
      o.splices[o.sent.splice].bytes.source.reset();
      ++o.sent.splice;
      o.sent.in_splice = 0;
    }
    if (o.sent.held < o.held.size() || o.sent.splice < o.splices.size()) break;
    c.output_bytes -= o.memory();
    _stats.answer_bytes -= o.memory();
    c.outputs.pop_front();
  }
}

}  // namespace mes::bus::net
