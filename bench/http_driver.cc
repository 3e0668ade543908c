// A proxy's clients and the service behind it, in one thread that does as little for a request as can be: on two cores
// a proxy that has one to itself is then the slower side, and it is the proxy that is measured. (wrk and nginx in these
// two parts take more of a core for a request than the proxy does.)
//
// usage: http_driver SERVICE_PORT PROXY_PORT CONNECTIONS SECONDS REQUEST_FILE
//
// Answers every request on SERVICE_PORT with 200 and 1 KiB. Each connection to the proxy sends the file's bytes again
// as soon as it has its answer (a closed loop). Prints `REQUESTS SECONDS P50_US P99_US P999_US`; ends with a message at
// the first answer that is not a whole 200 with that body.

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loopback.h"

namespace {

using namespace mes::bench;

using clock_type = std::chrono::steady_clock;
constexpr std::size_t body_bytes = 1024;
constexpr std::string_view head_end = "\r\n\r\n";

struct peer {
  int fd;
  bool is_proxy;       // it is asked; otherwise it asks
  std::string unread;  // of a head that is not whole
  clock_type::time_point asked_at{};
};

class driver {
 public:
  driver(int service_port, std::string request) : _request(std::move(request)), _listener(listen_on(service_port)) {
    watch(_epoll, _listener, nullptr);
    _answer = "HTTP/1.1 200 OK\r\nServer: driver\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n";
    _answer.append(body_bytes, 'x');
  }

  void run(int proxy_port, int connections, std::chrono::seconds time) {
    const auto begun = clock_type::now();
    for (int i = 0; i < connections; ++i) {
      const int fd = connect_to(proxy_port);
      if (fd < 0) fail("the proxy cannot be reached");
      ask(add(fd, true));
    }
    std::array<epoll_event, 256> events;
    while (clock_type::now() < begun + time) {
      const int count = epoll_wait(_epoll, events.data(), events.size(), 1'000);
      for (auto& event : std::span(events).first(static_cast<std::size_t>(std::max(count, 0))))
        event.data.ptr == nullptr ? accept_all() : read_from(*static_cast<peer*>(event.data.ptr));
    }
    report(clock_type::now() - begun);
  }

 private:
  peer& add(int fd, bool is_proxy) {
    peer& made = _peers.emplace_back(peer{.fd = fd, .is_proxy = is_proxy, .unread = {}});
    watch(_epoll, fd, &made);
    return made;
  }

  void accept_all() {
    for (int fd; (fd = accept4(_listener, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      send_at_once(fd);
      add(fd, false);
    }
  }

  void ask(peer& proxy) {
    proxy.asked_at = clock_type::now();
    send_all(proxy, _request);
  }

  // What is sent fits into an empty socket buffer.
  static void send_all(const peer& to, std::string_view text) {
    if (send(to.fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
      fail("a connection broke");
  }

  void read_from(peer& from) {
    const auto got = recv(from.fd, _buffer.data(), _buffer.size(), MSG_DONTWAIT);
    if (got < 0) return;
    if (got == 0) {
      if (from.is_proxy) fail("the proxy closed a connection");
      close(from.fd);
      return;
    }
    std::string_view text(_buffer.data(), static_cast<std::size_t>(got));
    if (!from.unread.empty()) text = from.unread.append(text);
    const bool whole = from.is_proxy ? take_answer(from, text) : take_request(from, text);
    if (whole)
      from.unread.clear();
    else if (from.unread.empty())
      from.unread = text;
  }

  // One request is under way on a connection, and none has a body.
  bool take_request(const peer& from, std::string_view text) const {
    if (!text.ends_with(head_end)) return false;
    send_all(from, _answer);
    return true;
  }

  bool take_answer(peer& from, std::string_view text) {
    const auto end = text.find(head_end);
    if (end == text.npos || text.size() < end + head_end.size() + body_bytes) return false;
    if (!text.starts_with("HTTP/1.1 200") || text.size() != end + head_end.size() + body_bytes || !text.ends_with('x'))
      fail("not the answer that was expected:", text);
    _took.push_back(clock_type::now() - from.asked_at);
    ask(from);
    return true;
  }

  void report(clock_type::duration time) {
    if (_took.empty()) fail("no request was answered");
    std::ranges::sort(_took);
    auto at = [&](std::size_t share) {
      return std::chrono::duration<double, std::micro>(_took[_took.size() * share / 1000]).count();
    };
    std::printf("%zu %.6f %.1f %.1f %.1f\n", _took.size(), std::chrono::duration<double>(time).count(), at(500),
                at(990), at(999));
  }

  const std::string _request;
  std::string _answer;
  int _epoll = epoll_create1(EPOLL_CLOEXEC), _listener;
  std::deque<peer> _peers;  // stay where they are
  std::vector<clock_type::duration> _took;
  std::array<char, 65'536> _buffer;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) fail("usage: http_driver SERVICE_PORT PROXY_PORT CONNECTIONS SECONDS REQUEST_FILE");
  std::ifstream file(argv[5], std::ios::binary);
  std::string request{std::istreambuf_iterator(file), {}};
  if (!request.ends_with(head_end)) fail("not the head of a request:", argv[5]);
  driver(number(argv[1]), std::move(request))
      .run(number(argv[2]), number(argv[3]), std::chrono::seconds(number(argv[4])));
}
