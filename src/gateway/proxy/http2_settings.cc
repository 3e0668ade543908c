#include "gateway/proxy/http2_settings.h"

#include <array>
#include <utility>

#include "gateway/proxy/worker.h"

namespace mes::gateway {
namespace {

constexpr std::uint32_t streams_max = 128;
// What wide windows have beyond others, of all streams of a loop: all of it may lie here once their services stall.
constexpr std::size_t wide_window_more = http2_wide_window_bytes - http2_stream_window_bytes;
constexpr std::size_t lent_windows_max = 32 << 20;
// Of all streams: those whose service does not read take nothing from the others. Twice as much, for the session tells
// the client of what was consumed when that is half of a window.
constexpr std::int32_t connection_window_bytes =
    2 * (std::size_t{streams_max} * http2_stream_window_bytes + lent_windows_max);
constexpr std::size_t outbound_acks_max = 1000;
constexpr std::size_t settings_max = 32;
// Far beyond a service's head (64 KiB) with what plugins add. The session's own bound lies amidst those, and it says
// nothing of what it does not send.
constexpr std::size_t sent_head_max = 1 << 20;

std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

// Called by the session while it takes bytes in or gives frames out: streams are told, and proceed later.
struct http2_callbacks {
  static http2_client& client(void* user) { return *static_cast<http2_client*>(user); }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
      client(user).add_stream(frame->hd.stream_id);
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_bytes,
                       const std::uint8_t* value, std::size_t value_bytes, std::uint8_t, void* user) {
    if (http2_stream* s = client(user).find(frame->hd.stream_id))
      s->add_field(text(name, name_bytes), text(value, value_bytes));
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    http2_client& c = client(user);
    if (!c.count_control_frame(*frame)) return 0;
    http2_stream* s = c.find(frame->hd.stream_id);
    if (!s || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)) return 0;
    c._payload += frame->hd.length;
    bool ended = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) s->end_head(!ended);
    if (ended) s->end_input();
    c.make_ready(*s);
    return 0;
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t bytes,
                     void* user) {
    http2_client& c = client(user);
    http2_stream* s = c.find(id);
    if (!s) {
      nghttp2_session_consume_connection(c._session.get(), bytes);
      return 0;
    }
    s->add_body(text(data, bytes));
    c.make_ready(*s);
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
    http2_client& c = client(user);
    if (http2_stream* s = c.find(id)) c.stream_closed(*s, code);
    return 0;
  }

  // An answer that is out whole ends a request that is not: the rest of its body is not wanted (RFC 9113, section 8.1).
  static int on_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) return 0;
    http2_client& c = client(user);
    c._answered_since_ping = true;
    if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
    http2_stream* s = c.find(frame->hd.stream_id);
    if (s && !s->input_ended()) nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_NO_ERROR);
    return 0;
  }

  static ssize_t read_body(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t room, std::uint32_t* flags,
                           nghttp2_data_source*, void* user) {
    http2_client& c = client(user);
    http2_stream* s = c.find(id);
    if (!s) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    http2_stream::piece p = s->take_body(reinterpret_cast<char*>(to), room);
    if (p.none_yet) return NGHTTP2_ERR_DEFERRED;
    c._payload += p.bytes;
    if (p.last) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!s->trailers().empty()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (!c.submit_trailers(*s, s->trailers())) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
      }
    }
    return static_cast<ssize_t>(p.bytes);
  }
};

http2_session make_http2_server(http2_client& of, std::size_t header_bytes_max) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&options) != 0) {
    nghttp2_session_callbacks_del(callbacks);
    return nullptr;
  }
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, http2_callbacks::on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, http2_callbacks::on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, http2_callbacks::on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, http2_callbacks::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, http2_callbacks::on_close);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, http2_callbacks::on_sent);
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_option_set_max_outbound_ack(options, outbound_acks_max);
  nghttp2_option_set_max_settings(options, settings_max);
  nghttp2_option_set_max_send_header_block_length(options, sent_head_max);
  // Beyond ours, which the log tells of.
  nghttp2_option_set_stream_reset_rate_limit(options, 2 * http2_resets_burst, 2 * http2_resets_per_s);
  nghttp2_session* made = nullptr;
  int failed = nghttp2_session_server_new2(&made, callbacks, &of, options);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_option_del(options);
  if (failed) return nullptr;
  http2_session session(made);
  std::array<nghttp2_settings_entry, 3> settings = {
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams_max},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, http2_stream_window_bytes},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(header_bytes_max)}}};
  if (nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) != 0 ||
      nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0, connection_window_bytes) != 0)
    return nullptr;
  return session;
}

