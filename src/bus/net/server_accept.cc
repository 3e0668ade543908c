// The server's way in: its listeners, who is welcome, and how long one may stay before it has said who it is.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "bus/net/connection.h"
#include "bus/net/server.h"
#include "runtime/port_holder.h"
#include "runtime/tcp_options.h"

namespace mes::bus::net {
namespace {

constexpr std::size_t turned_away_max = 1'000;
constexpr std::int64_t rest_ms = 100;

// The numeric host; an IPv4 address that came by an IPv6 socket as what it is.
std::string host_of(const sockaddr_storage& address, socklen_t size) {
  char host[NI_MAXHOST] = "";
  getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  const std::string_view text = host;
  constexpr std::string_view mapped = "::ffff:";
  return std::string(text.starts_with(mapped) ? text.substr(mapped.size()) : text);
}

}  // namespace

void server::stop_accepting() {
  for (listener& l : _listeners) {
    if (l.fd < 0) continue;
    if (l.resting != 0) _loop.cancel(l.resting);
    _loop.remove(l.fd);
    close(l.fd);
    l.fd = -1;
  }
}

result<std::unique_ptr<server>> server::listen(poller& loop, server_options options, handler handle) {
  std::unique_ptr<server> s(new server(loop, std::move(options), std::move(handle)));
  for (std::size_t i = 0; i < s->_options.listeners.size(); ++i)
    if (auto opened = s->open_listener(i); !opened) return fail(std::move(opened.error()));
  return s;
}

result<void> server::open_listener(std::size_t index) {
  const listen_address& wanted = _options.listeners[index];
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(wanted.address.empty() ? nullptr : wanted.address.c_str(),
                                 std::to_string(wanted.port).c_str(), &hints, &found);
  if (status != 0)
    return fail(error_code::invalid_argument, fmt::format("address {}: {}", wanted.address, gai_strerror(status)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(found, &freeaddrinfo);
  listener& l = _listeners.emplace_back();
  l.fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(l.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  runtime::set_listener_options(l.fd);
  if (l.fd < 0 || bind(l.fd, found->ai_addr, found->ai_addrlen) != 0 || ::listen(l.fd, 1024) != 0)
    return fail(error_code::unavailable, runtime::listen_fault(wanted.address, wanted.port, errno));
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(l.fd, reinterpret_cast<sockaddr*>(&bound), &size);
  l.port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                             : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  return _loop.add(l.fd, EPOLLIN, [this, index](std::uint32_t) { accept_all(index); });
}

void server::accept_all(std::size_t index) {
  for (;;) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd =
        accept4(_listeners[index].fd, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) rest(index);
      break;
    }
    std::string host = host_of(from, size);
    const bool host_has_room = _host_counts.of(host) < _host_limits.of(host);
    while (host_has_room && _stats.connections >= _options.connections_max && !_strangers.empty())
      close_oldest_stranger();
    if (!host_has_room || _stats.connections >= _options.connections_max) {
      ++_stats.refused;
      close(fd);
      continue;
    }
    runtime::set_accepted_options(fd, reinterpret_cast<const sockaddr&>(from));
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    auto c = std::make_unique<connection>();
    c->fd = fd;
    c->who.connection = _next_connection++;
    c->who.listener = index;
    const std::size_t greeting = _options.listeners[index].greeting_bytes_max;
    c->request_bytes_max = greeting == 0 ? _options.request_bytes_max : greeting;
    c->trusted = greeting == 0 && !_options.listeners[index].tls;
    c->accepted_ms = c->last_active_ms = now_ms();
    c->who.host = std::move(host);
    size = sizeof from;
    getsockname(fd, reinterpret_cast<sockaddr*>(&from), &size);
    c->who.local_host = host_of(from, size);
    if (const std::int64_t delay_ms = _doorman ? _doorman(c->who.host) : 0; delay_ms > 0) {
      turn_away(fd, delay_ms);
      continue;
    }
    c->wire = transport(fd, _options.listeners[index].tls);
    if (!_loop.add(fd, c->interest, [this, raw = c.get()](std::uint32_t events) { on_ready(*raw, events); })) {
      close(fd);
      continue;
    }
    ++_stats.accepted;
    if (!c->trusted) _strangers.emplace(c->who.connection, c.get());
    ++_stats.connections;
    _host_counts.add(c->who.host);
    _connections.emplace(c->who.connection, std::move(c));
  }
  watch_strangers();
}

// There is no descriptor for who waits: epoll would say at once that it waits still.
void server::rest(std::size_t index) {
  listener& l = _listeners[index];
  _loop.change(l.fd, 0);
  l.resting = _loop.after(rest_ms, [this, &l] {
    l.resting = 0;
    _loop.change(l.fd, EPOLLIN);
  });
}

// Too many connections came from its address: it is closed after a while, so that it does not come back at once.
void server::turn_away(int fd, std::int64_t delay_ms) {
  ++_stats.refused;
  if (_turned_away.size() >= turned_away_max) {
    close(fd);
    return;
  }
  _turned_away[fd] = _loop.after(delay_ms, [this, fd] {
    _turned_away.erase(fd);
    close(fd);
  });
}

void server::trust(std::uint64_t id) {
  const auto it = _connections.find(id);
  if (it != _connections.end() && !it->second->dead) trust(*it->second);
}

void server::trust(connection& c) {
  if (c.trusted) return;
  memory_of(c).give_back(c.partial_size);
  c.trusted = true;
  memory_of(c).take(c.partial_size);
  c.request_bytes_max = _options.request_bytes_max;
  _strangers.erase(c.who.connection);
}

void server::close_oldest_stranger() {
  ++_stats.strangers_closed;
  drop(*_strangers.begin()->second);
}

// Whoever does not say in time who it is goes, whatever it sends meanwhile.
void server::watch_strangers() {
  if (_strangers_timer != 0 || _strangers.empty()) return;
  const std::int64_t until_ms = _strangers.begin()->second->accepted_ms + _options.greeting_ms;
  _strangers_timer = _loop.after(until_ms - now_ms(), [this] {
    _strangers_timer = 0;
    const std::int64_t too_old_ms = _loop.seen_until_ms() - _options.greeting_ms;
    while (!_strangers.empty() && _strangers.begin()->second->accepted_ms <= too_old_ms) close_oldest_stranger();
    watch_strangers();
  });
}

}  // namespace mes::bus::net
