#include "gateway/proxy/proxy.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>

#include "gateway/balancer/health_checker.h"
#include "gateway/proxy/descriptor_outage.h"
#include "gateway/proxy/worker.h"
#include "runtime/port_holder.h"
#include "runtime/tcp_options.h"

namespace mes::gateway {
namespace {

result<int> refused(int fd, const endpoint& at, std::uint16_t port) {
  int failure = errno;
  close(fd);
  if (failure != EADDRINUSE)
    return fail(error_code::unavailable, fmt::format("{}: {}", at.text, std::generic_category().message(failure)));
  return fail(error_code::already_exists, runtime::listen_fault(at.text, port, failure));
}

// `shared`: several loops listen on the port, and the kernel deals connections out among them.
result<int> open_bound(const endpoint& at, std::uint16_t port, bool shared) {
  int fd = socket(at.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(error_code::unavailable, std::generic_category().message(errno));
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&at.address), at.address_bytes) != 0) return refused(fd, at, port);
  return fd;
}

// As Kong's proxy_listen; Linux takes no more than net.core.somaxconn (4096 unless it is set).
constexpr int backlog = 16'384;

result<int> open_listener(const endpoint& at, std::uint16_t port) {
  auto fd = open_bound(at, port, true);
  if (fd) runtime::set_listener_options(*fd);
  if (fd && listen(*fd, backlog) != 0) return refused(*fd, at, port);
  return fd;
}

result<std::uint16_t> port_of(int fd) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0)
    return fail(error_code::internal, std::generic_category().message(errno));
  sockaddr_in in{};  // the port lies at the same place in IPv6 addresses
  std::memcpy(&in, &own, sizeof in);
  return ntohs(in.sin_port);
}

// One socket a loop on the same port. `ours`: this process listens on the port already, at another address.
result<std::vector<int>> open_listeners(const std::string& address, std::uint16_t& port, int count, bool ours) {
  auto at = parse_endpoint(address, port);
  if (!at) return fail(error_code::invalid_argument, address + " is no address to listen on");
  // Another process of this user may share a port unasked; a socket that does not share finds that out. It does not
  // listen: a client that came to it would be cut off.
  if (!ours) {
    auto probe = open_bound(*at, port, false);
    if (!probe) return fail(probe.error());
    close(*probe);
  }
  std::vector<int> fds;
  for (int i = 0; i < count; ++i) {
    auto fd = open_listener(*parse_endpoint(address, port), port);
    if (!fd) {
      for (int opened : fds) close(opened);
      return fail(fd.error());
    }
    fds.push_back(*fd);
    if (i == 0) {
      auto bound = port_of(*fd);
      if (!bound) return fail(bound.error());
      port = *bound;
    }
  }
  return fds;
}

// Sockets that are closed unless they are given away.
class opened_listeners {
 public:
  opened_listeners() = default;
  explicit opened_listeners(std::vector<int> fds) : _fds(std::move(fds)) {}
  ~opened_listeners() { drop(); }
  opened_listeners(opened_listeners&& other) noexcept : _fds(std::exchange(other._fds, {})) {}
  opened_listeners& operator=(opened_listeners&& other) noexcept {
    drop();
    _fds = std::exchange(other._fds, {});
    return *this;
  }
  std::vector<int> give() { return std::exchange(_fds, {}); }

 private:
  void drop() {
    for (int fd : _fds) close(fd);
    _fds.clear();
  }
  std::vector<int> _fds;
};

// Where a listener is to be next, and its sockets if that is elsewhere than now.
struct listener_move {
  bool moves = false;
  std::uint16_t port = 0;
  opened_listeners sockets;
};

struct place {
  bool wanted;
  std::string address;
  std::uint16_t port;
};

result<listener_move> plan_move(const place& now, const place& next, int count) {
  listener_move move{.moves = now.wanted != next.wanted, .port = next.port, .sockets = {}};
  if (!next.wanted) return move;
  if (now.wanted && next.port == 0) move.port = now.port;  // any will do, and one is there
  if (now.wanted && (now.address != next.address || now.port != move.port)) move.moves = true;
  if (!move.moves) return move;
  auto opened = open_listeners(next.address, move.port, count, now.wanted && now.port == move.port);
  if (!opened) return fail(opened.error());
  move.sockets = opened_listeners(std::move(*opened));
  return move;
}

// Without it the gateway is slower, and that is all: in many containers io_uring is forbidden.
void batch_sends(std::span<const std::unique_ptr<worker>> workers, const observe::logger& log) {
  for (const auto& w : workers) {
    auto batch = send_batch::open();
    if (!batch) return log.info("what a turn of a loop sends is sent one by one", {{"reason", batch.error().message}});
    w->loop.use(std::move(*batch));
  }
}

}  // namespace

struct proxy::state {
  state(proxy_options o, proxy_parts p)
      : options(std::move(o)), parts(std::move(p)), upstreams(parts.log), outage(parts.log) {}

