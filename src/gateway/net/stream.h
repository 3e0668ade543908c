// A non-blocking byte stream: a TCP socket, with or without TLS on it. What edge-triggered epoll said is remembered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace mes::gateway {

enum class io_status : std::uint8_t { ok, again, closed, failed };

struct io_result {
  io_status status = io_status::ok;
  std::size_t bytes = 0;
};

// Why a stream has failed; all zero: the other side has ended it in order.
struct stream_trouble {
  int system = 0;         // errno
  unsigned long tls = 0;  // OpenSSL's error
  long certificate = 0;   // why the other side's was refused (X509_V_ERR_…)

  std::string text() const;  // "connection reset by peer (104)"
};

// Who was asked without TLS and awaits it: its handshake's record, or an alert's.
bool is_tls(std::string_view data);

class net_stream {
 public:
  net_stream() = default;
  explicit net_stream(int fd) : _fd(fd) {}
  ~net_stream() { close(); }
  net_stream(net_stream&& other) noexcept;
  net_stream& operator=(net_stream&& other) noexcept;

  int fd() const { return _fd; }
  bool open() const { return _fd >= 0; }
  void close();

  void start_tls_server(ssl_ctx_st* context);
  void start_tls_client(ssl_ctx_st* context, const std::string& server_name, bool verify, bool http2 = false);
  io_result handshake();  // ok: done (or no TLS); failed and no tls() any more: a client that speaks plain HTTP
  bool tls() const { return _ssl != nullptr; }
  std::string server_name() const;    // SNI that the client sent
  std::string_view protocol() const;  // that was agreed on by ALPN; "" = none

  io_result read(char* to, std::size_t room);
  io_result write(std::string_view bytes);
  // The beginning of what write() will be given next was sent already: so many bytes, or -errno of trying. write()
  // tells of it as its own; nothing else may be written before.
  void note_sent(int outcome) { _sent = outcome; }
  void shut_down_write();
  stream_trouble trouble() const { return _trouble; }  // of the last call that failed
  std::uint64_t moved() const { return _moved; }       // bytes read and written; a handshake's are none

  void note_events(std::uint32_t epoll_events);
  bool readable() const { return _readable; }
  bool writable() const { return _writable; }
  bool hung_up() const { return _hung_up; }  // both directions, or an error
  bool peer_finished() const { return _peer_finished; }
  bool cut_off() const;         // TLS has ended without a word (close_notify): what came may be half of it
  std::size_t untaken() const;  // bytes (and our end) that the other side's system has not acknowledged
  bool stale() const;           // there is an end or unexpected data to read: costs a system call

 private:
  io_result from_ssl(int result, bool& wanted);
  io_result done(std::size_t bytes);
  io_result failed();                          // errno says why
  std::ptrdiff_t put(std::string_view bytes);  // as send()

  int _fd = -1;
  ssl_st* _ssl = nullptr;
  int _sent = 0;  // 0: nothing is sent already
  std::uint64_t _moved = 0;
  stream_trouble _trouble;
  bool _readable = false, _writable = false, _hung_up = false, _peer_finished = false, _tls_ready = false;
};

}  // namespace mes::gateway
