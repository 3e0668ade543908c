#include "platform/supervisor/control.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace mes::platform {
namespace {

using boost::asio::local::stream_protocol;
using boost::system::error_code;

constexpr std::size_t head_bytes_max = 8 << 10;
constexpr std::chrono::seconds patience{5};  // for a whole request

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

// One request, one answer, closed.
class session : public std::enable_shared_from_this<session> {
 public:
  session(stream_protocol::socket socket, control_server::handler handle)
      : _socket(std::move(socket)), _timer(_socket.get_executor()), _handle(std::move(handle)) {}

  void go() {
    _timer.expires_after(patience);
    _timer.async_wait([self = shared_from_this()](const error_code& e) {
      error_code ignored;  // closing is all that is left to do
      if (!e) self->_socket.close(ignored);
    });
    read();
  }

 private:
  void read() {
    _socket.async_read_some(boost::asio::buffer(_block),
                            [self = shared_from_this()](const error_code& e, std::size_t n) {
                              if (e) return self->end();
                              self->_head.append(self->_block.data(), n);
                              if (self->_head.find("\r\n\r\n") != std::string::npos) return self->answer();
                              if (self->_head.size() > head_bytes_max) return self->end();
                              self->read();
                            });
  }

  void answer() {
    const std::string_view line = std::string_view(_head).substr(0, _head.find("\r\n"));
    const std::size_t a = line.find(' '), b = line.rfind(' ');
    const bool well_formed = a != std::string_view::npos && b > a && line.substr(b + 1).starts_with("HTTP/1.");
    const control_answer out = well_formed
                                   ? _handle(std::string(line.substr(0, a)), std::string(line.substr(a + 1, b - a - 1)))
                                   : control_answer{400, R"({"message":"This is no HTTP/1.1 request"})"};
    _text = fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        out.status, reason(out.status), out.json.size(), out.json);
    boost::asio::async_write(_socket, boost::asio::buffer(_text),
                             [self = shared_from_this()](const error_code&, std::size_t) { self->end(); });
  }

  void end() {
    _timer.cancel();
    error_code ignored;  // the other side may have gone first
    _socket.shutdown(stream_protocol::socket::shutdown_both, ignored);
    _socket.close(ignored);
  }

  stream_protocol::socket _socket;
  boost::asio::steady_timer _timer;
  control_server::handler _handle;
  std::string _head;
  std::string _text;
  std::array<char, 2048> _block{};
};

}  // namespace

struct control_server::state {
  stream_protocol::acceptor acceptor;
  std::string path;
  handler handle;

  state(boost::asio::io_context& on, std::string p, handler h)
      : acceptor(on), path(std::move(p)), handle(std::move(h)) {}

  void accept() {
    acceptor.async_accept([this](const error_code& e, stream_protocol::socket socket) {
      if (e == boost::asio::error::operation_aborted) return;
      if (!e) std::make_shared<session>(std::move(socket), handle)->go();
      accept();
    });
  }
};

result<std::unique_ptr<control_server>> control_server::listen(runtime::event_loop& loop,
                                                               const std::filesystem::path& socket, handler handle) {
  auto s = std::make_unique<state>(loop.context(), socket.string(), std::move(handle));
  if (s->path.size() >= sizeof(sockaddr_un::sun_path))
    return fail(mes::error_code::invalid_argument,
                fmt::format("{} is too long for a socket's path ({} characters at most): choose a shorter --data",
                            s->path, sizeof(sockaddr_un::sun_path) - 1));
  unlink(s->path.c_str());
  error_code e;
  const auto check = [&] { return !e; };
  if (s->acceptor.open(stream_protocol(), e); check()) s->acceptor.bind(stream_protocol::endpoint(s->path), e);
  if (check() && chmod(s->path.c_str(), 0600) != 0) e.assign(errno, boost::system::system_category());
  if (check()) s->acceptor.listen(16, e);
  if (e) return fail(mes::error_code::internal, fmt::format("cannot listen on {}: {}", s->path, e.message()));
  s->accept();
  return std::unique_ptr<control_server>(new control_server(std::move(s)));
}

control_server::control_server(std::unique_ptr<state> s) : _state(std::move(s)) {}

control_server::~control_server() { unlink(_state->path.c_str()); }

}  // namespace mes::platform
