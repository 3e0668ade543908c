// For tests: a data plane on loopback, with raw clients and raw services around it.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <chrono>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/jwt/keys.h"
#include "gateway/plugins/proxy_cache/response_cache.h"
#include "gateway/plugins/rate_limiting/windows.h"
#include "gateway/proxy/proxy.h"
#include "runtime/thread.h"

namespace mes::gateway {

class socket_handle {
 public:
  explicit socket_handle(int fd) : _fd(fd) {}
  ~socket_handle() {
    if (_fd >= 0) close(_fd);
  }
  socket_handle(socket_handle&& o) noexcept : _fd(std::exchange(o._fd, -1)) {}
  int fd() const { return _fd; }

  void send(std::string_view text) const {
    while (!text.empty()) {
      ssize_t n = ::send(_fd, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  // Some bytes more; "" at the end, or after ten seconds.
  std::string receive() const {
    pollfd p{.fd = _fd, .events = POLLIN};
    char block[65536];
    if (poll(&p, 1, 10'000) <= 0) return "";
    ssize_t n = recv(_fd, block, sizeof block, 0);
    return n > 0 ? std::string(block, static_cast<std::size_t>(n)) : "";
  }
  std::string receive_until(std::string_view mark) const {
    std::string all;
    while (all.find(mark) == std::string::npos) {
      std::string more = receive();
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  std::string receive_all() const {
    std::string all, more;
    while (!(more = receive()).empty()) all += more;
    return all;
  }

 private:
  int _fd;
};

inline socket_handle connect_to(std::uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) ADD_FAILURE() << "no connection to " << port;
  return socket_handle(fd);
}

// A service that is a function of a connection, each on a thread of its own.
class raw_service {
 public:
  explicit raw_service(std::function<void(socket_handle)> serve) : _serve(std::move(serve)) {
    _fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    if (bind(_fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || listen(_fd, 64) != 0) ADD_FAILURE();
    getsockname(_fd, reinterpret_cast<sockaddr*>(&at), &size);
    _port = ntohs(at.sin_port);
    _thread = runtime::thread("service", [this] { run(); });
  }
  ~raw_service() {
    _stopping = true;
    shutdown(_fd, SHUT_RDWR);
    _thread.join();
    close(_fd);
  }
  std::uint16_t port() const { return _port; }
  int connections() const { return _connections; }

 private:
  void run() {
    std::vector<runtime::thread> threads;
    while (!_stopping) {
      int fd = accept(_fd, nullptr, nullptr);
      if (fd < 0) break;
      ++_connections;
      auto handle = std::make_shared<socket_handle>(fd);
      threads.emplace_back("connection", [this, handle] { _serve(std::move(*handle)); });
    }
  }

  std::function<void(socket_handle)> _serve;
  int _fd = -1;
  std::uint16_t _port = 0;
  std::atomic<bool> _stopping = false;
  std::atomic<int> _connections = 0;
  runtime::thread _thread;
};

// Answers each request with what it got, as its body.
inline void echo(socket_handle s) {
  std::string buffered;
  auto more = [&] {
    std::string text = s.receive();
    buffered += text;
    return !text.empty();
  };
  while (true) {
    std::size_t end = 0;
    while ((end = buffered.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return;
    std::size_t length = 0;
    if (auto at = buffered.find("Content-Length: "); at != std::string::npos && at < end)
      length = std::strtoul(buffered.c_str() + at + 16, nullptr, 10);
    std::size_t whole = end + 4 + length;
    if (buffered.substr(0, end).find("Transfer-Encoding: chunked") != std::string::npos) {
      while (buffered.find("0\r\n\r\n", end + 4) == std::string::npos)
        if (!more()) return;
      whole = buffered.find("0\r\n\r\n", end + 4) + 5;
    }
    while (buffered.size() < whole)
      if (!more()) return;
    std::string body = buffered.substr(0, whole);
    buffered.erase(0, whole);
    s.send("HTTP/1.1 200 OK\r\nServer: echo\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
}

struct recorded_span {
  observe::trace_context context;
  observe::span_id parent{};
  std::string name;
  observe::span_kind kind{};
  instant start, end;
  std::vector<std::pair<std::string, std::string>> attributes;
};

class span_list final : public observe::span_sink {
 public:
  void record(std::span<const observe::span> finished) override {
    std::lock_guard lock(_lock);
    for (const observe::span& s : finished)
      _spans.push_back({.context = s.context,
                        .parent = s.parent,
                        .name = std::string(s.name),
                        .kind = s.kind,
                        .start = s.start,
                        .end = s.end,
                        .attributes = {s.attributes.begin(), s.attributes.end()}});
  }
  // Until it is given back, a loop that has answered a request stands still.
  std::unique_lock<std::mutex> hold() { return std::unique_lock(_lock); }
  std::vector<recorded_span> spans() {
    std::lock_guard lock(_lock);
    return _spans;
  }

 private:
  std::mutex _lock;
  std::vector<recorded_span> _spans;
};

class log_list {
 public:
  void add(std::string lines) {
    std::lock_guard lock(_lock);
    _text += lines;
  }
  // The requests' lines once there are so many, or after ten seconds those that came.
  std::vector<boost::json::object> requests(std::size_t count) {
    std::vector<boost::json::object> found;
    for (int i = 0; i < 1000; ++i) {
      found.clear();
      {
        std::lock_guard lock(_lock);
        std::string_view rest = _text;
        for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1))
          if (auto line = boost::json::parse({rest.data(), end}); line.at("message") == "request")
            found.push_back(line.as_object());
      }
      if (found.size() >= count) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return found;
  }

 private:
  std::mutex _lock;
  std::string _text;
};

class fixed_clock final : public wall_clock {
 public:
  std::int64_t now_ms() const override { return 1'699'999'990'000; }  // ten seconds into a minute
};

// A proxy in front of a configuration.
class gateway_under_test {
 public:
  explicit gateway_under_test(const std::string& yaml, proxy_options options = {}, int threads = 1,
                              dns_options dns = {})
      : _log("gateway"), _names(true, 0, std::move(dns)) {
    _log.set_stdout(false);
    _log.set_shipper([this](std::string lines) { log_lines.add(std::move(lines)); });
    auto first = make(yaml);
    if (!first) return;
    options.port = 0;
    options.threads = threads;
    auto started = proxy::start(options, {.names = _names, .log = _log, .spans = &spans}, first);
    if (!started) {
      ADD_FAILURE() << started.error().message;
      return;
    }
    _proxy = std::move(*started);
  }

  socket_handle connect() const { return connect_to(_proxy->port()); }
  // One request on a connection of its own; all of the answer.
  std::string ask(std::string_view request) const {
    socket_handle s = connect();
    s.send(request);
    return s.receive_all();
  }
  std::string get(std::string_view path, std::string_view fields = {}) const {
    return ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: gw.example:8000\r\nConnection: close\r\n" +
               std::string(fields) + "\r\n");
  }
  proxy& plane() { return *_proxy; }
  void reload(const std::string& yaml) {
    if (auto next = make(yaml)) _proxy->use(next);
  }

  jwt_keys keys;
  span_list spans;
  log_list log_lines;

 private:
  std::shared_ptr<const generation> make(const std::string& yaml) {
    reporter report("kong.yml");
    std::shared_ptr<const configuration> all = load_configuration("_format_version: \"3.0\"\n" + yaml, report);
    for (const diagnostic& d : report.sorted())
      if (d.kind == severity::error) ADD_FAILURE() << report.text_of(d);
    if (!all) return nullptr;
    keys.set_configured(*all);
    return std::make_shared<const generation>(
        all, plugin_parts{.clock = _clock, .keys = keys, .limits = _limits, .cache = &_cache}, ++_number);
  }

  std::uint64_t _number = 0;
  observe::logger _log;
  fixed_clock _clock;
  rate_limit_store _limits;
  response_cache _cache;
  name_directory _names;
  std::unique_ptr<proxy> _proxy;
};

inline std::string service_yaml(std::uint16_t port, std::string_view rest = "  routes: [{name: all, paths: [/]}]\n") {
  return "services:\n- name: s\n  url: http://127.0.0.1:" + std::to_string(port) + "\n" + std::string(rest);
}

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace mes::gateway
