// A server of the bus with clients that send and take as far as they are let.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bus/net/server.h"
#include "runtime/test_port.h"

namespace mes::bus::net {

inline std::string frame_of(std::size_t size, char fill) {
  wire::kafka::writer length;
  length.int32(static_cast<std::int32_t>(size));
  return length.buffer() + std::string(size, fill);
}

// A client that sends what the socket takes, as far as it is let.
struct client {
  int fd = -1;
  std::string to_send;
  std::size_t sent = 0;
  std::string got;
  bool closed = false;
  bool reads = true;

  explicit client(std::uint16_t port) : fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  ~client() { close(fd); }
  client(const client&) = delete;

  void send_up_to(std::size_t end) {
    while (sent < std::min(end, to_send.size())) {
      const auto n = ::send(fd, to_send.data() + sent, std::min(end, to_send.size()) - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<std::size_t>(n);
    }
  }
  void receive() {
    char bytes[65536];
    while (reads) {
      const auto n = recv(fd, bytes, sizeof bytes, 0);
      if (n == 0 || (n < 0 && errno != EAGAIN)) closed = true;
      if (n <= 0) return;
      got.append(bytes, static_cast<std::size_t>(n));
    }
  }
};

// Answers every request with its first byte, in a frame that is large for a '+'; those that begin with 'l' later, by
// answer_later(), and so those with 'h', which hold what comes behind them. Keeps those that begin with 'k'. Trusts
// whoever sends a 't'. The last of the listeners is a plain one.
struct bench {
  static constexpr std::size_t large_answer = std::size_t{8} << 20;  // more than a socket takes

  std::unique_ptr<poller> loop = std::move(*poller::make());
  std::unique_ptr<net::server> server;
  std::vector<std::unique_ptr<client>> clients;
  std::vector<std::pair<answer_slot, char>> later;
  std::vector<frame> kept;
  std::string handled;  // their first bytes
  std::size_t most_used = 0;

  explicit bench(server_options options) {
    options.listeners.emplace_back();
    auto s = server::listen(*loop, options, [this](answer_slot to, const peer&, const frame& request) {
      EXPECT_GT(request.size, 0U);
      const char what = request.data[0];
      handled += what;
      if (what == 't') server->trust(to.connection);
      if (what == 'k') kept.push_back(request);
      if (what == 'h') server->hold(to);
      if (what == 'l' || what == 'h')
        later.emplace_back(to, what);
      else
        answer(to, what);
      return true;
    });
    EXPECT_TRUE(s);
    server = std::move(*s);
    loop->set_after_turn([this] { server->flush(); });
  }
  void answer(answer_slot to, char what) {
    wire::kafka::writer out;
    const std::size_t size = what == '+' ? large_answer : 1;
    out.int32(static_cast<std::int32_t>(size));
    out.raw(std::string(size, what));
    server->answer(to, std::move(out));
  }
  void answer_later() {
    for (const auto& [to, what] : std::exchange(later, {})) answer(to, what);
  }
  client& connect(std::size_t listener = 0) {
    return *clients.emplace_back(std::make_unique<client>(server->port(listener)));
  }

  // Turns until `done`, and never waits for longer than a few ms.
  template <class Done>
  bool turn_until(Done done) {
    for (int i = 0; i < 20'000; ++i) {
      if (done()) return true;
      loop->after(1, [] {});
      loop->turn();
      most_used = std::max(most_used, server->memory().used());
      for (auto& c : clients) c->receive();
    }
    return false;
  }
  bool turn_a_while() {
    int turns = 0;
    return turn_until([&] { return ++turns > 4; });
  }
};

constexpr std::size_t request_size = 100'000, limit = 1'000'000;

}  // namespace mes::bus::net
