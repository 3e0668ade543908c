#include "gateway/balancer/health_probe.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "gateway/balancer/health_checker.h"
#include "gateway/http/authority.h"
#include "gateway/net/connect.h"

namespace mes::gateway {
namespace {

constexpr std::size_t status_line_max = 4096;

std::string question(const active_checks& c, const std::string& host) {
  std::string text = fmt::format("GET {} HTTP/1.1\r\nConnection: close\r\nHost: {}\r\n", c.http_path, host);
  for (const auto& [name, values] : c.headers)
    for (const std::string& value : values) text += fmt::format("{}: {}\r\n", name, value);
  return text + "\r\n";
}

// Of "HTTP/1.1 200 OK"; 0 if it is none.
int status_of(std::string_view line) {
  int status = 0;
  if (!line.starts_with("HTTP/") || line.size() < 12 || line[8] != ' ') return 0;
  auto [end, failure] = std::from_chars(line.data() + 9, line.data() + 12, status);
  return failure == std::errc{} && end == line.data() + 12 ? status : 0;
}

// A time-out of 0 is none in Kong's schema; a probe without an end would never be repeated.
double timeout_s(const active_checks& c) { return c.timeout_s > 0 ? c.timeout_s : 60; }

constexpr std::string_view no_http = "the answer is not HTTP";

std::string no_connection(int failure) { return "connect: " + stream_trouble{.system = failure}.text(); }

std::string no_handshake(const net_stream& stream) {
  const std::string name = stream.server_name();
  return fmt::format("TLS handshake{}{}: {}", name.empty() ? "" : " with ", name, stream.trouble().text());
}

std::string no_answer(const net_stream& stream, std::string_view data) {
  if (is_tls(data)) return "the target speaks TLS, and was asked without";
  if (!data.empty() && !data.starts_with("HTTP/")) return std::string(no_http);
  return "the target has hung up before it answered: " + stream.trouble().text();
}

}  // namespace

health_probe::health_probe(health_checker& by, std::shared_ptr<upstream_state> of, std::shared_ptr<peer_state> peer,
                           std::string host)
    : _by(by), _of(std::move(of)), _peer(std::move(peer)), _host(std::move(host)) {
  _peer->probing = true;
}

health_probe::~health_probe() { _peer->probing = false; }

bool health_probe::secure() const {
  const std::string& type = _of->config().active.type;
  return type == "https" || type == "grpcs";
}

bool health_probe::asks() const { return _of->config().active.type.starts_with("http"); }

bool health_probe::start() {
  const active_checks& c = _of->config().active;
  const endpoint& to = _peer->where;
  const std::string& named = _of->config().host_header.empty() ? _host : _of->config().host_header;
  _deadline_ms = net_loop::clock_us() / 1000 + static_cast<std::int64_t>(std::ceil(timeout_s(c) * 1000));
  begun_connection begun = begin_connect(reinterpret_cast<const sockaddr&>(to.address), to.address_bytes);
  if (begun.fd < 0) {
    if (!begun.own_trouble) finish(sighting::tcp_failure, no_connection(begun.failure));
    return false;
  }
  _stream = net_stream(begun.fd);
  if (secure()) {
    auto tls = _by.tls_of(*_of);
    if (!tls) {
      finish(sighting::tcp_failure, "its TLS could not be set up: " + tls.error().message);
      return false;
    }
    const std::string& name = c.https_sni.empty() ? named : c.https_sni;
    _stream.start_tls_client(*tls, std::string(without_port(name)), c.https_verify_certificate, c.type == "grpcs");
  }
  if (asks()) _out = question(c, named);
  _by._loop.watch(begun.fd, *this);
  return true;
}

void health_probe::on_events(std::uint32_t epoll_events) {
  if (_step == step::done) return;
  _stream.note_events(epoll_events);
  proceed();
}

void health_probe::proceed() {
  if (_step == step::connecting) {
    if (!_stream.writable()) return;
    int failure = 0;
    socklen_t size = sizeof failure;
    if (getsockopt(_stream.fd(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0 || failure != 0)
      return finish(sighting::tcp_failure, no_connection(failure));
    _step = step::handshake;
  }
  if (_step == step::handshake) {
    io_result shaken = _stream.handshake();
    if (shaken.status == io_status::again) return;
    if (shaken.status != io_status::ok) return finish(sighting::tcp_failure, no_handshake(_stream));
    if (!asks()) return finish(sighting::success);
    _step = step::sending;
  }
  while (_step == step::sending) {
    if (!_stream.writable()) return;
    io_result put = _stream.write(_out);
    if (put.status == io_status::again) continue;
    if (put.status != io_status::ok) return finish(sighting::tcp_failure, no_answer(_stream, {}));
    _out.erase(0, put.bytes);
    if (_out.empty()) _step = step::receiving;
  }
  receive();
}

void health_probe::receive() {
  while (_stream.readable() && _in.find('\n') == std::string::npos) {
    io_result got = _stream.read(_by._loop.scratch(), status_line_max);
    if (got.status == io_status::again) continue;
    if (got.status != io_status::ok) return finish(sighting::tcp_failure, no_answer(_stream, _in));
    if (_in.size() > status_line_max) return finish(sighting::tcp_failure, no_http);
    _in.append(_by._loop.scratch(), got.bytes);
  }
  std::size_t end = _in.find('\n');
  if (end == std::string::npos) return;
  int status = status_of(std::string_view(_in).substr(0, end));
  const active_checks& c = _of->config().active;
  if (status == 0) return finish(sighting::tcp_failure, no_http);
  if (std::ranges::find(c.healthy_statuses, status) != c.healthy_statuses.end()) return finish(sighting::success);
  if (std::ranges::find(c.unhealthy_statuses, status) != c.unhealthy_statuses.end())
    return finish(sighting::http_failure, fmt::format("status {}", status));
  finish_silently();  // a status of neither kind says nothing
}

bool health_probe::expire(std::int64_t now_ms) {
  if (_step == step::done) return true;
  if (now_ms < _deadline_ms) return false;
  finish(sighting::timeout, fmt::format("no {} within {} s", awaited(), timeout_s(_of->config().active)));
  return true;
}

std::string_view health_probe::awaited() const {
  return _step == step::connecting ? "connection" : _step == step::handshake ? "end of the TLS handshake" : "answer";
}

void health_probe::finish(sighting what, std::string_view why) {
  const active_checks& c = _of->config().active;
  int limit = what == sighting::success       ? c.successes
              : what == sighting::tcp_failure ? c.tcp_failures
              : what == sighting::timeout     ? c.timeouts
                                              : c.http_failures;
  _of->note(*_peer, what, limit, "active", why);
  finish_silently();
}

void health_probe::finish_silently() {
  _step = step::done;
  _stream.close();
  _by.probe_has_ended();
}

}  // namespace mes::gateway
