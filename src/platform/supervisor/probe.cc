#include "platform/supervisor/probe.h"

#include <fmt/core.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <string>

namespace mes::platform {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

class question : public std::enable_shared_from_this<question> {
 public:
  question(const boost::asio::any_io_executor& on, const readiness& what, std::function<void(bool)> done)
      : _socket(on), _timer(on), _done(std::move(done)), _port(what.port) {
    const bool http = what.by == readiness::kind::http;
    _text = http ? fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", what.path, _port)
                 : "PING\r\n";
    _expected = http ? "HTTP/1.1 200" : "+PONG";
  }

  void go(std::chrono::milliseconds timeout) {
    _timer.expires_after(timeout);
    _timer.async_wait([self = shared_from_this()](const error_code& e) {
      if (!e) self->finish(false);
    });
    _socket.async_connect({boost::asio::ip::address_v4::loopback(), _port},
                          [self = shared_from_this()](const error_code& e) { e ? self->finish(false) : self->send(); });
  }

 private:
  void send() {
    boost::asio::async_write(
        _socket, boost::asio::buffer(_text),
        [self = shared_from_this()](const error_code& e, std::size_t) { e ? self->finish(false) : self->receive(); });
  }

  void receive() {
    _socket.async_read_some(boost::asio::buffer(_block),
                            [self = shared_from_this()](const error_code& e, std::size_t n) {
                              if (e) return self->finish(false);
                              self->_answer.append(self->_block.data(), n);
                              if (self->_answer.size() < self->_expected.size()) return self->receive();
                              self->finish(self->_answer.starts_with(self->_expected));
                            });
  }

  void finish(bool ready) {
    if (!_done) return;
    const auto done = std::exchange(_done, nullptr);
    _timer.cancel();
    error_code ignored;  // it may not even be open
    _socket.close(ignored);
    done(ready);
  }

  tcp::socket _socket;
  boost::asio::steady_timer _timer;
  std::function<void(bool)> _done;
  std::uint16_t _port;
  std::string _text;
  std::string _expected;
  std::string _answer;
  std::array<char, 512> _block{};
};

}  // namespace

void ask(const boost::asio::any_io_executor& on, const readiness& what, std::chrono::milliseconds timeout,
         std::function<void(bool)> done) {
  if (what.by == readiness::kind::none) {
    boost::asio::post(on, [done = std::move(done)] { done(true); });
    return;
  }
  std::make_shared<question>(on, what, std::move(done))->go(timeout);
}

}  // namespace mes::platform
