// A connection of a client that speaks HTTP/2 (RFC 9113), by libnghttp2: many exchanges side by side.
//
// Limits: streams at once, size and number of fields, CONTINUATION frames, unanswered SETTINGS and PINGs, resets and
// other control frames by rate, and all that is no head or body by its share. A body's bytes that were received and not
// passed on yet are within its stream's window: 64 KiB, or 1 MiB while all that comes is taken at once, for which a
// loop lends 32 MiB in all.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/http/head.h"
#include "gateway/http/trailers.h"
#include "gateway/net/lingering_close.h"
#include "gateway/net/stream.h"
#include "gateway/proxy/client_connection.h"
#include "gateway/proxy/flood_guard.h"
#include "gateway/proxy/http2_limits.h"
#include "gateway/proxy/http2_stream.h"

namespace mes::gateway {

struct http2_session_deleter {
  void operator()(nghttp2_session* s) const { nghttp2_session_del(s); }
};
using http2_session = std::unique_ptr<nghttp2_session, http2_session_deleter>;

class http2_client final : public client_connection {
 public:
  http2_client(worker& of, net_stream stream, std::shared_ptr<client_link> link);
  ~http2_client() override;

  // What the connection has sent so far: nothing, or the preface's beginning and what came behind.
  void start(std::string_view seen);
  // After "Upgrade: h2c" (RFC 7540, section 3.2): `request` becomes stream 1. False: its settings make no sense.
  bool start_upgraded(const request_head& request, std::string_view seen);

  void take_over(net_stream stream) { _stream = std::move(stream); }
  int fd() const { return _stream.fd(); }

  void on_events(std::uint32_t epoll_events) override;
  void on_turn_end() override;
  void sweep(std::int64_t now_ms) override;
  void drain() override;
  void end_now() override { close(); }

  // For its streams.
  void submit_response(http2_stream& s, const field_list& fields, bool with_body);
  void submit_continue(http2_stream& s);
  bool submit_trailers(http2_stream& s, const field_lines& trailers);  // false: they cannot be sent
  void resume(http2_stream& s);                                        // there are body bytes to send, or their end
  void reset(http2_stream& s, std::uint32_t code);
  void cut_off(http2_stream& s);
  void consumed(http2_stream& s, std::size_t bytes);  // the client may send as many again
  void lend_window(http2_stream& s);                  // a wide one, if there is room for what may come then
  void end_loan(http2_stream& s);                     // it has no body any more
  void write_soon();
  void make_ready(http2_stream& s);  // proceeds once the session's callbacks are over
  void exchange_gone(http2_stream& s);
  void give_up(std::uint32_t code);  // GOAWAY, then the end

 private:
  friend struct http2_callbacks;

  void receive();
  bool feed(std::string_view bytes);
  void run_ready();
  void send();
  bool collect(std::size_t enough);  // false: the session is of no more use
  bool write_out();
  void end_streams();
  void begin_linger();
  void linger();
  void close();
  void ask_for_calm(std::string_view why);  // gives up, and the log says so
  http2_stream* find(std::int32_t id);
  http2_stream& add_stream(std::int32_t id);
  void stream_closed(http2_stream& s, std::uint32_t code);
  bool count_control_frame(const nghttp2_frame& frame);

  worker& _worker;
  net_stream _stream;
  lingering_close _linger;
  io_buffer _out;
  std::shared_ptr<client_link> _link;
  http2_session _session;
  std::unordered_map<std::int32_t, std::unique_ptr<http2_stream>> _streams;
  counted_activity _activity;  // of the connection while it has no stream: those count for themselves
  std::vector<std::int32_t> _ready;
  std::vector<nghttp2_nv> _fields;  // for one submission at a time
  flood_guard _resets{200, 50}, _control_frames{1000, 200};
  flood_guard _all_resets{http2_resets_burst, http2_resets_per_s};
  std::uint64_t _received = 0;       // bytes, and
  std::uint64_t _payload = 0;        // those of heads and bodies, both ways
  std::size_t _send_max = SIZE_MAX;  // bytes, before the client's preface has come
  std::int64_t _deadline_ms = 0;     // of a connection without streams, or of bytes that the client does not take
  bool _closed = false, _draining = false, _giving_up = false;
  bool _answered_since_ping = false;  // DATA or HEADERS were sent
  bool _was_too_much = false;
  bool _lingers = false;  // all is said
};

}  // namespace mes::gateway
