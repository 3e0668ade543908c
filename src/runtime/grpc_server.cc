#include "runtime/grpc_server.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <set>
#include <utility>

#include "runtime/grpc_message.h"
#include "runtime/listen.h"
#include "wire/gzip/gunzip.h"

namespace mes::runtime {
namespace {

using boost::asio::ip::tcp;
using asio_error = boost::system::error_code;

constexpr std::size_t prefix_bytes = 5;  // of a message: a flag and its length
constexpr std::size_t read_bytes = 64u << 10;

struct call {
  std::string method, encoding, content_type, verb;
  std::string body;
  bool too_large = false, too_many = false;  // for one message, for all that are under way
  bool dispatched = false;
  std::string response;  // with its prefix
  std::size_t sent = 0;
  grpc_status status = grpc_status::ok;
  std::string status_message;
};

std::uint32_t message_length(std::string_view body) {
  std::uint32_t length = 0;
  for (std::size_t i = 1; i < prefix_bytes; ++i) length = length << 8 | static_cast<unsigned char>(body[i]);
  return length;
}

// The one message of a unary call.
std::expected<std::string, grpc_answer> message_of(call& c, std::size_t bytes_max) {
  const auto refuse = [](grpc_status status, std::string why) {
    return std::unexpected(grpc_answer{status, std::move(why), ""});
  };
  if (c.too_large)
    return refuse(grpc_status::resource_exhausted, fmt::format("The message is larger than {} bytes", bytes_max));
  if (c.too_many) return refuse(grpc_status::unavailable, "Too many messages are under way; try again later");
  if (c.body.size() < prefix_bytes) return refuse(grpc_status::internal, "The call ended without a message");
  const std::size_t length = message_length(c.body);
  if (c.body.size() - prefix_bytes > length) return refuse(grpc_status::unimplemented, "Only unary calls are served");
  if (c.body.size() - prefix_bytes < length) return refuse(grpc_status::internal, "The call ended within a message");
  const bool packed = c.body[0] != 0;
  c.body.erase(0, prefix_bytes);
  if (!packed || c.encoding == "identity") return std::exchange(c.body, {});
  if (c.encoding != "gzip" && c.encoding != "deflate")
    return refuse(grpc_status::unimplemented, fmt::format("grpc-encoding {} is not known; gzip is", c.encoding));
  auto plain = wire::gunzip(c.body, bytes_max);
  if (!plain) return refuse(grpc_status::invalid_argument, plain.error().message);
  return std::move(*plain);
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

class connection;

}  // namespace

struct grpc_responder::target {
  event_loop* loop = nullptr;
  std::weak_ptr<connection> to;
  std::int32_t stream = 0;
};

struct grpc_server::state : std::enable_shared_from_this<grpc_server::state> {
  state(event_loop& l, grpc_server_options o, handler h)
      : loop(l), options(std::move(o)), handle(std::move(h)), acceptor(l.context()), buffer(read_bytes, '\0') {}
  void accept();

  event_loop& loop;
  grpc_server_options options;
  handler handle;
  tcp::acceptor acceptor;
  std::string buffer;  // one for all connections: what is read is taken at once
  std::set<std::shared_ptr<connection>> open;
  std::size_t pending_bytes = 0;  // of requests that have not been handed over
  bool stopped = false;
};

namespace {

// One client: nghttp2's session between a socket and the calls.
class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(tcp::socket socket, std::shared_ptr<grpc_server::state> server)
      : _socket(std::move(socket)), _idle(_socket.get_executor()), _server(std::move(server)) {}
  ~connection() {
    for (const auto& [stream, c] : _calls) _server->pending_bytes -= c.body.size();
    nghttp2_session_del(_session);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  bool start() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0) return false;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option_set_max_outbound_ack(option, 256);
    const int made = nghttp2_session_server_new2(&_session, callbacks, this, option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    if (made != 0) return false;
    constexpr std::uint32_t window_bytes = 1u << 20;
    const std::array settings = {
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, _server->options.streams_max},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window_bytes},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 64u << 10},
    };
    nghttp2_submit_settings(_session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(_session, NGHTTP2_FLAG_NONE, 0, window_bytes);
    flush();
    wait();
    return true;
  }

