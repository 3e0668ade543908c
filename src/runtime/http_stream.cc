// Endless answers (server-sent events): chunked where the client speaks HTTP/1.1, closed at the end where not.
#include <array>
#include <charconv>
#include <utility>

#include "runtime/http_connection.h"

namespace mes::runtime {
namespace {

constexpr std::size_t waiting_bytes_max = 1 << 20;

// The last copy of a writer that goes without having ended the body takes the connection with it: the client must
// not take a torn body for a whole one.
struct stream_writer {
  std::shared_ptr<http_stream> shared;
  std::function<void(bool complete)> end;
  std::atomic<bool> ended{false};

  stream_writer(std::shared_ptr<http_stream> s, std::function<void(bool)> e)
      : shared(std::move(s)), end(std::move(e)) {}
  ~stream_writer() {
    if (!ended) end(false);
  }
};

}  // namespace

http_responder::chunk_writer connection::stream(http_response head) {
  auto shared = std::make_shared<http_stream>();
  auto self = shared_from_this();
  on_loop([self, shared, h = std::move(head)] { self->begin_stream(h, shared); });
  auto writer = std::make_shared<stream_writer>(
      shared, [self](bool complete) { self->on_loop([self, complete] { self->end_stream(complete); }); });
  return [writer, self](std::string chunk) {
    if (writer->ended || writer->shared->gone) return false;
    if (chunk.empty()) {
      writer->ended = true;
      writer->end(true);
      return true;
    }
    std::size_t size = chunk.size();
    http_stream& shared = *writer->shared;
    if (shared.posted_bytes + shared.queued_bytes + size > waiting_bytes_max) return false;
    shared.posted_bytes += size;
    self->on_loop([self, s = writer->shared, c = std::move(chunk), size] {
      s->posted_bytes -= size;
      self->write_chunk(c);
    });
    return true;
  };
}

void connection::begin_stream(http_response head, std::shared_ptr<http_stream> to) {
  if (_phase != phase::handling) {
    to->gone = true;
    return;
  }
  if (!_http11) _close_after = true;
  queue(head_of(head, _http11 ? "Transfer-Encoding: chunked\r\n" : ""));
  if (_head_request) {
    to->gone = true;
    return become_idle();
  }
  _phase = phase::streaming;
  _stream = std::move(to);
  if (!_processing) flush();
}

void connection::write_chunk(std::string chunk) {
  if (_phase != phase::streaming) return;
  if (_http11) {
    std::array<char, 20> size{};
    auto end = std::to_chars(size.data(), size.data() + size.size(), chunk.size(), 16).ptr;
    std::string framed(size.data(), end);
    framed += "\r\n";
    framed += chunk;
    framed += "\r\n";
    chunk = std::move(framed);
  }
  queue(std::move(chunk));
  if (!_processing) flush();
}

void connection::end_stream(bool complete) {
  if (_phase != phase::streaming) return;
  std::exchange(_stream, nullptr)->gone = true;
  if (!complete) return close();
  if (_http11) queue("0\r\n\r\n");
  become_idle();
}

}  // namespace mes::runtime
