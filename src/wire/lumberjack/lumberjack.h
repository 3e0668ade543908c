// The Lumberjack protocol, versions 1 and 2, as Beats and Logstash speak it (logstash-input-beats, PROTOCOL.md).
//
// Frames are '1' or '2', a letter, and big-endian numbers: W window size, J sequence + JSON, D sequence + pairs of
// text, C a zlib stream of frames; A acknowledges a sequence number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mes::wire::lumberjack {

struct event {
  std::uint32_t sequence = 0;
  std::string json;  // an object; the pairs of a D frame as one
};

struct limits {
  std::size_t frame_bytes_max = 10u << 20;     // of a payload, packed or not
  std::size_t unpacked_bytes_max = 64u << 20;  // of a C frame
};

// Takes bytes as they come. After an error the connection cannot go on.
class decoder {
 public:
  explicit decoder(limits l) : _limits(l) {}

  // Appends whole events. Errors: corrupt, too_large.
  result<void> feed(std::string_view bytes, std::vector<event>& into);

  char version() const { return _version; }               // of the last frame: '1' or '2'
  std::uint32_t window() const { return _window; }        // events that the sender sends before it waits; 0: none yet
  bool has_new_window() const { return _window_is_new; }  // since taken
  void take_window() { _window_is_new = false; }
  std::size_t waiting_bytes() const { return _buffer.size(); }

 private:
  result<std::size_t> frames(std::string_view in, std::vector<event>& into, bool packed);
  result<std::size_t> data_frame(std::string_view in, std::vector<event>& into) const;
  result<void> unpack(std::string_view packed, std::vector<event>& into);

  limits _limits;
  std::string _buffer;
  char _version = '2';
  std::uint32_t _window = 0;
  bool _window_is_new = false;
};

std::string acknowledgement(char version, std::uint32_t sequence);

}  // namespace mes::wire::lumberjack
