#include "gateway/proxy/worker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <limits>
#include <utility>

#include "gateway/proxy/descriptor_outage.h"
#include "gateway/proxy/http1_client.h"
#include "gateway/proxy/listener.h"
#include "runtime/tcp_options.h"

namespace mes::gateway {
namespace {

constexpr std::int64_t rest_ms = 200;  // of a listener that can do nothing for its clients

std::string address_text(const sockaddr_storage& from) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &from, sizeof in);
    if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr))  // a listener of both families: plugins and services know it as IPv4
      inet_ntop(AF_INET, &in.sin6_addr.s6_addr[12], text.data(), text.size());
    else
      inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
  } else {
    sockaddr_in in{};
    std::memcpy(&in, &from, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
  }
  return text.data();
}

std::uint16_t port_in(const sockaddr_storage& from) {
  sockaddr_in in{};  // whose port is where sockaddr_in6's is
  std::memcpy(&in, &from, sizeof in);
  return ntohs(in.sin_port);
}

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

}  // namespace

worker::worker(const proxy_options& o, const proxy_parts& p, traffic_stats& s, descriptor_outage& outage,
               std::atomic<std::uint64_t>& connections)
    : options(o),
      parts(p),
      stats(s),
      requests_log(loop, p.log),
      pool(loop, options.idle_upstreams_always),
      _outage(outage),
      _connections(connections) {
  loop.set_sweep([this](std::int64_t now_ms) { return sweep(now_ms); });
}

worker::~worker() {
  if (_started) join();
}

result<void> worker::prepare_tls(const ticket_keys& tickets) {
  auto server = make_tls(options, tickets);
  if (!server) return fail(server.error());
  _server_tls = std::move(*server);
  return {};
}

result<tls_context> worker::make_tls(const proxy_options& next, const ticket_keys& tickets) const {
  if (!next.tls) return tls_context();
  return make_server_context(*next.tls, tickets, &_certificates, parts.staples);
}

void worker::listen(int plain_fd, int tls_fd) {
  for (auto [fd, tls] : {std::pair(plain_fd, false), std::pair(tls_fd, true)}) {
    if (fd < 0) continue;
    _listeners.push_back(std::make_unique<listener>(*this, fd, tls));
    loop.watch_accept(fd, *_listeners.back());
  }
}

void worker::start(std::shared_ptr<const generation> first, const upstream_states& upstreams) {
  _certificates = first->certificates();
  plan = std::make_shared<loop_plan>(std::move(first), upstreams, _client_tls, parts.log);
  _thread = runtime::thread("proxy", [this] { loop.run(); });
  _started = true;
}

void worker::use(std::shared_ptr<const generation> next, upstream_states upstreams) {
  loop.post([this, next = std::move(next), upstreams = std::move(upstreams)] {
    _certificates = next->certificates();
    plan = std::make_shared<loop_plan>(next, upstreams, _client_tls, parts.log);
  });
}

void worker::use(proxy_options next, std::optional<int> plain_fd, std::optional<int> tls_fd, tls_context tls) {
  loop.post([this, next = std::move(next), plain_fd, tls_fd, tls = std::move(tls)] {
    if (plain_fd) close_listeners(false);
    if (tls_fd) close_listeners(true);
    options = next;
    _server_tls = tls;
    if (!_draining) return listen(plain_fd.value_or(-1), tls_fd.value_or(-1));
    for (std::optional<int> fd : {plain_fd, tls_fd})
      if (fd && *fd >= 0) ::close(*fd);
  });
}

// Those who have connected already are let in first.
void worker::close_listeners(bool tls) {
  for (auto& l : _listeners) {
    if (l->tls() != tls) continue;
    accept_some(*l, std::numeric_limits<int>::max());
    loop.bury(std::move(l));
  }
  std::erase(_listeners, nullptr);
}

void worker::drain() {
  loop.post([this] {
    _draining = true;
    for (auto& l : _listeners) loop.bury(std::move(l));
    _listeners.clear();
    for (std::size_t i = _clients.size(); i-- > 0;) _clients[i]->drain();
  });
}

void worker::join() {
  loop.post([this] {
    for (std::size_t i = _clients.size(); i-- > 0;)
      if (i < _clients.size()) _clients[i]->end_now();
  });
  loop.stop();
  _thread.join();
  requests_log.flush();
  _started = false;
  _clients.clear();
  pool.clear();
}

