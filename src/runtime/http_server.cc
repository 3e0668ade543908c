#include "runtime/http_server.h"

#include <fmt/format.h>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdio>
#include <utility>
#include <vector>

#include "runtime/http_connection.h"
#include "runtime/listen.h"

namespace mes::runtime {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::milliseconds sweep_grain{1'000};  // a time-out may come that much late
constexpr std::chrono::milliseconds accept_pause{100};   // after "too many open files"
constexpr std::size_t refused_connections_max = 64;      // above the limit: told 503; beyond that just closed

}  // namespace

void http_server_core::want_sweep(steady_time by) {
  if (by == steady_time::max() || (sweep_at != steady_time::max() && sweep_at <= by + sweep_grain)) return;
  auto now = std::chrono::steady_clock::now();
  sweep_at = std::max(by, now);
  auto delay = std::chrono::ceil<std::chrono::milliseconds>(sweep_at - now);
  sweep = loop.after(delay, [this] { run_sweep(); });
}

void http_server_core::run_sweep() {
  auto now = std::chrono::steady_clock::now();
  sweep_at = steady_time::max();
  std::vector<std::shared_ptr<connection>> due;
  steady_time next = steady_time::max();
  for (const auto& [key, c] : connections) {
    if (c->deadline() <= now)
      due.push_back(c);
    else
      next = std::min(next, c->deadline());
  }
  if (next != steady_time::max()) want_sweep(std::max(next, now + sweep_grain));
  for (const auto& c : due) c->sweep(now);
}

void http_server_core::forget(connection* gone) {
  connections.erase(gone);
  if (connections.empty()) {
    sweep = nullptr;
    sweep_at = steady_time::max();
    if (stopping && emptied) std::exchange(emptied, nullptr)();
  }
}

void http_server_core::report(std::string_view what) const {
  if (options.on_error) return options.on_error(what);
  fmt::print(stderr, "a request's handler failed: {}\n", what);
}

http_response http_server_core::refusal(int status, std::string_view detail) const {
  return options.refusal ? options.refusal(status, detail) : http_response::problem(status, detail);
}

struct http_server::state : std::enable_shared_from_this<http_server::state> {
  state(event_loop& loop, http_server_options options, handler handle)
      : core(std::make_shared<http_server_core>(loop, std::move(options), std::move(handle))),
        acceptor(loop.context()) {}

  result<void> open() {
    if (auto listening = listen_on(acceptor, core->options.address, core->options.port); !listening) return listening;
    error_code ec;
    port = acceptor.local_endpoint(ec).port();
    return {};
  }

  void accept() {
    acceptor.async_accept([self = shared_from_this()](const error_code& ec, tcp::socket socket) {
      if (!self->acceptor.is_open()) return;
      if (ec == asio::error::no_descriptors || ec == asio::error::no_memory) {
        self->core->report("cannot accept a connection: " + ec.message());
        self->pause = self->core->loop.after(accept_pause, [s = self.get()] { s->accept(); });
        return;
      }
      // Any other error is of the one connection, gone before it was taken.
      if (!ec) self->take(std::move(socket));
      self->accept();
    });
  }

  void take(tcp::socket socket) {
    std::size_t open = core->connections.size();
    std::size_t limit = core->options.connections_max;
    if (open >= limit + refused_connections_max) return;
    error_code ec;
    socket.non_blocking(true, ec);
    if (!ec) socket.set_option(tcp::no_delay(true), ec);
    if (ec) return;  // reset by the client already
    auto c = std::make_shared<connection>(std::move(socket), core);
    core->connections.emplace(c.get(), c);
    if (open >= limit)
      c->refuse_all("Too many connections are open; try again later.");
    else
      c->start();
  }

  std::vector<std::shared_ptr<connection>> all() const {
    std::vector<std::shared_ptr<connection>> list;
    for (const auto& [key, c] : core->connections) list.push_back(c);
    return list;
  }

  void close_acceptor() {
    pause = nullptr;
    error_code ec;
    acceptor.close(ec);  // the descriptor is gone whatever close(2) says
  }

  std::shared_ptr<http_server_core> core;
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  std::shared_ptr<event_loop::timer> pause;
  std::shared_ptr<event_loop::timer> grace;
};

result<std::unique_ptr<http_server>> http_server::listen(event_loop& loop, http_server_options options,
                                                         handler handle) {
  auto s = std::make_shared<state>(loop, std::move(options), std::move(handle));
  if (auto opened = s->open(); !opened) return fail(std::move(opened.error()));
  s->accept();
  return std::unique_ptr<http_server>(new http_server(std::move(s)));
}

http_server::http_server(std::shared_ptr<state> s) : _state(std::move(s)) {}

http_server::~http_server() {
  _state->close_acceptor();
  _state->grace = nullptr;
  _state->core->stopping = true;
  _state->core->emptied = nullptr;
  for (const auto& c : _state->all()) c->close();
  _state->core->sweep = nullptr;
}

std::uint16_t http_server::port() const { return _state->port; }

void http_server::stop(std::chrono::milliseconds grace, std::function<void()> done) {
  _state->close_acceptor();
  http_server_core& core = *_state->core;
  core.stopping = true;
  for (const auto& c : _state->all()) c->close_when_done();
  if (core.connections.empty()) return core.loop.post(std::move(done));
  core.emptied = [s = _state, d = std::move(done)]() mutable {
    s->grace = nullptr;
    s->core->loop.post(std::move(d));
  };
  _state->grace = core.loop.after(grace, [s = _state.get()] {
    for (const auto& c : s->all()) c->close();
  });
}

// The responder: forwards to its connection, once.

http_responder::http_responder(std::shared_ptr<connection> to) : _connection(std::move(to)) {}
http_responder::http_responder(http_responder&&) noexcept = default;

http_responder& http_responder::operator=(http_responder&& other) noexcept {
  if (this != &other) {
    if (_connection) _connection->abandon();
    _connection = std::move(other._connection);
  }
  return *this;
}

http_responder::~http_responder() {
  if (_connection) _connection->abandon();
}

void http_responder::send(http_response response) {
  auto to = std::exchange(_connection, nullptr);
  if (to) to->answer(std::move(response));
}

http_responder::chunk_writer http_responder::stream(http_response head) {
  auto to = std::exchange(_connection, nullptr);
  if (!to) return [](const std::string&) { return false; };
  return to->stream(std::move(head));
}

}  // namespace mes::runtime