  proxy_options options;
  proxy_parts parts;
  upstream_registry upstreams;
  descriptor_outage outage;
  std::atomic<std::uint64_t> connections = 0;
  std::vector<std::unique_ptr<traffic_stats>> stats;
  std::vector<std::unique_ptr<worker>> workers;
  std::unique_ptr<health_checker> checker;
  ticket_keys tickets = make_ticket_keys();
  bool stopped = false;
};

proxy::proxy(std::unique_ptr<state> s) : _state(std::move(s)) {}

proxy::~proxy() { stop(std::chrono::milliseconds(0)); }

result<std::unique_ptr<proxy>> proxy::start(proxy_options options, proxy_parts parts,
                                            std::shared_ptr<const generation> first) {
  auto s = std::make_unique<state>(std::move(options), std::move(parts));
  proxy_options& o = s->options;
  auto plain = open_listeners(o.address, o.port, o.threads, false);
  if (!plain) return fail(plain.error());
  std::vector<int> tls(plain->size(), -1);
  if (o.tls) {
    auto opened = open_listeners(o.address, o.tls_port, o.threads, false);
    if (!opened) {
      for (int fd : *plain) close(fd);
      return fail(opened.error());
    }
    tls = std::move(*opened);
  }
  for (std::size_t i = 0; i < plain->size(); ++i) {
    s->stats.push_back(std::make_unique<traffic_stats>());
    s->workers.push_back(std::make_unique<worker>(o, s->parts, *s->stats.back(), s->outage, s->connections));
    s->workers.back()->listen((*plain)[i], tls[i]);
  }
  if (o.batched_sends) batch_sends(s->workers, s->parts.log);
  for (auto& w : s->workers)
    if (auto prepared = w->prepare_tls(s->tickets); !prepared) return fail(prepared.error());
  upstream_states upstreams = s->upstreams.use(first->shared_config());
  s->checker = std::make_unique<health_checker>(s->upstreams, s->parts.names);
  for (auto& w : s->workers) w->start(first, upstreams);
  return std::unique_ptr<proxy>(new proxy(std::move(s)));
}

void proxy::use(std::shared_ptr<const generation> next) {
  upstream_states upstreams = _state->upstreams.use(next->shared_config());
  for (auto& w : _state->workers) w->use(next, upstreams);
}

result<void> proxy::use(const proxy_options& next) {
  const proxy_options& now = _state->options;
  auto count = static_cast<int>(_state->workers.size());
  auto plain = plan_move({true, now.address, now.port}, {true, next.address, next.port}, count);
  if (!plain) return fail(plain.error());
  auto tls = plan_move({now.tls.has_value(), now.address, now.tls_port},
                       {next.tls.has_value(), next.address, next.tls_port}, count);
  if (!tls) return fail(tls.error());
  std::vector<tls_context> contexts;
  for (const auto& w : _state->workers) {
    auto made = w->make_tls(next, _state->tickets);
    if (!made) return fail(made.error());
    contexts.push_back(std::move(*made));
  }
  _state->options = next;
  _state->options.port = plain->port;
  _state->options.tls_port = tls->port;
  _state->options.threads = count;
  std::vector<int> plain_fds = plain->sockets.give(), tls_fds = tls->sockets.give();
  auto moved = [](bool moves, const std::vector<int>& fds, std::size_t i) {
    return moves ? std::optional(fds.empty() ? -1 : fds[i]) : std::nullopt;
  };
  for (std::size_t i = 0; i < contexts.size(); ++i)
    _state->workers[i]->use(_state->options, moved(plain->moves, plain_fds, i), moved(tls->moves, tls_fds, i),
                            std::move(contexts[i]));
  return {};
}

void proxy::stop(std::chrono::milliseconds grace) {
  if (_state->stopped) return;
  _state->stopped = true;
  _state->checker.reset();
  for (auto& w : _state->workers) w->drain();
  auto end = std::chrono::steady_clock::now() + grace;
  auto all_done = [&] { return std::ranges::all_of(_state->workers, [](const auto& w) { return w->drained(); }); };
  while (!all_done() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  for (auto& w : _state->workers) w->join();
}

std::uint16_t proxy::port() const { return _state->options.port; }
std::uint16_t proxy::tls_port() const { return _state->options.tls ? _state->options.tls_port : 0; }
std::string proxy::expose_stats() const { return traffic_stats::expose(_state->stats); }
const upstream_registry& proxy::upstreams() const { return _state->upstreams; }

std::uint64_t proxy::take_most_active() {
  std::uint64_t sum = 0;
  for (const auto& w : _state->workers) sum += w->take_most_open();
  return sum;
}

proxy::status proxy::current() const {
  status sum;
  for (const auto& s : _state->stats) {
    sum.accepted += s->accepted.value();
    sum.active += static_cast<std::uint64_t>(s->active.value());
    sum.requests += s->requests.value();
    sum.reading += s->now(activity::reading);
    sum.waiting += s->now(activity::waiting);
    sum.writing += s->now(activity::writing);
  }
  return sum;
}

}  // namespace mes::gateway
