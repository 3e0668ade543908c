// A connected socket, plain or with TLS on it; does not own the descriptor. Never blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bus/net/tls.h"

namespace mes::bus::net {

class transport {
 public:
  enum class outcome : std::uint8_t { moved, blocked, closed };
  struct moved {
    outcome what = outcome::blocked;
    std::size_t size = 0;  // bytes; above 0 if moved
  };

  transport() = default;
  transport(int fd, const tls_context& tls);  // tls: nullptr for a plain one
  ~transport();
  transport(transport&&) noexcept;
  transport& operator=(transport&&) noexcept;

  // As much as there is, up to `room`. With TLS the handshake goes on in here.
  moved read(char* into, std::size_t room);
  // A write that was blocked must be repeated with the same bytes in front, and no fewer of them.
  moved write(const char* from, std::size_t size);
  // Bytes of a file, which do not pass through this process. Only without TLS; a file that ends before is a failure.
  moved send_file(int file, std::uint64_t offset, std::size_t size);
  bool encrypted() const { return _session != nullptr; }
  bool established() const;  // a handshake is over, if there is one
  // While it is corked, the socket sends full segments only: what comes in many writes leaves in few packets.
  void cork(bool on);
  std::size_t pending() const;                         // bytes that were received already: epoll does not tell of them
  bool wants_write() const { return _wants_write; }    // reading goes on when the socket can be written to
  const std::string& failure() const { return _why; }  // of TLS: why it was closed; "" if the peer just went
  std::optional<std::string> subject() const;          // tls.h
  void say_goodbye();

 private:
  moved tls_outcome(int returned);

  struct session_free {
    void operator()(ssl_st* s) const;
  };
  int _fd = -1;
  std::unique_ptr<ssl_st, session_free> _session;
  bool _wants_write = false;
  bool _corked = false;
  bool _failed = false;
  std::string _why;
};

}  // namespace mes::bus::net
