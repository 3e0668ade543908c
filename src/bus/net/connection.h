// One connection of the server: what it sends and is sent, between two turns of the loop.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/net/server.h"
#include "bus/net/transport.h"

namespace mes::bus::net {

inline constexpr std::size_t scratch_size = std::size_t{256} << 10;
inline constexpr std::size_t spare_frames_bytes_max = std::size_t{24} << 20;

struct server::connection {
  struct output {
    std::string held;
    std::vector<wire::kafka::writer::splice> splices;
    place sent;

    std::size_t memory() const { return held.size() + splices.size() * sizeof(wire::kafka::writer::splice); }
  };
  // What `partial` is.
  enum class holding : std::uint8_t {
    nothing,
    request,  // room for a frame (with its length) that is being read, or for the beginning of it
    frames,   // read ahead: this connection has to wait
  };
  struct slot {
    std::uint64_t sequence;
    bool answered = false;
    bool holds = false;          // what came behind it
    std::optional<output> what;  // answered with nothing: acks=0
  };

  int fd = -1;
  transport wire;
  peer who;
  bool identified = false;        // the handshake is over: who.certificate is set
  bool trusted = false;           // else it is one of the server's strangers
  bool closing = false;           // once its answers are sent
  bool ended = false;             // the client sends nothing more; what it has sent may not have been read yet
  bool deaf = false;              // it has ended and gets no more answers: what it has sent is done, and that is all
  std::size_t unheard_bytes = 0;  // of answers that it did not get, since the others had a turn
  std::size_t request_bytes_max = 0;
  poller::timer_id muted = 0;
  std::int64_t muted_until_ms = 0;
  std::int64_t accepted_ms = 0;
  std::int64_t last_active_ms = 0;
  std::uint64_t next_sequence = 0;
  std::deque<slot> slots;        // requests in order
  std::deque<output> outputs;    // answers on their way
  std::size_t output_bytes = 0;  // of memory: `outputs`, and what `slots` have
  std::shared_ptr<char[]> partial;
  std::size_t partial_have = 0, partial_size = 0;
  std::size_t whole_size = 0;  // of what it is the beginning of
  holding holds = holding::nothing;
  bool in_line = false;  // for memory
  // When `partial` was made, and what came of it before.
  std::int64_t began_ms = 0;
  std::size_t began_have = 0;
  std::uint32_t interest = EPOLLIN | EPOLLRDHUP;
  bool dead = false;

  // Null: it is answered, or nobody waits for that any more.
  slot* unanswered(std::uint64_t sequence) {
    if (slots.empty() || sequence < slots.front().sequence) return nullptr;
    const std::uint64_t at = sequence - slots.front().sequence;
    return at < slots.size() && !slots[at].answered ? &slots[at] : nullptr;
  }
  bool waits() const { return holds == holding::frames; }
  bool is_held() const { return !slots.empty() && slots.back().holds && !slots.back().answered; }
  bool needs_room() const { return partial_have == partial_size && !waits(); }
};

}  // namespace mes::bus::net
