#include "gateway/proxy/http2_upstream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "gateway/http/head.h"
#include "gateway/proxy/upstream_connection.h"

namespace mes::gateway {
namespace {

constexpr std::size_t head_bytes_max = 64 << 10;
constexpr std::uint32_t window_bytes = 256 << 10;
constexpr std::size_t collected_max = 64 << 10;

std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

std::vector<nghttp2_nv> rows_of(const field_list& fields) {
  std::vector<nghttp2_nv> rows;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::string_view name = fields.name(i), value = fields.value(i);
    rows.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                    reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                    NGHTTP2_NV_FLAG_NONE});
  }
  return rows;
}

}  // namespace

struct http2_upstream_callbacks {
  static http2_upstream& of(void* user) { return *static_cast<http2_upstream*>(user); }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_bytes,
                       const std::uint8_t* value, std::size_t value_bytes, std::uint8_t, void* user) {
    http2_upstream& u = of(user);
    if (frame->hd.type != NGHTTP2_HEADERS || frame->hd.stream_id != u._stream) return 0;
    if (u._head_complete) {
      u._trailer_bytes += name_bytes + value_bytes + 32;
      if (u._trailer_bytes > head_bytes_max)
        u._reset = true;
      else
        u._trailers.push_back({std::string(text(name, name_bytes)), std::string(text(value, value_bytes))});
      return 0;
    }
    if (u._head.bytes() + name_bytes + value_bytes > head_bytes_max) u._too_large = true;
    if (!u._too_large) u._head.add(text(name, name_bytes), text(value, value_bytes));
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    http2_upstream& u = of(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) u._going_away = true;
    if (frame->hd.stream_id != u._stream || u._stream == 0) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && !u._head_complete) {
      bool interim = u._head.size() > 0 && u._head.name(0) == ":status" && u._head.value(0).starts_with('1');
      if (interim)
        u._head.clear();
      else
        u._head_complete = !u._too_large;
      if (u._too_large || (interim && ++u._interim_heads > interim_heads_max)) u._reset = true;
    }
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
      u._ended = true;
    return 0;
  }

  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                     std::size_t bytes, void* user) {
    http2_upstream& u = of(user);
    if (id == u._stream && u._stream_open)
      u.received.append(text(data, bytes));
    else
      nghttp2_session_consume_connection(session, bytes);
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
    http2_upstream& u = of(user);
    if (id != u._stream) return 0;
    u._stream_open = false;
    if (!u._ended) u._reset = true;
    u._refused = code == NGHTTP2_REFUSED_STREAM;
    return 0;
  }

  static ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* to, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source*, void* user) {
    http2_upstream& u = of(user);
    std::size_t bytes = std::min(room, u.body.size());
    if (bytes > 0) std::memcpy(to, u.body.view().data(), bytes);
    u.body.consume(bytes);
    if (u.body.empty() && u._body_ended) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!u._request_trailers.empty()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        field_list fields;
        for (const field_line& t : u._request_trailers) fields.add(t.name, t.value);
        auto rows = rows_of(fields);
        nghttp2_submit_trailer(session, id, rows.data(), rows.size());
      }
    } else if (bytes == 0) {
      return NGHTTP2_ERR_DEFERRED;
    }
    return static_cast<ssize_t>(bytes);
  }
};

http2_upstream::http2_upstream(block_pool& blocks) : body(blocks), received(blocks) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&options) != 0) {
    nghttp2_session_callbacks_del(callbacks);
    return;
  }
  nghttp2_session_callbacks_set_on_header_callback(callbacks, http2_upstream_callbacks::on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, http2_upstream_callbacks::on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, http2_upstream_callbacks::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, http2_upstream_callbacks::on_close);
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_option_set_no_closed_streams(options, 1);
  nghttp2_session* made = nullptr;
  int failed = nghttp2_session_client_new2(&made, callbacks, this, options);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_option_del(options);
  if (failed) return;
  _session.reset(made);
  std::array<nghttp2_settings_entry, 3> settings = {{{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                                     {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0},
                                                     {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window_bytes}}};
  if (nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) != 0 ||
      nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0, window_bytes) != 0)
    _session.reset();
}

bool http2_upstream::begin(const field_list& fields, bool with_body) {
  if (!_session) return false;
  finish();
  _head.clear();
  _trailers.clear();
  _trailer_bytes = 0;
  _interim_heads = 0;
  _request_trailers.clear();
  _body_ended = _head_complete = _ended = _reset = _refused = _too_large = false;
  auto rows = rows_of(fields);
  nghttp2_data_provider source{.source = {.ptr = nullptr}, .read_callback = http2_upstream_callbacks::read_body};
  _stream =
      nghttp2_submit_request(_session.get(), nullptr, rows.data(), rows.size(), with_body ? &source : nullptr, nullptr);
  _stream_open = _stream > 0;
  return _stream_open;
}

void http2_upstream::end_body(field_lines trailers) {
  _body_ended = true;
  _request_trailers = std::move(trailers);
}

bool http2_upstream::collect(io_buffer& out) {
  if (!_session) return false;
  if (_stream_open && (!body.empty() || _body_ended)) nghttp2_session_resume_data(_session.get(), _stream);
  while (out.size() < collected_max) {
    const std::uint8_t* frame = nullptr;
    auto bytes = nghttp2_session_mem_send(_session.get(), &frame);
    if (bytes < 0) return false;
    if (bytes == 0) break;
    out.append(text(frame, static_cast<std::size_t>(bytes)));
  }
  return _ended || nghttp2_session_want_read(_session.get());  // else the service has broken the protocol
}

bool http2_upstream::receive(std::string_view bytes) {
  if (!_session) return false;
  auto used =
      nghttp2_session_mem_recv(_session.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return used >= 0 && static_cast<std::size_t>(used) == bytes.size();
}

void http2_upstream::taken(std::size_t bytes) {
  received.consume(bytes);
  if (_stream_open)
    nghttp2_session_consume(_session.get(), _stream, bytes);
  else
    nghttp2_session_consume_connection(_session.get(), bytes);
}

bool http2_upstream::reusable() const {
  return _session && !_stream_open && !_reset && !_going_away && nghttp2_session_want_read(_session.get()) &&
         nghttp2_session_check_request_allowed(_session.get());
}

void http2_upstream::finish() {
  if (!received.empty()) taken(received.size());
  body.release();
  received.release();
}

}  // namespace mes::gateway
