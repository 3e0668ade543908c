// As little as a proxy can do for a request: each client gets a connection to the service of its own, and bytes are
// copied from one to the other, unread. Four system calls a request are left, with which nearly all of a proxy's time
// goes anyway: what this reaches is what the machine allows to anybody who makes them.
//
// usage: copier PORT SERVICE_PORT THREADS

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "loopback.h"

namespace {

using namespace mes::bench;

struct side {
  int fd;
  side* other = nullptr;
};

class copier {
 public:
  copier(int port, int service_port) : _listener(listen_on(port)), _service_port(service_port) {
    use_reno(_listener);
    watch(_epoll, _listener, nullptr);
  }

  void run() {
    std::array<epoll_event, 256> events;
    while (true) {
      const int count = epoll_wait(_epoll, events.data(), events.size(), -1);
      for (auto& event : std::span(events).first(static_cast<std::size_t>(count > 0 ? count : 0)))
        event.data.ptr == nullptr ? accept_all() : copy(*static_cast<side*>(event.data.ptr));
    }
  }

 private:
  void accept_all() {
    for (int fd; (fd = accept4(_listener, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      const int service = connect_to(_service_port, true);
      if (service < 0) {
        close(fd);
        continue;
      }
      send_at_once(fd);
      side& client = _sides.emplace_back(fd);
      side& server = _sides.emplace_back(service, &client);
      client.other = &server;
      for (side* s : {&client, &server}) watch(_epoll, s->fd, s);
    }
  }

  // All that is there: a read that is short has emptied the socket. A write waits for its reader, which here always
  // reads.
  void copy(side& from) {
    ssize_t got;
    do {
      got = recv(from.fd, _buffer.data(), _buffer.size(), MSG_DONTWAIT);
      if (got > 0) send(from.other->fd, _buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
    } while (got == static_cast<ssize_t>(_buffer.size()));
    if (got == 0)
      for (side* s : {&from, from.other}) close(std::exchange(s->fd, -1));
  }

  int _epoll = epoll_create1(EPOLL_CLOEXEC), _listener, _service_port;
  std::deque<side> _sides;  // stay where they are until the end: a benchmark has few
  std::array<char, 65'536> _buffer;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("usage: copier PORT SERVICE_PORT THREADS");
  std::vector<std::jthread> threads;
  for (int i = 0; i < number(argv[3]); ++i)
    threads.emplace_back([port = number(argv[1]), service = number(argv[2])] { copier(port, service).run(); });
}
