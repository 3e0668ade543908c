#include "gateway/proxy/http2_client.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/base64.h"
#include "gateway/http/nominated_fields.h"
#include "gateway/proxy/http2_settings.h"
#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

constexpr std::size_t unsent_max =
    256 << 10;  // of what the client does not read, before nothing of it is read any more
constexpr std::size_t write_bytes = 64 << 10;
// Behind a 101, until its client speaks HTTP/2, and the frame that goes beyond it: curl fails if it reads more than
// 32 KiB together with the 101.
constexpr std::size_t upgrade_bytes = 8 << 10;
constexpr std::size_t turn_bytes = 256 << 10;  // that are read of a connection before others have their turn
// As nginx: a flood is what has brought eight times as many bytes as heads and bodies had, and some to begin with.
constexpr std::uint64_t bytes_by_payload = 8, bytes_allowed = 8 << 20;
constexpr std::int64_t rapid_reset_ms = 50;  // of a stream's age

}  // namespace

http2_client::http2_client(worker& of, net_stream stream, std::shared_ptr<client_link> link)
    : _worker(of),
      _stream(std::move(stream)),
      _linger(of.loop, _stream),
      _out(of.loop.blocks()),
      _link(std::move(link)),
      _activity(of.stats, activity::waiting) {
  _deadline_ms = of.loop.now_ms() + of.options.idle_timeout_ms;
}

http2_client::~http2_client() { _worker.loop.forget_turn_end(*this); }

void http2_client::start(std::string_view seen) {
  _session = make_http2_server(*this, _worker.options.header_bytes_max);
  if (!_session || !feed(seen)) _giving_up = true;
  if (_worker.draining()) drain();
  write_soon();
}

