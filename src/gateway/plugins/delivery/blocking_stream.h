// A TCP connection with TLS if wanted, for threads that may wait: log delivery, Redis.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "gateway/plugins/delivery/host_lookup.h"
#include "gateway/plugins/delivery/waiting.h"

struct ssl_st;
struct ssl_ctx_st;

namespace mes::gateway {

struct stream_target {
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
  bool verify = false;      // the peer's certificate, by the system's authorities and by name
  std::string server_name;  // SNI; "" = host
  host_lookup lookup{};
};

// One thread at a time.
class blocking_stream {
 public:
  static result<std::unique_ptr<blocking_stream>> open(stream_target& to, const deadline& until);
  ~blocking_stream();
  blocking_stream(const blocking_stream&) = delete;
  blocking_stream& operator=(const blocking_stream&) = delete;

  result<void> write(std::string_view bytes, const deadline& until);  // all of them
  // All of them too, however long it takes: each 64 KiB within the timeout.
  result<void> write_long(std::string_view bytes, std::chrono::milliseconds timeout, const wait_end& end);
  // At least one byte; 0: the peer has finished.
  result<std::size_t> read(char* to, std::size_t room, const deadline& until);
  bool looks_alive() const;  // nothing came, and the peer has not closed

 private:
  blocking_stream() = default;
  result<void> connect(const stream_target& to, const addrinfo* where, const deadline& until);
  result<void> start_tls(const stream_target& to, const deadline& until);
  template <class Step>
  result<std::size_t> step_tls(const deadline& until, Step step);

  int _fd = -1;
  std::shared_ptr<ssl_ctx_st> _context;
  std::shared_ptr<ssl_st> _tls;
};

}  // namespace mes::gateway
