#include "runtime/http_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "runtime/http_exchange.h"

namespace mes::runtime {
namespace {

constexpr std::size_t kept_per_address_max = 64;
constexpr std::chrono::seconds kept_time{30};  // below every common server's idle time-out

// A peer that has closed, or has said something unasked, is found out before a request is spent on it.
bool is_alive(kept_connection& connection) {
  char ignored = 0;
  ssize_t n = ::recv(connection.socket.native_handle(), &ignored, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

std::unique_ptr<kept_connection> http_client_core::take(const std::string& address) {
  auto it = idle.find(address);
  if (it == idle.end()) return nullptr;
  auto oldest = std::chrono::steady_clock::now() - kept_time;
  while (!it->second.empty()) {
    auto connection = std::move(it->second.back());
    it->second.pop_back();
    if (connection->idle_since >= oldest && is_alive(*connection)) return connection;
  }
  return nullptr;
}

void http_client_core::keep(const std::string& address, std::unique_ptr<kept_connection> connection) {
  auto& list = idle[address];
  if (list.size() >= kept_per_address_max) return;
  connection->idle_since = std::chrono::steady_clock::now();
  list.push_back(std::move(connection));
  if (!prune) prune = loop.after(kept_time, [this] { run_prune(); });
}

void http_client_core::run_prune() {
  auto oldest = std::chrono::steady_clock::now() - kept_time;
  for (auto& [address, list] : idle) std::erase_if(list, [&](const auto& c) { return c->idle_since <= oldest; });
  std::erase_if(idle, [](const auto& entry) { return entry.second.empty(); });
  prune = idle.empty() ? nullptr : loop.after(kept_time, [this] { run_prune(); });
}

result<std::shared_ptr<tls_context>> http_client_core::trust_of(const std::string& ca_file) {
  auto it = trust.find(ca_file);
  if (it != trust.end()) return it->second;
  auto made = tls_context::for_client(ca_file);
  if (made) trust.emplace(ca_file, *made);
  return made;
}

void http_client_core::want_sweep(steady_time by) {
  if (sweep_at <= by) return;
  sweep_at = by;
  auto delay = std::chrono::ceil<std::chrono::milliseconds>(by - std::chrono::steady_clock::now());
  sweep = loop.after(std::max(delay, std::chrono::milliseconds(0)), [this] { run_sweep(); });
}

void http_client_core::run_sweep() {
  auto now = std::chrono::steady_clock::now();
  sweep_at = steady_time::max();
  std::vector<std::shared_ptr<http_exchange>> due;
  steady_time next = steady_time::max();
  for (const auto& [key, exchange] : active) {
    if (exchange->deadline() <= now)
      due.push_back(exchange);
    else
      next = std::min(next, exchange->deadline());
  }
  if (next != steady_time::max()) want_sweep(next);
  for (const auto& exchange : due) exchange->expire();
}

struct http_client::state {
  explicit state(event_loop& loop) : core(loop) {}

  void begin(http_call call, std::function<void(result<http_response>)> done) {
    if (gone) return;
    auto url = parse_http_url(call.url);
    if (!url) return done(fail(url.error()));
    auto exchange = std::make_shared<http_exchange>(core, std::move(call), std::move(*url), std::move(done));
    core.active.emplace(exchange.get(), exchange);
    exchange->start();
  }

  http_client_core core;
  bool gone = false;
};

http_client::http_client(event_loop& loop) : _state(std::make_shared<state>(loop)) {}

http_client::~http_client() {
  _state->gone = true;
  for (const auto& [key, exchange] : _state->core.active) exchange->drop();
  _state->core.active.clear();
  _state->core.idle.clear();
  _state->core.sweep = nullptr;
  _state->core.prune = nullptr;
}

void http_client::send(http_call call, std::function<void(result<http_response>)> done) {
  if (_state->core.loop.is_current()) return _state->begin(std::move(call), std::move(done));
  _state->core.loop.post(
      [s = _state, c = std::move(call), d = std::move(done)]() mutable { s->begin(std::move(c), std::move(d)); });
}

// The blocking form runs the other one on a loop of the thread's own.
result<http_response> http_fetch(http_call call) {
  struct fetcher {
    event_loop loop;
    http_client client{loop};
  };
  thread_local fetcher mine;
  std::optional<result<http_response>> outcome;
  mine.client.send(std::move(call), [&](result<http_response> answer) {
    outcome = std::move(answer);
    mine.loop.stop();
  });
  mine.loop.run();
  if (!outcome) return fail(error_code::internal, "the call did not end");
  return *std::move(outcome);
}

}  // namespace mes::runtime