bool http2_client::start_upgraded(const request_head& request, std::string_view seen) {
  _session = make_http2_server(*this, _worker.options.header_bytes_max);
  auto settings = base64url_decode(request.headers.get("http2-settings"));
  if (!_session || !settings ||
      nghttp2_session_upgrade2(_session.get(), reinterpret_cast<const std::uint8_t*>(settings->data()),
                               settings->size(), request.method == "HEAD", nullptr) != 0)
    return false;
  if (seen.empty()) _send_max = upgrade_bytes;
  _out.append("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  http2_stream& first = add_stream(1);
  first.add_field(":method", request.method);
  first.add_field(":path", request.target);
  first.add_field(":scheme", "http");
  first.add_field(":authority", request.authority);
  const nominated_fields nominated(request.headers);
  for (const header_view& h : request.headers)
    if (h.id != field_id::connection && h.id != field_id::upgrade && h.id != field_id::host &&
        h.id != field_id::keep_alive && !equals_ignoring_case(h.name, "http2-settings") && !nominated.has(h.name))
      first.add_field(h.name, h.value);
  first.end_head(false);
  make_ready(first);
  if (!feed(seen)) _giving_up = true;
  if (_worker.draining()) drain();
  write_soon();
  return true;
}

void http2_client::on_events(std::uint32_t epoll_events) {
  if (_closed) return;
  _stream.note_events(epoll_events);
  if (_lingers) return linger();
  if (_stream.hung_up()) return close();
  receive();
  if (!_closed) run_ready();
  if (!_closed) send();
}

void http2_client::on_turn_end() {
  if (_closed) return;
  if (_lingers) return linger();
  receive();
  if (!_closed) run_ready();
  if (!_closed) send();
}

void http2_client::write_soon() { _worker.loop.at_turn_end(*this); }

void http2_client::make_ready(http2_stream& s) {
  if (!s.ready) _ready.push_back(s.id);
  s.ready = true;
  write_soon();
}

void http2_client::receive() {
  std::size_t bytes = 0;
  while (_stream.readable() && _out.size() < unsent_max && !_giving_up) {
    if (bytes >= turn_bytes) return write_soon();  // the next turn goes on
    io_result got = _stream.read(_worker.loop.scratch(), net_loop::scratch_bytes);
    if (got.status == io_status::again) return;
    if (got.status != io_status::ok) return close();
    _send_max = SIZE_MAX;
    // Streams copy what they keep, and proceed later: nobody else uses the scratch area meanwhile.
    if (!feed({_worker.loop.scratch(), got.bytes})) {
      _giving_up = true;
      return;
    }
    bytes += got.bytes;
    _received += got.bytes;
    if (_received > bytes_by_payload * _payload + bytes_allowed)
      return ask_for_calm("it sends hardly a head or a body");
  }
}

bool http2_client::feed(std::string_view bytes) {
  auto used =
      nghttp2_session_mem_recv(_session.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (used == NGHTTP2_ERR_FLOODED) ask_for_calm("it takes too few answers to SETTINGS and PING");
  if (used == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) ask_for_calm("a head comes in too many CONTINUATION frames");
  return used >= 0 && static_cast<std::size_t>(used) == bytes.size();
}

void http2_client::run_ready() {
  std::vector<std::int32_t> now;
  now.swap(_ready);  // those that become so meanwhile go on in the next turn
  for (std::int32_t id : now) {
    http2_stream* s = find(id);
    if (!s) continue;
    s->ready = false;
    s->proceed();
    if (_closed) return;
  }
}

bool http2_client::collect(std::size_t enough) {
  while (_out.size() < enough) {
    const std::uint8_t* frame = nullptr;
    auto bytes = nghttp2_session_mem_send(_session.get(), &frame);
    if (bytes <= 0) return bytes == 0;
    _out.append({reinterpret_cast<const char*>(frame), static_cast<std::size_t>(bytes)});
  }
  return true;
}

// What the client may have yet, then the end: frames that wait for a stream go with it when it is reset.
void http2_client::cut_off(http2_stream& s) {
  resume(s);
  collect(SIZE_MAX);
  reset(s, NGHTTP2_INTERNAL_ERROR);
}

// The session's frames into the buffer, the buffer to the socket, until one of them has enough.
void http2_client::send() {
  while (true) {
    if (!collect(std::min(write_bytes, _send_max))) return close();
    if (_out.empty()) break;
    if (_send_max != SIZE_MAX) _send_max -= std::min(_send_max, _out.size());
    if (!write_out()) return;
  }
  _out.release();
  bool over = !nghttp2_session_want_read(_session.get()) && !nghttp2_session_want_write(_session.get());
  if (_giving_up || over || ((_draining || _stream.peer_finished()) && _streams.empty())) return begin_linger();
  if (!_ready.empty()) write_soon();
}

// False: blocked or gone.
bool http2_client::write_out() {
  while (!_out.empty()) {
    if (!_stream.writable()) return false;
    io_result put = _stream.write(_out.view());
    if (put.status == io_status::again) continue;
    if (put.status != io_status::ok) {
      close();
      return false;
    }
    _out.consume(put.bytes);
    _deadline_ms = _worker.loop.now_ms() + _worker.options.idle_timeout_ms;
  }
  return true;
}

http2_stream* http2_client::find(std::int32_t id) {
  auto found = _streams.find(id);
  return found == _streams.end() ? nullptr : found->second.get();
}

http2_stream& http2_client::add_stream(std::int32_t id) {
  auto& slot = _streams[id];
  slot = std::make_unique<http2_stream>(*this, _worker, id, _link);
  _activity.be(activity::other);
  return *slot;
}

// The session is done with a stream: its exchange may be over, or is cut off.
void http2_client::stream_closed(http2_stream& s, std::uint32_t code) {
  s.in_session = false;
  if (!s.input_ended()) _payload += s.window;  // what may be under way still
  // A call that runs into its deadline is no rapid reset (CVE-2023-44487).
  const std::int64_t now_ms = _worker.loop.now_ms();
  const bool rapid = code != NGHTTP2_NO_ERROR && !s.over() && now_ms - s.opened_ms < rapid_reset_ms;
  if (rapid && !_resets.take(now_ms)) ask_for_calm("it resets too many streams that it has just opened");
  if (s.over())
    exchange_gone(s);
  else
    make_ready(s);  // it learns of it outside of the session's callbacks
}

void http2_client::exchange_gone(http2_stream& s) {
  if (s.in_session) return;  // the session still sends its answer
  auto found = _streams.find(s.id);
  if (found == _streams.end() || found->second.get() != &s) return;
  _worker.loop.bury(std::move(found->second));
  _streams.erase(found);
  if (_streams.empty()) {
    _activity.be(activity::waiting);
    _deadline_ms = _worker.loop.now_ms() + _worker.options.idle_timeout_ms;
    if (_draining) write_soon();
  }
}

// The frame goes out with what is sent next; the connection is closed behind it.
void http2_client::give_up(std::uint32_t code) {
  nghttp2_session_terminate_session(_session.get(), code);
  write_soon();
}

void http2_client::ask_for_calm(std::string_view why) {
  if (std::exchange(_was_too_much, true)) return;
  _worker.parts.log.warn("a client's HTTP/2 connection ends: ENHANCE_YOUR_CALM",
                         {{"client", std::string_view(_link->address)}, {"error", why}});
  give_up(NGHTTP2_ENHANCE_YOUR_CALM);
}

void http2_client::end_streams() {
  std::vector<http2_stream*> open;
  for (auto& [id, s] : _streams) {
    s->in_session = false;
    open.push_back(s.get());
  }
  for (http2_stream* s : open) {
    if (s->over())
      exchange_gone(*s);
    else
      s->peer_gone();
  }
}

void http2_client::begin_linger() {
  _lingers = true;
  end_streams();
  _linger.begin(_worker.draining());
  linger();
}

void http2_client::linger() {
  if (!_linger.read_on()) return close();
  if (_stream.readable()) write_soon();
}

void http2_client::close() {
  if (_closed) return;
  _closed = true;
  end_streams();
  _stream.shut_down_write();
  _stream.close();
  _worker.loop.forget_turn_end(*this);
  _worker.remove(*this);
}

void http2_client::sweep(std::int64_t now_ms) {
  if (_closed) return;
  if (_lingers) {
    if (!_linger.goes_on()) close();
    return;
  }
  std::vector<http2_stream*> all;
  for (auto& [id, s] : _streams) all.push_back(s.get());
  for (http2_stream* s : all) s->stop_waiting(now_ms);
  if (_closed || now_ms < _deadline_ms) return write_soon();
  if (!_out.empty()) return close();  // the client does not read
  if (_streams.empty() && !_draining) {
    _draining = true;
    give_up(NGHTTP2_NO_ERROR);
  }
}

// The session gives the frame out before it takes more in: what it calls unprocessed it then passes over (RFC 9113,
// section 6.8), and its client may ask elsewhere.
void http2_client::drain() {
  if (_closed) return;
  if (_lingers) return _linger.hurry();
  if (_draining) return;
  _draining = true;
  nghttp2_submit_goaway(_session.get(), NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(_session.get()),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  collect(SIZE_MAX);
  write_soon();
}

}  // namespace mes::gateway
