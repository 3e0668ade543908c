// The end of a connection whose client may be sending still. Closed at once, it would be reset, and what the client has
// not read of its answer would be lost (RFC 9112, section 9.6): our end goes out behind the answer, and what comes is
// thrown away until the client's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/net/loop.h"
#include "gateway/net/stream.h"

namespace mes::gateway {

class lingering_close {
 public:
  lingering_close(net_loop& loop, net_stream& stream) : _loop(loop), _stream(stream) {}

  void begin(bool stopping);  // all was written
  void hurry();               // the gateway stops
  bool read_on();             // a turn's share of what is there; false: the client's end
  bool goes_on();             // asked by sweeps; false: it has been long enough

 private:
  void allow_more();

  net_loop& _loop;
  net_stream& _stream;
  bool _stopping = false;
  std::size_t _untaken = 0;    // bytes that were written, and lie with the kernel still,
  std::int64_t _taken_ms = 0;  // since when they have become no fewer
  std::int64_t _until_ms = 0, _silent_until_ms = 0;
};

}  // namespace mes::gateway
