// Answers of a name server as RFC 1035 and RFC 2782 lay them out, from a server of our own on loopback.
#include "gateway/names/dns.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>

#include "runtime/thread.h"

namespace mes::gateway {
namespace {

std::string s_of(const char* bytes, std::size_t size) { return {bytes, size}; }

std::string be16(int n) { return {static_cast<char>(n >> 8), static_cast<char>(n)}; }

std::string labels(std::string_view name) {
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

std::string record(int type, int ttl_s, const std::string& data) {
  return be16(0xc00c) + be16(type) + be16(1) + be16(ttl_s >> 16) + be16(ttl_s & 0xffff) +
         be16(static_cast<int>(data.size())) + data;
}

std::string srv(int priority, int weight, int port, std::string_view name) {
  return be16(priority) + be16(weight) + be16(port) + labels(name);
}

// Answers a question (name and type) with the records it has for it, else with "no such name".
class name_server {
 public:
  explicit name_server(std::map<std::pair<std::string, int>, std::vector<std::string>> zone) : _zone(std::move(zone)) {
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
  dns_options options() const { return {.server = parse_endpoint("127.0.0.1", _port), .hosts_file = "/nonexistent"}; }

 private:
  void run() {
    char block[1500];
    sockaddr_in from{};
    while (true) {
      socklen_t size = sizeof from;
      ssize_t got = recvfrom(_fd, block, sizeof block, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 17) return;
      std::string question(block + 12, static_cast<std::size_t>(got) - 12), name;
      std::size_t at = 0;
      while (question[at] != 0) {
        auto length = static_cast<std::size_t>(question[at]);
        name += (name.empty() ? "" : ".") + question.substr(at + 1, length);
        at += length + 1;
      }
      int type = static_cast<unsigned char>(question[at + 2]);
      auto found = _zone.find({name, type});
      int count = found == _zone.end() ? 0 : static_cast<int>(found->second.size());
      std::string answer = std::string(block, 2) + be16(count > 0 ? 0x8180 : 0x8183) + be16(1) + be16(count) + be16(0) +
                           be16(0) + question.substr(0, at + 5);
      for (int i = 0; i < count; ++i) answer += found->second[static_cast<std::size_t>(i)];
      sendto(_fd, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  const std::map<std::pair<std::string, int>, std::vector<std::string>> _zone;
  int _fd = -1;
  std::uint16_t _port = 0;
  runtime::thread _thread;
};

constexpr int type_a = 1, type_srv = 33;

TEST(dns, gives_addresses_with_their_time_to_live) {
  name_server server(
      {{{"web.example", type_a},
        {record(type_a, 17, s_of("\x0a\x00\x00\x01", 4)), record(type_a, 40, s_of("\x0a\x00\x00\x02", 4))}}});
  dns_answer a = look_up("web.example", 8080, server.options());
  ASSERT_EQ(a.where.size(), 2U);
  EXPECT_EQ(a.where[0].text, "10.0.0.1:8080");
  EXPECT_EQ(a.where[1].text, "10.0.0.2:8080");
  EXPECT_EQ(a.ttl_ms, 17'000);
}

TEST(dns, follows_srv_records_of_the_best_priority) {
  name_server server({
      {{"_http._tcp.example", type_srv},
       {record(type_srv, 60, srv(1, 70, 9001, "a.example")), record(type_srv, 60, srv(1, 30, 9002, "b.example")),
        record(type_srv, 60, srv(2, 10, 9003, "c.example"))}},
      {{"a.example", type_a}, {record(type_a, 5, s_of("\x0a\x00\x00\x01", 4))}},
      {{"b.example", type_a}, {record(type_a, 90, s_of("\x0a\x00\x00\x02", 4))}},
  });
  dns_answer a = look_up("_http._tcp.example", 80, server.options());
  ASSERT_EQ(a.where.size(), 2U);
  EXPECT_EQ(a.where[0].text, "10.0.0.1:9001");
  EXPECT_EQ(a.where[0].weight, 70);
  EXPECT_EQ(a.where[0].name, "a.example");
  EXPECT_EQ(a.where[1].text, "10.0.0.2:9002");
  EXPECT_EQ(a.ttl_ms, 5'000);
}

TEST(dns, has_nothing_for_a_name_that_is_not_there) {
  name_server server({});
  EXPECT_TRUE(look_up("nowhere.example", 80, server.options()).where.empty());
}

}  // namespace
}  // namespace mes::gateway