// Frames that cost their sender nothing: by rate. False: too many, and the connection is on its way out. Resets have
// limits of their own. A PING after something of an answer is none of them: clients of gRPC measure their way by one a
// round trip.
bool http2_client::count_control_frame(const nghttp2_frame& frame) {
  bool empty_data =
      frame.hd.type == NGHTTP2_DATA && frame.hd.length == 0 && !(frame.hd.flags & NGHTTP2_FLAG_END_STREAM);
  bool idle_ping = frame.hd.type == NGHTTP2_PING && !std::exchange(_answered_since_ping, false);
  if (frame.hd.type == NGHTTP2_RST_STREAM && !_all_resets.take(_worker.loop.now_ms())) {
    ask_for_calm("it resets too many streams");
    return false;
  }
  bool counts = empty_data || idle_ping || frame.hd.type == NGHTTP2_SETTINGS || frame.hd.type == NGHTTP2_PRIORITY;
  if (!counts || _control_frames.take(_worker.loop.now_ms())) return true;
  ask_for_calm("it sends too many control frames");
  return false;
}

void http2_client::submit_response(http2_stream& s, const field_list& fields, bool with_body) {
  if (!s.in_session) return;
  _fields.clear();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::string_view name = fields.name(i), value = fields.value(i);
    _fields.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                       reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                       NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_data_provider body{.source = {.ptr = nullptr}, .read_callback = http2_callbacks::read_body};
  if (fields.bytes() > sent_head_max ||
      nghttp2_submit_response(_session.get(), s.id, _fields.data(), _fields.size(), with_body ? &body : nullptr) != 0) {
    s.note_unsent();
    reset(s, NGHTTP2_INTERNAL_ERROR);
  }
  write_soon();
}

void http2_client::submit_continue(http2_stream& s) {
  static std::uint8_t name[] = ":status", value[] = "100";
  nghttp2_nv status{name, value, 7, 3, NGHTTP2_NV_FLAG_NONE};
  if (s.in_session) nghttp2_submit_headers(_session.get(), NGHTTP2_FLAG_NONE, s.id, nullptr, &status, 1, nullptr);
  write_soon();
}

bool http2_client::submit_trailers(http2_stream& s, const field_lines& trailers) {
  field_list& fields = _worker.fields;
  fields.clear();
  for (const field_line& t : trailers) fields.add(t.name, t.value);
  _fields.clear();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::string_view name = fields.name(i), value = fields.value(i);
    _fields.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                       reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                       NGHTTP2_NV_FLAG_NONE});
  }
  return fields.bytes() <= sent_head_max &&
         nghttp2_submit_trailer(_session.get(), s.id, _fields.data(), _fields.size()) == 0;
}

void http2_client::resume(http2_stream& s) {
  if (s.in_session) nghttp2_session_resume_data(_session.get(), s.id);
  write_soon();
}

void http2_client::reset(http2_stream& s, std::uint32_t code) {
  if (s.in_session) nghttp2_submit_rst_stream(_session.get(), NGHTTP2_FLAG_NONE, s.id, code);
  write_soon();
}

void http2_client::consumed(http2_stream& s, std::size_t bytes) {
  if (s.in_session)
    nghttp2_session_consume(_session.get(), s.id, bytes);
  else
    nghttp2_session_consume_connection(_session.get(), bytes);
  write_soon();
}

void http2_client::lend_window(http2_stream& s) {
  if (s.lent_window > 0 || !s.in_session || _worker.lent_windows + wide_window_more > lent_windows_max) return;
  if (nghttp2_session_set_local_window_size(_session.get(), NGHTTP2_FLAG_NONE, s.id, http2_wide_window_bytes) != 0)
    return;
  s.window = http2_wide_window_bytes;
  s.lent_window = wide_window_more;
  _worker.lent_windows += wide_window_more;
  write_soon();
}

void http2_client::end_loan(http2_stream& s) { _worker.lent_windows -= std::exchange(s.lent_window, 0); }

}  // namespace mes::gateway
