// A TCP connection with TLS if wanted, for threads that may wait: log delivery, Redis.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

struct ssl_st;
struct ssl_ctx_st;

namespace mes::gateway {

struct stream_target {
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
  bool verify = false;                        // the peer's certificate, by the system's authorities and by name
  std::string server_name;                    // SNI; "" = host
  std::chrono::milliseconds timeout{10'000};  // to connect, and of each read and write
};

// One thread at a time.
class blocking_stream {
 public:
  static result<std::unique_ptr<blocking_stream>> open(const stream_target& to);
  ~blocking_stream();
  blocking_stream(const blocking_stream&) = delete;
  blocking_stream& operator=(const blocking_stream&) = delete;

  result<void> write(std::string_view bytes);            // all of them
  result<std::size_t> read(char* to, std::size_t room);  // at least one byte; 0: the peer has finished
  bool looks_alive() const;                              // nothing came, and the peer has not closed

 private:
  blocking_stream() = default;
  result<void> start_tls(const stream_target& to);

  int _fd = -1;
  std::shared_ptr<ssl_ctx_st> _context;
  std::shared_ptr<ssl_st> _tls;
};

// A connected UDP socket; what is sent is lost in silence if nobody listens.
class datagram_socket {
 public:
  static result<std::unique_ptr<datagram_socket>> open(const std::string& host, std::uint16_t port);
  ~datagram_socket();
  datagram_socket(const datagram_socket&) = delete;
  datagram_socket& operator=(const datagram_socket&) = delete;
  result<void> send(std::string_view text);

 private:
  explicit datagram_socket(int fd) : _fd(fd) {}
  int _fd;
};

// One datagram each, by a socket of their own.
result<void> send_datagrams(const std::string& host, std::uint16_t port, const std::vector<std::string>& texts);

}  // namespace mes::gateway
