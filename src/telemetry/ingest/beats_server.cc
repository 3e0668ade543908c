#include "telemetry/ingest/beats_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <vector>

#include "runtime/listen.h"
#include "telemetry/ingest/beat_event.h"
#include "telemetry/ingest/log_rows.h"
#include "wire/lumberjack/lumberjack.h"

namespace mes::telemetry {

namespace lumberjack = wire::lumberjack;
using boost::asio::ip::tcp;
using asio_error = boost::system::error_code;

namespace {
constexpr std::size_t read_bytes = 64u << 10;        // one buffer for all connections: an idle one costs nothing
constexpr std::size_t batch_bytes_max = 512u << 10;  // stored and acknowledged at once, within a window too
constexpr std::chrono::milliseconds full_store_pause{50};
}  // namespace

struct beats_server::state : std::enable_shared_from_this<beats_server::state> {
  // Reads, or stores what was read; never both, so that a sender feels a slow disk.
  struct connection {
    explicit connection(tcp::socket s) : socket(std::move(s)), timer(socket.get_executor()), frames({}) {}
    tcp::socket socket;
    boost::asio::steady_timer timer;  // idle while reading, busy while storing
    lumberjack::decoder frames;
    std::vector<lumberjack::event> events;
    std::size_t event_bytes = 0;
    std::uint32_t of_window = 0;  // events of the window that were stored
    bool storing = false, ended = false;
    std::string out;
    bool writing = false;
  };
  using connection_ptr = std::shared_ptr<connection>;

  state(runtime::event_loop& l, beats_server_options o, store& s, ingest_probe& p)
      : loop(l),
        options(std::move(o)),
        into(s),
        probe(p),
        rows([&s](std::string_view index) { return s.has_room_for(index); }),
        acceptor(l.context()),
        buffer(read_bytes, '\0') {}

  void accept() {
    acceptor.async_accept([self = shared_from_this()](asio_error code, tcp::socket socket) {
      if (self->closed) return;
      if (!code && self->open.size() < self->options.connections_max) {
        auto c = std::make_shared<connection>(std::move(socket));
        c->socket.non_blocking(true, code);
        self->open.insert(c);
        self->wait(c);
      }
      self->accept();
    });
  }

  void wait(const connection_ptr& c) {
    c->timer.expires_after(options.idle_timeout);
    c->timer.async_wait([self = shared_from_this(), c](asio_error code) {
      if (!code) self->end(*c);
    });
    c->socket.async_wait(tcp::socket::wait_read, [self = shared_from_this(), c](asio_error code) {
      if (c->ended) return;
      if (code || !self->read(*c)) return self->end(*c);
      c->storing ? self->keep_told(c) : self->wait(c);
    });
  }

  bool read(connection& c) {
    asio_error code;
    const std::size_t size = c.socket.read_some(boost::asio::buffer(buffer), code);
    if (code == boost::asio::error::would_block) return true;
    if (code || !c.frames.feed(std::string_view(buffer).substr(0, size), c.events)) return false;
    if (c.frames.has_new_window()) {
      c.frames.take_window();
      c.of_window = 0;
      if (c.frames.window() == 0) acknowledge(c, 0);
    }
    c.event_bytes = 0;
    for (const auto& e : c.events) c.event_bytes += e.json.size();
    const bool window_is_whole = !c.events.empty() && c.of_window + c.events.size() >= c.frames.window();
    if (window_is_whole || c.event_bytes >= batch_bytes_max) store_events(pointer_to(c));
    return true;
  }

  connection_ptr pointer_to(connection& c) {
    for (const auto& one : open)
      if (one.get() == &c) return one;
    return nullptr;
  }

  void store_events(const connection_ptr& c) {
    c->storing = true;
    for (const auto& e : c->events) rows.add_line(line_of_beat(e.json), instant::now());
    const std::uint32_t last = c->events.back().sequence;
    c->of_window += static_cast<std::uint32_t>(c->events.size());
    c->events.clear();
    append(c, std::make_shared<std::vector<row_batch>>(rows.take()), last);
  }

