#include "telemetry/ingest/line_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "runtime/listen.h"

namespace mes::telemetry {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {
constexpr std::size_t read_bytes = 64u << 10;  // one buffer for all connections: an idle one costs nothing
}

struct line_server::state : std::enable_shared_from_this<line_server::state> {
  struct connection {
    explicit connection(tcp::socket s) : socket(std::move(s)) {}
    tcp::socket socket;
    std::string partial;    // the beginning of a line that has not ended yet
    bool skipping = false;  // the rest of a line that was too long
  };
  using connection_ptr = std::shared_ptr<connection>;

  state(boost::asio::io_context& io, line_server_options o, line_handler t, idle_handler a)
      : options(std::move(o)), take(std::move(t)), after_read(std::move(a)), acceptor(io), buffer(read_bytes, '\0') {}

  void accept() {
    acceptor.async_accept([self = shared_from_this()](error_code code, tcp::socket socket) {
      if (self->closed) return;
      if (!code && self->open < self->options.connections_max) {
        socket.non_blocking(true, code);
        ++self->open;
        self->wait(std::make_shared<connection>(std::move(socket)));
      }
      self->accept();
    });
  }

  void wait(connection_ptr c) {
    if (closed) return;
    if (paused) {
      waiting.push_back(std::move(c));
      return;
    }
    auto& socket = c->socket;
    socket.async_wait(tcp::socket::wait_read, [self = shared_from_this(), c = std::move(c)](error_code code) mutable {
      if (code || self->closed || !self->read(*c)) {
        self->end(*c);
        return;
      }
      self->wait(std::move(c));
    });
  }

  bool read(connection& c) {
    if (paused) return true;
    error_code code;
    std::size_t size = c.socket.read_some(boost::asio::buffer(buffer), code);
    if (code == boost::asio::error::would_block) return true;
    if (code) return false;
    split(c, std::string_view(buffer).substr(0, size));
    if (!after_read()) paused = true;
    return true;
  }

  void split(connection& c, std::string_view in) {
    while (!in.empty()) {
      std::size_t end = in.find('\n');
      std::string_view piece = in.substr(0, end);
      in = end == std::string_view::npos ? std::string_view{} : in.substr(end + 1);
      if (!c.skipping && c.partial.size() + piece.size() > options.line_bytes_max) {
        c.partial.append(piece.substr(0, options.line_bytes_max - c.partial.size()));
        take(c.partial);
        std::string().swap(c.partial);
        c.skipping = true;
      }
      bool ended = end != std::string_view::npos;
      if (c.skipping) {
        c.skipping = !ended;
      } else if (!ended) {
        c.partial.append(piece);
      } else if (c.partial.empty()) {
        take(piece);
      } else {
        c.partial.append(piece);
        take(c.partial);
        std::string().swap(c.partial);
      }
    }
  }

  void end(connection& c) {
    if (!c.partial.empty() && !closed) {
      take(c.partial);  // a last line without newline
      c.partial.clear();
      if (!after_read()) paused = true;
    }
    --open;
  }

  line_server_options options;
  line_handler take;
  idle_handler after_read;
  tcp::acceptor acceptor;
  std::string buffer;
  std::vector<connection_ptr> waiting;
  std::size_t open = 0;
  bool paused = false, closed = false;
};

result<std::unique_ptr<line_server>> line_server::listen(runtime::event_loop& loop, line_server_options options,
                                                         line_handler take, idle_handler after_read) {
  auto made = std::make_shared<state>(loop.context(), std::move(options), std::move(take), std::move(after_read));
  if (auto listening = runtime::listen_on(made->acceptor, made->options.address, made->options.port); !listening)
    return fail(std::move(listening.error()));
  made->accept();
  return std::unique_ptr<line_server>(new line_server(std::move(made)));
}

line_server::~line_server() { close(); }

std::uint16_t line_server::port() const {
  error_code code;
  return _state->acceptor.local_endpoint(code).port();
}

std::size_t line_server::connections() const { return _state->open; }

void line_server::resume() {
  _state->paused = false;
  auto waiting = std::exchange(_state->waiting, {});
  for (auto& c : waiting) _state->wait(std::move(c));
}

void line_server::close() {
  if (_state->closed) return;
  _state->closed = true;
  error_code ignored;
  _state->acceptor.close(ignored);
  _state->waiting.clear();
}

}  // namespace mes::telemetry
