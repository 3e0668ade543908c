// For tests: a name server on loopback.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/names/dns.h"
#include "runtime/thread.h"

namespace mes::gateway {

constexpr int type_a = 1, type_cname = 5, type_srv = 33;

inline std::string s_of(const char* bytes, std::size_t size) { return {bytes, size}; }

inline std::string be16(int n) { return {static_cast<char>(n >> 8), static_cast<char>(n)}; }

inline std::string labels(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    std::size_t dot = name.find('.');
    std::string_view one = name.substr(0, dot);
    out += static_cast<char>(one.size());
    out += one;
    name = dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
  }
  return out + '\0';
}

inline std::string dns_record(int type, int ttl_s, const std::string& data) {
  return be16(0xc00c) + be16(type) + be16(1) + be16(ttl_s >> 16) + be16(ttl_s & 0xffff) +
         be16(static_cast<int>(data.size())) + data;
}

inline std::string srv(int priority, int weight, int port, std::string_view name) {
  return be16(priority) + be16(weight) + be16(port) + labels(name);
}

// Answers a question (name and type) with the records it has for it, else with "no such name"; while it is broken with
// SERVFAIL, and nothing where it is silent.
class name_server {
 public:
  using zone = std::map<std::pair<std::string, int>, std::vector<std::string>>;
  explicit name_server(zone z) : _zone(std::move(z)) {
    _fd = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in at{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    if (bind(_fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) ADD_FAILURE();
    getsockname(_fd, reinterpret_cast<sockaddr*>(&at), &size);
    _port = ntohs(at.sin_port);
    _thread = runtime::thread("dns", [this] { run(); });
  }
  ~name_server() {
    sockaddr_in at{.sin_family = AF_INET, .sin_port = htons(_port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    sendto(_fd, "x", 1, 0, reinterpret_cast<sockaddr*>(&at), sizeof at);  // one byte: the end
    _thread.join();
    close(_fd);
  }
  void use(zone z) {
    std::lock_guard lock(_lock);
    _zone = std::move(z);
  }
  enum class mood : std::uint8_t { fine, broken, silent };
  void be(mood all) {
    std::lock_guard lock(_lock);
    _mood = all;
    _moods.clear();
  }
  void be(mood m, const std::string& name) {
    std::lock_guard lock(_lock);
    _moods[name] = m;
  }
  int questions() const { return _questions; }  // answered or not
  dns_options options() const { return {.server = parse_endpoint("127.0.0.1", _port), .hosts_file = "/nonexistent"}; }

 private:
  void run() {
    char block[1500];
    sockaddr_in from{};
    while (true) {
      socklen_t size = sizeof from;
      ssize_t got = recvfrom(_fd, block, sizeof block, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 17) return;
      ++_questions;
      std::string question(block + 12, static_cast<std::size_t>(got) - 12), name;
      std::size_t at = 0;
      while (question[at] != 0) {
        auto length = static_cast<std::size_t>(question[at]);
        name += (name.empty() ? "" : ".") + question.substr(at + 1, length);
        at += length + 1;
      }
      int type = static_cast<unsigned char>(question[at + 2]);
      std::lock_guard lock(_lock);
      const mood now = _moods.contains(name) ? _moods[name] : _mood;
      if (now == mood::silent) continue;
      const bool broken = now == mood::broken;
      auto found = _zone.find({name, type});
      int count = broken || found == _zone.end() ? 0 : static_cast<int>(found->second.size());
      std::string answer = std::string(block, 2) +
                           be16(broken      ? 0x8182
                                : count > 0 ? 0x8180
                                            : 0x8183) +
                           be16(1) + be16(count) + be16(0) + be16(0) + question.substr(0, at + 5);
      for (int i = 0; i < count; ++i) answer += found->second[static_cast<std::size_t>(i)];
      sendto(_fd, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  std::mutex _lock;
  zone _zone;
  mood _mood = mood::fine;
  std::map<std::string, mood> _moods;  // of names that are otherwise
  std::atomic<int> _questions = 0;
  int _fd = -1;
  std::uint16_t _port = 0;
  runtime::thread _thread;
};

}  // namespace mes::gateway
