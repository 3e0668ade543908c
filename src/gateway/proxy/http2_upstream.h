// HTTP/2 towards a service (protocols grpc and grpcs), by libnghttp2: one exchange at a time on a connection, so that
// one client's slowness holds up nobody else's stream.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "gateway/http/field_list.h"
#include "gateway/http/trailers.h"
#include "gateway/net/buffer.h"

namespace mes::gateway {

class http2_upstream {
 public:
  explicit http2_upstream(block_pool& blocks);

  // One exchange: begin(), then body bytes and end_body(), collect() what is to be written and receive() what came.
  bool begin(const field_list& fields, bool with_body);
  io_buffer body;  // of the request, not framed yet
  void end_body(field_lines trailers);
  bool collect(io_buffer& out);          // frames, as far as the windows allow; false: the session is broken
  bool receive(std::string_view bytes);  // false: the session is broken

  // What came of the answer.
  bool head_complete() const { return _head_complete; }
  const field_list& head() const { return _head; }
  io_buffer received;  // body bytes that were not taken yet
  void taken(std::size_t bytes);
  bool ended() const { return _ended; }
  bool reset() const { return _reset; }      // the service has given the stream up, or the session is closed
  bool refused() const { return _refused; }  // and has not looked at the request
  const field_lines& trailers() const { return _trailers; }

  bool reusable() const;  // for another exchange
  void finish();          // the exchange is over

 private:
  friend struct http2_upstream_callbacks;

  struct deleter {
    void operator()(nghttp2_session* s) const { nghttp2_session_del(s); }
  };
  std::unique_ptr<nghttp2_session, deleter> _session;
  std::int32_t _stream = 0;
  field_list _head;
  field_lines _trailers, _request_trailers;
  std::size_t _trailer_bytes = 0;
  int _interim_heads = 0;
  bool _body_ended = false;
  bool _head_complete = false, _ended = false, _reset = false, _refused = false, _too_large = false;
  bool _stream_open = false, _going_away = false;
};

}  // namespace mes::gateway
