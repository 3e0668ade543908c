#include "gateway/proxy/upstream_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include "gateway/proxy/client_exchange.h"
#include "gateway/proxy/http2_upstream.h"
#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

constexpr int idle_reads_max = 16;  // on end: who has so much to say unasked is not kept

}  // namespace

upstream_connection::upstream_connection(worker& of, std::string k, std::string_view name)
    : in(of.loop.blocks()),
      out(of.loop.blocks()),
      key(std::move(k)),
      tls_name(name),
      begun_us(net_loop::clock_us()),
      _worker(of) {}

upstream_connection::~upstream_connection() = default;

void upstream_connection::on_events(std::uint32_t epoll_events) {
  if (dead) return;
  stream.note_events(epoll_events);
  if (owner)
    owner->on_upstream_events();
  else if (stream.peer_finished() || !(http2 ? serve_idle() : !stream.stale()))
    _worker.pool.drop(*this);  // closed, or speaking unasked
}

bool upstream_connection::is_usable() {
  if (!http2) return !stream.stale();
  stream.note_events(EPOLLIN);  // of what has just come no event has told yet
  return serve_idle();
}

// An idle connection of HTTP/2 may be asked for signs of life, or be told to go. False: it is of no use any more.
bool upstream_connection::serve_idle() {
  for (int reads = 0; stream.readable(); ++reads) {
    if (reads == idle_reads_max) return false;
    io_result got = stream.read(_worker.loop.scratch(), net_loop::scratch_bytes);
    if (got.status == io_status::again) break;
    if (got.status != io_status::ok || !http2->receive({_worker.loop.scratch(), got.bytes})) return false;
  }
  if (!http2->reusable() || !http2->collect(out)) return false;
  while (!out.empty() && stream.writable()) {
    io_result put = stream.write(out.view());
    if (put.status == io_status::ok) out.consume(put.bytes);
    if (put.status == io_status::closed || put.status == io_status::failed) return false;
  }
  return true;
}

io_status upstream_connection::advance() {
  if (phase == state::connecting) {
    if (!stream.writable()) return io_status::again;
    socklen_t size = sizeof connect_error;
    if (getsockopt(stream.fd(), SOL_SOCKET, SO_ERROR, &connect_error, &size) != 0 || connect_error != 0)
      return io_status::failed;
    phase = state::handshaking;
    connected_us = net_loop::clock_us();
  }
  if (phase == state::handshaking) {
    io_result shaken = stream.handshake();
    if (shaken.status != io_status::ok) return shaken.status;
    phase = state::ready;
    ready_us = stream.tls() ? net_loop::clock_us() : connected_us;
  }
  return io_status::ok;
}

}  // namespace mes::gateway
