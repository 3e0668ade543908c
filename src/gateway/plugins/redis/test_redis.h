// For tests: a Redis on a free port that says to each command what the test wants.
#pragma once

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "gateway/plugins/redis/redis_link.h"
#include "runtime/thread.h"

namespace mes::gateway {

// One connection at a time.
class test_redis {
 public:
  // The reply as it is sent; nothing: it hangs up. Called on a thread of its own.
  using answerer = std::function<std::optional<std::string>(const redis_command&)>;

  explicit test_redis(answerer answer) : _answer(std::move(answer)), _listener(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    if (::bind(_listener, address, size) != 0 || ::listen(_listener, 8) != 0 ||
        ::getsockname(_listener, address, &size) != 0)
      throw std::runtime_error("no port for Redis");
    _port = ntohs(at.sin_port);
    _thread.emplace("redis", [this] { run(); });
  }
  ~test_redis() {
    _stopping = true;
    ::shutdown(_listener, SHUT_RDWR);
    if (int fd = _connection; fd >= 0) ::shutdown(fd, SHUT_RDWR);
    _thread.reset();
    ::close(_listener);
  }
  test_redis(const test_redis&) = delete;
  test_redis& operator=(const test_redis&) = delete;

  redis_address address() const { return {.host = "127.0.0.1", .port = _port}; }

 private:
  void run() {
    while (!_stopping) {
      const int fd = ::accept(_listener, nullptr, nullptr);
      if (fd < 0) continue;
      _connection = fd;
      if (!_stopping) serve(fd);
      _connection = -1;
      ::close(fd);
    }
  }

  void serve(int fd) const {
    const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(redisReaderCreate(), redisReaderFree);
    std::array<char, 4096> block;
    for (ssize_t n = 0; (n = ::recv(fd, block.data(), block.size(), 0)) > 0;) {
      redisReaderFeed(reader.get(), block.data(), static_cast<std::size_t>(n));
      for (void* read = nullptr; redisReaderGetReply(reader.get(), &read) == REDIS_OK && read;) {
        auto* words = static_cast<redisReply*>(read);
        redis_command command;
        for (std::size_t i = 0; i < words->elements; ++i)
          command.emplace_back(words->element[i]->str, words->element[i]->len);
        freeReplyObject(words);
        const auto reply = _answer(command);
        if (!reply) return;
        if (::send(fd, reply->data(), reply->size(), MSG_NOSIGNAL) < 0) return;
      }
    }
  }

  const answerer _answer;
  const int _listener;
  std::uint16_t _port = 0;
  std::atomic<int> _connection = -1;
  std::atomic<bool> _stopping = false;
  std::optional<runtime::thread> _thread;
};

}  // namespace mes::gateway
