#include "telemetry/ingest/datagram_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "runtime/listen.h"

namespace mes::telemetry {

using boost::asio::ip::udp;
using asio_error = boost::system::error_code;

namespace {
constexpr std::size_t datagram_bytes_max = 65'536;
constexpr int receive_buffer_bytes = 1 << 20;
constexpr int datagrams_a_turn = 64;  // then others have their turn
}  // namespace

struct datagram_server::state : std::enable_shared_from_this<datagram_server::state> {
  state(boost::asio::io_context& io, handler t) : take(std::move(t)), socket(io), buffer(datagram_bytes_max, '\0') {}

  void wait() {
    socket.async_wait(udp::socket::wait_read, [self = shared_from_this()](asio_error code) {
      if (code || !self->socket.is_open()) return;
      self->read();
      self->wait();
    });
  }

  void read() {
    for (int i = 0; i < datagrams_a_turn; ++i) {
      asio_error code;
      udp::endpoint from;
      const std::size_t size = socket.receive_from(boost::asio::buffer(buffer), from, 0, code);
      if (code) return;
      take(std::string_view(buffer).substr(0, size));
    }
  }

  handler take;
  udp::socket socket;
  std::string buffer;
};

result<std::unique_ptr<datagram_server>> datagram_server::listen(runtime::event_loop& loop, const std::string& address,
                                                                 std::uint16_t port, handler take) {
  auto made = std::make_shared<state>(loop.context(), std::move(take));
  if (auto bound = runtime::bind_to(made->socket, address, port); !bound) return fail(std::move(bound.error()));
  asio_error ignored;
  made->socket.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer_bytes), ignored);
  made->socket.non_blocking(true, ignored);
  made->wait();
  return std::unique_ptr<datagram_server>(new datagram_server(std::move(made)));
}

datagram_server::~datagram_server() { close(); }

std::uint16_t datagram_server::port() const {
  asio_error code;
  return _state->socket.local_endpoint(code).port();
}

void datagram_server::close() {
  asio_error ignored;
  _state->socket.close(ignored);
}

}  // namespace mes::telemetry
