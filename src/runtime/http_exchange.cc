#include "runtime/http_exchange.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <utility>

namespace mes::runtime {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t read_bytes = 16 << 10;
constexpr std::size_t header_bytes_max = 64 << 10;

}  // namespace

http_exchange::http_exchange(http_client_core& core, http_call call, http_url url, callback done)
    : _core(core),
      _call(std::move(call)),
      _url(std::move(url)),
      _done(std::move(done)),
      _deadline(std::chrono::steady_clock::now() + _call.timeout),
      _parser({header_bytes_max, _call.body_bytes_max}, _call.method == "HEAD"),
      _buffer(std::make_unique_for_overwrite<char[]>(read_bytes)) {}

void http_exchange::start() {
  _core.want_sweep(_deadline);
  _connection = _core.take(kept_by());
  _reused = _connection != nullptr;
  if (_reused)
    send_request();
  else
    connect();
}

// A connection whose peer was verified by one set of certificates says nothing about another set.
std::string http_exchange::kept_by() const { return _url.tls ? _url.address() + ' ' + _call.ca_file : _url.address(); }

void http_exchange::connect() {
  _reused = false;
  _endpoints.clear();
  _next_endpoint = 0;
  _connection =
      std::make_unique<kept_connection>(client_protocol::socket(_core.loop.context()), nullptr, steady_time());
  if (!_url.socket_path.empty()) {
    constexpr std::size_t path_bytes_max = 107;  // sockaddr_un's, with its final zero
    if (_url.socket_path.size() > path_bytes_max)
      return finish(fail(mes::error_code::invalid_argument, "the socket's path is too long: " + _url.socket_path));
    _endpoints.emplace_back(asio::local::stream_protocol::endpoint(_url.socket_path));
    return try_next({});
  }
  error_code ec;
  auto address = asio::ip::make_address(_url.host == "localhost" ? "127.0.0.1" : _url.host, ec);
  if (ec) return resolve();  // a name
  _endpoints.emplace_back(tcp::endpoint(address, _url.port));
  try_next({});
}

void http_exchange::resolve() {
  _resolver.emplace(_core.loop.context());
  _resolver->async_resolve(_url.host, std::to_string(_url.port),
                           [self = shared_from_this()](const error_code& ec, const tcp::resolver::results_type& found) {
                             if (!self->_done) return;
                             for (const auto& entry : found) self->_endpoints.emplace_back(entry.endpoint());
                             self->try_next(ec);
                           });
}

void http_exchange::try_next(const error_code& last) {
  if (_next_endpoint == _endpoints.size())
    return finish(fail(mes::error_code::unavailable, _url.address() + " cannot be reached: " + last.message()));
  error_code ec;
  _connection->socket.close(ec);  // of the attempt before; async_connect opens it anew
  _connection->socket.async_connect(_endpoints[_next_endpoint++],
                                    [self = shared_from_this()](const error_code& failed) {
                                      if (!self->_done) return;
                                      if (failed) return self->try_next(failed);
                                      self->on_connected();
                                    });
}

void http_exchange::on_connected() {
  error_code ec;
  _connection->socket.non_blocking(true, ec);
  if (!ec && _url.socket_path.empty()) _connection->socket.set_option(tcp::no_delay(true), ec);
  if (ec) return on_broken(ec.message());
  if (_url.tls) {
    auto trust = _core.trust_of(_call.ca_file);
    if (!trust) return finish(fail(trust.error()));
    auto session = tls_session::make_client(*trust, _url.host);
    if (!session) return finish(fail(session.error()));
    _connection->tls = std::move(*session);
  }
  send_request();
}