  void close() {
    if (std::exchange(_closed, true)) return;
    asio_error ignored;
    _idle.cancel();
    _socket.close(ignored);
    _server->open.erase(shared_from_this());
  }

  void answer(std::int32_t stream, const grpc_answer& given) {
    const auto it = _calls.find(stream);
    if (_closed || it == _calls.end()) return;
    call& c = it->second;
    c.status = given.status;
    c.status_message = grpc_message(given.message);
    const std::string status = std::to_string(static_cast<int>(c.status));
    if (given.status != grpc_status::ok) {
      std::array trailers_only = {field(":status", "200"), field("content-type", "application/grpc"),
                                  field("grpc-status", status), field("grpc-message", c.status_message)};
      nghttp2_submit_response(_session, stream, trailers_only.data(), trailers_only.size(), nullptr);
    } else {
      const auto size = static_cast<std::uint32_t>(given.body.size());
      c.response = std::string(1, '\0');
      for (int shift = 24; shift >= 0; shift -= 8) c.response += static_cast<char>(size >> shift);
      c.response += given.body;
      std::array head = {field(":status", "200"), field("content-type", "application/grpc")};
      nghttp2_data_provider body{{.ptr = &c}, read_response};
      nghttp2_submit_response(_session, stream, head.data(), head.size(), &body);
    }
    flush();
  }

 private:
  static connection& of(void* user) { return *static_cast<connection*>(user); }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
      of(user)._calls[frame->hd.stream_id];
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    const auto it = of(user)._calls.find(frame->hd.stream_id);
    if (it == of(user)._calls.end()) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (key == ":path") it->second.method = text;
    if (key == ":method") it->second.verb = text;
    if (key == "content-type") it->second.content_type = text;
    if (key == "grpc-encoding") it->second.encoding = text;
    return 0;
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size,
                     void* user) {
    connection& self = of(user);
    const auto it = self._calls.find(stream);
    if (it == self._calls.end()) return 0;
    call& c = it->second;
    const grpc_server_options& limits = self._server->options;
    if (c.body.size() + size > limits.message_bytes_max + prefix_bytes) c.too_large = true;
    if (self._server->pending_bytes + size > limits.pending_bytes_max) c.too_many = true;
    if (c.too_large || c.too_many) return 0;
    c.body.append(reinterpret_cast<const char*>(data), size);
    self._server->pending_bytes += size;
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (ends && (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS))
      of(user)._ended.push_back(frame->hd.stream_id);
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
    connection& self = of(user);
    if (const auto it = self._calls.find(stream); it != self._calls.end()) {
      self._server->pending_bytes -= it->second.body.size();
      self._calls.erase(it);
    }
    return 0;
  }

  static ssize_t read_response(nghttp2_session* session, std::int32_t stream, std::uint8_t* into, std::size_t size,
                               std::uint32_t* flags, nghttp2_data_source* source, void*) {
    call& c = *static_cast<call*>(source->ptr);
    const std::size_t count = std::min(size, c.response.size() - c.sent);
    std::copy_n(c.response.data() + c.sent, count, reinterpret_cast<char*>(into));
    c.sent += count;
    if (c.sent == c.response.size()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      std::array trailer = {field("grpc-status", "0")};
      if (nghttp2_submit_trailer(session, stream, trailer.data(), trailer.size()) != 0)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    return static_cast<ssize_t>(count);
  }

  void wait() {
    _idle.expires_after(_server->options.idle_timeout);
    _idle.async_wait([self = shared_from_this()](asio_error code) {
      if (!code) self->close();
    });
    _socket.async_wait(tcp::socket::wait_read, [self = shared_from_this()](asio_error code) {
      if (self->_closed) return;
      if (code || !self->read()) return self->close();
      self->wait();
    });
  }

  bool read() {
    asio_error code;
    std::string& buffer = _server->buffer;
    const std::size_t size = _socket.read_some(boost::asio::buffer(buffer), code);
    if (code == boost::asio::error::would_block) return true;
    if (code) return false;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(buffer.data());
    if (nghttp2_session_mem_recv(_session, bytes, size) < 0) return false;
    for (const std::int32_t stream : std::exchange(_ended, {})) dispatch(stream);
    flush();
    return nghttp2_session_want_read(_session) != 0 || nghttp2_session_want_write(_session) != 0 || _writing;
  }

  void dispatch(std::int32_t stream) {
    const auto it = _calls.find(stream);
    if (it == _calls.end() || std::exchange(it->second.dispatched, true)) return;
    call& c = it->second;
    if (c.verb != "POST" || !c.content_type.starts_with("application/grpc")) {
      std::array refusal = {field(":status", "415")};
      nghttp2_submit_response(_session, stream, refusal.data(), refusal.size(), nullptr);
      return;
    }
    auto target = std::make_shared<grpc_responder::target>();
    target->loop = &_server->loop;
    target->to = weak_from_this();
    target->stream = stream;
    _server->pending_bytes -= c.body.size();
    auto message = message_of(c, _server->options.message_bytes_max);
    c.body.clear();
    if (!message) return answer(stream, std::move(message.error()));
    _server->handle(c.method, std::move(*message), grpc_responder(std::move(target)));
  }

  // Everything that nghttp2 has to say, one write at a time.
  void flush() {
    if (_writing || _closed) return;
    std::string out;
    const std::uint8_t* bytes = nullptr;
    for (ssize_t size = nghttp2_session_mem_send(_session, &bytes); size > 0;
         size = nghttp2_session_mem_send(_session, &bytes))
      out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    if (out.empty()) return;
    _writing = true;
    auto held = std::make_shared<std::string>(std::move(out));
    boost::asio::async_write(_socket, boost::asio::buffer(*held),
                             [self = shared_from_this(), held](asio_error code, std::size_t) {
                               self->_writing = false;
                               if (code) return self->close();
                               self->flush();
                             });
  }

  tcp::socket _socket;
  boost::asio::steady_timer _idle;
  std::shared_ptr<grpc_server::state> _server;
  nghttp2_session* _session = nullptr;
  std::map<std::int32_t, call> _calls;  // by stream
  std::vector<std::int32_t> _ended;     // requests that are whole
  bool _writing = false, _closed = false;
};

}  // namespace