  void append(const connection_ptr& c, std::shared_ptr<std::vector<row_batch>> batches, std::uint32_t last) {
    auto taken = into.append(std::move(*batches), store::durability::synced,
                             [self = shared_from_this(), c, last](const result<appended>& stored) {
                               self->loop.post([self, c, last, ok = stored.has_value()] { self->stored(c, last, ok); });
                             });
    if (taken) return;
    probe.refused();
    // Too much waits for the disk: the sender is kept waiting, and told so.
    auto again = std::make_shared<boost::asio::steady_timer>(c->socket.get_executor(), full_store_pause);
    again->async_wait([self = shared_from_this(), c, batches, last, again](asio_error) {
      if (!self->closed && !c->ended) self->append(c, batches, last);
    });
  }

  void stored(const connection_ptr& c, std::uint32_t last, bool ok) {
    c->storing = false;
    if (c->ended || closed) return;
    // Not acknowledged, the sender sends it again.
    if (!ok) {
      probe.refused();
      return end(*c);
    }
    acknowledge(*c, last);
    wait(c);
  }

  // While events are being stored the sender hears an acknowledgement of nothing, which keeps it from giving up.
  void keep_told(const connection_ptr& c) {
    c->timer.expires_after(options.busy_period);
    c->timer.async_wait([self = shared_from_this(), c](asio_error code) {
      if (code || c->ended || !c->storing) return;
      self->acknowledge(*c, 0);
      self->keep_told(c);
    });
  }

  void acknowledge(connection& c, std::uint32_t sequence) {
    c.out += lumberjack::acknowledgement(c.frames.version(), sequence);
    if (!c.writing) write(pointer_to(c));
  }

  void write(const connection_ptr& c) {
    if (!c) return;
    c->writing = true;
    auto bytes = std::make_shared<std::string>(std::exchange(c->out, {}));
    boost::asio::async_write(c->socket, boost::asio::buffer(*bytes),
                             [self = shared_from_this(), c, bytes](asio_error code, std::size_t) {
                               c->writing = false;
                               if (c->ended) return;
                               if (code) return self->end(*c);
                               if (!c->out.empty()) self->write(c);
                             });
  }

  void end(connection& c) {
    if (std::exchange(c.ended, true)) return;
    asio_error ignored;
    c.timer.cancel();
    c.socket.close(ignored);
    if (const auto held = pointer_to(c)) open.erase(held);
  }

  runtime::event_loop& loop;
  beats_server_options options;
  store& into;
  ingest_probe& probe;
  log_rows rows;
  tcp::acceptor acceptor;
  std::string buffer;
  std::set<connection_ptr> open;
  bool closed = false;
};

result<std::unique_ptr<beats_server>> beats_server::listen(runtime::event_loop& loop, beats_server_options options,
                                                           store& into, ingest_probe& probe) {
  auto made = std::make_shared<state>(loop, std::move(options), into, probe);
  if (auto listening = runtime::listen_on(made->acceptor, made->options.address, made->options.port); !listening)
    return fail(std::move(listening.error()));
  made->accept();
  return std::unique_ptr<beats_server>(new beats_server(std::move(made)));
}

beats_server::~beats_server() { close(); }

std::uint16_t beats_server::port() const {
  asio_error code;
  return _state->acceptor.local_endpoint(code).port();
}

std::size_t beats_server::connections() const { return _state->open.size(); }

void beats_server::close() {
  if (std::exchange(_state->closed, true)) return;
  asio_error ignored;
  _state->acceptor.close(ignored);
  for (const auto& c : std::exchange(_state->open, {})) {
    c->ended = true;
    c->timer.cancel();
    c->socket.close(ignored);
  }
}

}  // namespace mes::telemetry
