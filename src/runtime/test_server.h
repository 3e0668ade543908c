// For the tests of runtime/: a server on a free port with its loop on a thread, and a raw socket to talk to it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "runtime/http_server.h"

namespace mes::runtime {

class test_server {
 public:
  explicit test_server(http_server::handler handle, http_server_options options = {}) {
    auto opened = http_server::listen(loop, std::move(options), std::move(handle));
    if (!opened) throw std::runtime_error(opened.error().message);
    server = std::move(*opened);
    _thread = std::thread([this] { loop.run(); });
  }
  ~test_server() {
    loop.stop();
    _thread.join();
    server = nullptr;
  }

  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(server->port()) + path; }

  event_loop loop;
  std::unique_ptr<http_server> server;

 private:
  std::thread _thread;
};

class raw_client {
 public:
  explicit raw_client(std::uint16_t port) : _fd(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{.tv_sec = 10, .tv_usec = 0};
    setsockopt(_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(_fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("connect");
  }
  ~raw_client() { ::close(_fd); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t n = ::send(_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void finish_sending() { ::shutdown(_fd, SHUT_WR); }

  // Until the peer closes.
  std::string read_all() {
    while (read_more()) {
    }
    return std::exchange(_received, {});
  }
  // Until `mark` has come; returns up to and with it.
  std::string read_until(std::string_view mark) {
    std::size_t at = 0;
    while ((at = _received.find(mark)) == std::string::npos)
      if (!read_more()) return std::exchange(_received, {});
    std::string head = _received.substr(0, at + mark.size());
    _received.erase(0, at + mark.size());
    return head;
  }

 private:
  bool read_more() {
    char buffer[4096];
    ssize_t n = ::recv(_fd, buffer, sizeof buffer, 0);
    if (n > 0) _received.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  }

  int _fd;
  std::string _received;
};

}  // namespace mes::runtime
