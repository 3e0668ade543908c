#include "runtime/log_shipper.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <mutex>
#include <utility>

namespace mes::runtime {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t waiting_bytes_max = 4 << 20;
constexpr std::size_t batch_bytes_max = 64 << 10;
constexpr std::chrono::milliseconds first_pause{200}, longest_pause{5'000};

}  // namespace

struct log_shipper::state : std::enable_shared_from_this<log_shipper::state> {
  enum class phase : std::uint8_t { disconnected, connecting, pausing, connected };

  state(event_loop& l, std::string h, std::uint16_t p, observe::registry& metrics)
      : loop(l),
        host(std::move(h)),
        port(p),
        dropped(metrics.make_counter("mes_log_lines_dropped_total",
                                     "Log lines that were not sent to the store because the buffer was full")),
        resolver(l.context()),
        socket(l.context()) {}

  // Any thread.
  void push(std::string lines) {
    std::lock_guard lock(mutex);
    waiting_bytes += lines.size();
    waiting.push_back(std::move(lines));
    while (waiting_bytes > waiting_bytes_max) {
      waiting_bytes -= waiting.front().size();
      dropped.add(static_cast<double>(std::ranges::count(waiting.front(), '\n')));
      waiting.pop_front();
    }
    if (std::exchange(scheduled, true)) return;
    loop.post([self = shared_from_this()] { self->pump(); });
  }

  bool take_batch() {
    std::lock_guard lock(mutex);
    while (!waiting.empty() && batch.size() < batch_bytes_max) {
      waiting_bytes -= waiting.front().size();
      batch += waiting.front();
      waiting.pop_front();
    }
    // From here on until the queue is found empty, this side drives itself.
    scheduled = !batch.empty();
    return scheduled;
  }

  void pump() {
    if (gone || current == phase::connecting || current == phase::pausing || writing) return;
    if (batch.empty() && !take_batch()) return finish_flush();
    if (current == phase::connected)
      write();
    else
      connect();
  }

  void connect() {
    current = phase::connecting;
    error_code ec;
    auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, ec);
    if (!ec) {
      socket.async_connect({address, port},
                           [self = shared_from_this()](const error_code& e) { self->on_connected(e); });
      return;
    }
    resolver.async_resolve(
        host, std::to_string(port), [self = shared_from_this()](const error_code& failed, const auto& found) {
          if (self->gone) return;
          if (failed) return self->on_connected(failed);
          asio::async_connect(self->socket, found,
                              [self](const error_code& e, const tcp::endpoint&) { self->on_connected(e); });
        });
  }

  void on_connected(const error_code& ec) {
    if (gone) return;
    if (ec) return break_off();
    pause = first_pause;
    current = phase::connected;
    watch();
    write();
  }

  // The store never speaks; what comes is the end of the connection, best known before the next line goes into it.
  void watch() {
    socket.async_read_some(asio::buffer(&heard, 1),
                           [self = shared_from_this(), g = generation](const error_code& ec, std::size_t) {
                             if (self->gone || g != self->generation) return;
                             if (!ec) return self->watch();
                             self->break_off();
                           });
  }

  void write() {
    writing = true;
    asio::async_write(socket, asio::buffer(batch),
                      [self = shared_from_this(), g = generation](const error_code& ec, std::size_t sent) {
                        if (self->gone || g != self->generation) return;
                        self->writing = false;
                        if (!ec) {
                          self->batch.clear();
                          return self->pump();
                        }
                        std::size_t line_end = self->batch.rfind('\n', sent == 0 ? 0 : sent - 1);
                        if (sent > 0 && line_end != std::string::npos) self->batch.erase(0, line_end + 1);
                        self->break_off();
                      });
  }

  void break_off() {
    ++generation;
    writing = false;
    error_code ec;
    socket.close(ec);  // the descriptor is gone whatever close(2) says
    current = phase::disconnected;
    if (flushed) return finish_flush();
    current = phase::pausing;
    timer = loop.after(pause, [s = this] {
      s->current = phase::disconnected;
      s->pump();
    });
    pause = std::min(pause * 2, longest_pause);
  }

  void finish_flush() {
    if (flushed) std::exchange(flushed, nullptr)();
  }

  event_loop& loop;
  std::string host;
  std::uint16_t port;
  observe::counter dropped;

  std::mutex mutex;
  std::deque<std::string> waiting;  // under mutex
  std::size_t waiting_bytes = 0;    // under mutex
  bool scheduled = false;           // under mutex: pump() is posted or running on

  // Loop thread:
  tcp::resolver resolver;
  tcp::socket socket;
  phase current = phase::disconnected;
  std::string batch;
  char heard = 0;
  bool writing = false;
  bool gone = false;
  unsigned generation = 0;
  std::chrono::milliseconds pause = first_pause;
  std::shared_ptr<event_loop::timer> timer;
  std::function<void()> flushed;
};

log_shipper::log_shipper(event_loop& loop, std::string host, std::uint16_t port, observe::registry& metrics)
    : _state(std::make_shared<state>(loop, std::move(host), port, metrics)) {}

log_shipper::~log_shipper() {
  _state->gone = true;
  _state->timer = nullptr;
  error_code ec;
  _state->socket.close(ec);
  _state->resolver.cancel();
}

void log_shipper::ship(std::string lines) { _state->push(std::move(lines)); }

void log_shipper::flush(std::function<void()> done) {
  _state->flushed = std::move(done);
  if (_state->current == state::phase::pausing) {
    _state->timer = nullptr;
    _state->current = state::phase::disconnected;
  }
  _state->pump();
}

}  // namespace mes::runtime