grpc_responder::grpc_responder(std::shared_ptr<target> to) : _target(std::move(to)) {}
grpc_responder::grpc_responder(grpc_responder&&) noexcept = default;
grpc_responder& grpc_responder::operator=(grpc_responder&&) noexcept = default;
grpc_responder::~grpc_responder() {
  if (_target) send({grpc_status::internal, "The call was not answered", ""});
}

void grpc_responder::send(grpc_answer answer) {
  const auto to = std::exchange(_target, nullptr);
  if (!to) return;
  to->loop->post([to, answer = std::move(answer)]() mutable {
    if (const auto open = to->to.lock()) open->answer(to->stream, std::move(answer));
  });
}

void grpc_server::state::accept() {
  acceptor.async_accept([self = shared_from_this()](asio_error code, tcp::socket socket) {
    if (self->stopped) return;
    if (!code && self->open.size() < self->options.connections_max) {
      socket.non_blocking(true, code);
      if (!code) socket.set_option(tcp::no_delay(true), code);
      auto made = std::make_shared<connection>(std::move(socket), self);
      self->open.insert(made);
      if (code || !made->start()) made->close();
    }
    self->accept();
  });
}

result<std::unique_ptr<grpc_server>> grpc_server::listen(event_loop& loop, grpc_server_options options,
                                                         handler handle) {
  auto made = std::make_shared<state>(loop, std::move(options), std::move(handle));
  if (auto listening = listen_on(made->acceptor, made->options.address, made->options.port); !listening)
    return fail(std::move(listening.error()));
  made->accept();
  return std::unique_ptr<grpc_server>(new grpc_server(std::move(made)));
}

grpc_server::~grpc_server() { stop(); }

std::uint16_t grpc_server::port() const {
  asio_error code;
  return _state->acceptor.local_endpoint(code).port();
}

void grpc_server::stop() {
  if (std::exchange(_state->stopped, true)) return;
  asio_error ignored;
  _state->acceptor.close(ignored);
  for (const auto& c : std::exchange(_state->open, {})) c->close();
}

}  // namespace mes::runtime