std::string http_exchange::written_request() const {
  std::string text;
  text.reserve(_call.body.size() + 1024);
  text.append(_call.method).append(" ").append(_url.target).append(" HTTP/1.1\r\n");
  auto add = [&](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  if (!_call.headers.has("Host")) add("Host", _url.host_field());
  for (const auto& [name, value] : _call.headers)
    if (!equal_ignoring_case(name, "Content-Length") && !equal_ignoring_case(name, "Transfer-Encoding"))
      add(name, value);
  bool expects_body = _call.method == "POST" || _call.method == "PUT" || _call.method == "PATCH";
  if (!_call.body.empty() || expects_body) add("Content-Length", std::to_string(_call.body.size()));
  text += "\r\n";
  text += _call.body;
  return text;
}

void http_exchange::send_request() {
  if (encrypt_and_queue(written_request())) {
    flush();
    read();
  }
}

// False if the exchange has ended.
bool http_exchange::encrypt_and_queue(std::string plain) {
  if (!_connection->tls) {
    _out = std::move(plain);  // nothing else is ever under way
    return true;
  }
  auto sent = _connection->tls->send(plain, _out);
  if (!sent) on_broken(sent.error().message);
  return sent.has_value();
}

void http_exchange::flush() {
  if (!_done || !_connection || _awaiting_write) return;
  while (_out_sent < _out.size()) {
    error_code ec;
    _out_sent += _connection->socket.write_some(asio::buffer(_out.data() + _out_sent, _out.size() - _out_sent), ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) {
      _awaiting_write = true;
      _connection->socket.async_wait(client_protocol::socket::wait_write,
                                     [self = shared_from_this(), c = _connection.get()](const error_code& failed) {
                                       if (!self->_done || self->_connection.get() != c) return;
                                       self->_awaiting_write = false;
                                       if (!failed) self->flush();
                                     });
      return;
    }
    if (ec) return;  // the reader learns what happened: an early answer, or a broken connection
  }
  _out.clear();
  _out_sent = 0;
}

void http_exchange::read() {
  if (!_done || !_connection) return;
  _connection->socket.async_read_some(
      asio::buffer(_buffer.get(), read_bytes),
      [self = shared_from_this(), c = _connection.get()](const error_code& ec, std::size_t bytes) {
        if (!self->_done || self->_connection.get() != c) return;
        if (!ec) return self->on_read(bytes);
        if (ec == asio::error::eof) return self->on_end_of_stream();
        self->on_broken(ec.message());
      });
}

void http_exchange::on_read(std::size_t bytes) {
  std::string_view received(_buffer.get(), bytes);
  if (_connection->tls) {
    auto decrypted = _connection->tls->receive(received, _in, _out);
    flush();
    if (!decrypted) {
      _answered = true;  // it is the peer's certificate or protocol that is wrong: trying again does not help
      return on_broken(decrypted.error().message);
    }
  } else {
    _in += received;
  }
  take_answer();
}

void http_exchange::take_answer() {
  while (!_in.empty() && !_parser.done()) {
    _answered = true;
    _in.erase(0, _parser.feed(_in));
    if (const auto& failure = _parser.failure()) {
      auto code = failure->status == 413 ? mes::error_code::too_large : mes::error_code::unavailable;
      return finish(fail(code, _url.address() + " answered what cannot be used: " + failure->detail));
    }
    if (!_parser.done()) break;
    if (_parser.message().status == 101)
      return finish(fail(mes::error_code::unavailable, _url.address() + " switched protocols unasked"));
    if (_parser.message().status / 100 == 1) (void)_parser.take();  // interim: the answer follows
  }
  if (!_parser.done()) return read();
  // Only a connection without anything left over, on either side, is fit for another call.
  bool keep =
      _parser.keep_alive() && _in.empty() && _out.empty() && !(_connection->tls && _connection->tls->peer_closed());
  if (keep) _core.keep(kept_by(), std::move(_connection));
  finish(_parser.take());
}

void http_exchange::on_end_of_stream() {
  bool torn = _connection->tls && !_connection->tls->peer_closed();
  if (_answered && !torn) _parser.end_of_stream();
  if (_answered && _parser.done()) return finish(_parser.take());
  on_broken("the connection was closed before the answer was complete");
}

// A kept connection may have been closed while the request was on its way. The request is sent again, once, unless
// the server may have carried it out already (RFC 9110, section 9.2.2).
bool http_exchange::may_repeat() const {
  static constexpr std::array<std::string_view, 6> idempotent = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
  if (!_reused || _answered) return false;
  return _out_sent < _out.size() || std::ranges::find(idempotent, _call.method) != idempotent.end() ||
         _call.headers.has("Idempotency-Key");
}

void http_exchange::on_broken(const std::string& why) {
  if (!may_repeat()) return finish(fail(mes::error_code::unavailable, _url.address() + ": " + why));
  _in.clear();
  _out.clear();
  _out_sent = 0;
  _awaiting_write = false;
  connect();
}

void http_exchange::expire() {
  finish(fail(mes::error_code::timed_out,
              _url.address() + " did not answer within " + std::to_string(_call.timeout.count()) + " ms"));
}

void http_exchange::drop() {
  _done = nullptr;
  _resolver.reset();
  _connection = nullptr;
}

void http_exchange::finish(result<http_response> outcome) {
  if (!_done) return;
  auto self = shared_from_this();
  auto done = std::exchange(_done, nullptr);
  _resolver.reset();
  _connection = nullptr;
  _core.active.erase(this);
  done(std::move(outcome));
}

}  // namespace mes::runtime