void worker::accept_some(listener& at, int at_most) {
  for (int i = 0; i < at_most; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    int accepted = accept4(at.fd(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) {
      const int error = errno;
      if (!is_shortage(error)) return;
      const bool refused = at.turn_one_away();
      if (refused || at.rests()) note_shortage(error);
      if (!refused) return;
      stats.refused.add(1);
      continue;
    }
    stats.accepted.add(1);
    if (_clients.size() >= options.connections_max) {
      stats.refused.add(1);
      ::close(accepted);
      continue;
    }
    runtime::set_accepted_options(accepted, reinterpret_cast<const sockaddr&>(from));
    net_stream stream(accepted);
    if (at.tls()) stream.start_tls_server(_server_tls.get());
    sockaddr_storage own{};
    size = sizeof own;
    getsockname(accepted, reinterpret_cast<sockaddr*>(&own), &size);
    auto link = std::make_shared<client_link>(client_link{.address = address_text(from),
                                                          .peer_port = port_in(from),
                                                          .own_address = address_text(own),
                                                          .port = at.port(),
                                                          .tls = at.tls(),
                                                          .sni = {},
                                                          .number = ++_connections});
    auto client = std::make_unique<http1_client>(*this, std::move(stream), std::move(link));
    client->index = _clients.size();
    loop.watch(accepted, *client);
    _clients.push_back(std::move(client));
    _open.fetch_add(1, std::memory_order_relaxed);
    if (_clients.size() > _most_open.load(std::memory_order_relaxed)) _most_open.store(_clients.size());
    stats.active.add(1);
    loop.start_sweeping();
  }
}

void worker::note_shortage(int error) {
  _outage.note(error, loop.now_ms());
  loop.start_sweeping();
  loop.sweep_by(loop.now_ms() + rest_ms);
}

void worker::remove(client_connection& dead) {
  std::size_t slot = dead.index;
  loop.bury(std::move(_clients[slot]));
  if (slot + 1 < _clients.size()) {
    _clients[slot] = std::move(_clients.back());
    _clients[slot]->index = slot;
  }
  _clients.pop_back();
  _open.fetch_sub(1, std::memory_order_relaxed);
  stats.active.add(-1);
}

void worker::replace(client_connection& old, std::unique_ptr<client_connection> successor, int fd) {
  std::size_t slot = old.index;
  successor->index = slot;
  loop.rewatch(fd, *successor);
  loop.bury(std::move(_clients[slot]));
  _clients[slot] = std::move(successor);
}

std::unique_ptr<exchange> worker::take_exchange() {
  auto kept = _exchanges.take();
  return kept ? std::move(*kept) : std::make_unique<exchange>();
}

bool worker::hold(exchange& x, std::size_t bytes) {
  if (bytes > options.held_bytes_max - std::min(_held_bytes, options.held_bytes_max)) return false;
  x.held_bytes += bytes;
  _held_bytes += bytes;
  return true;
}

void worker::let_go(exchange& x) { _held_bytes -= std::exchange(x.held_bytes, 0); }

void worker::give_exchange(std::unique_ptr<exchange> x) {
  let_go(*x);
  x->reset();
  _exchanges.give(std::move(x));
}

void worker::tidy(std::int64_t now_ms) {
  if (now_ms < _next_tidy_ms) return;
  _next_tidy_ms = now_ms + 1000;
  pool.tidy(now_ms);
  _exchanges.tidy();
  loop.blocks().tidy();
}

bool worker::sweep(std::int64_t now_ms) {
  for (std::size_t i = _clients.size(); i-- > 0;)
    if (i < _clients.size()) _clients[i]->sweep(now_ms);
  schedule.look(net_loop::clock_us());
  for (auto& l : _listeners) l->look();
  tidy(now_ms);
  return _outage.lasts(now_ms) || !_clients.empty() || !pool.empty() || _exchanges.size() > _exchanges.few;
}

instrumentations worker::next_timed() {
  if (options.timed_per_second == 0) return options.timed;
  const std::int64_t second = loop.now_ms() / 1000;
  if (std::exchange(_timed_second, second) != second) _timed_left = options.timed_per_second;
  if (_timed_left == 0) return {};
  --_timed_left;
  return options.timed;
}

std::string_view worker::http_date() {
  std::int64_t second = instant::now().ms() / 1000;
  if (second != _date_second) {
    std::array<char, 64> text{};
    std::time_t t = second;
    std::tm parts_of{};
    gmtime_r(&t, &parts_of);
    _date.assign(text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts_of));
    _date_second = second;
  }
  return _date;
}

}  // namespace mes::gateway
