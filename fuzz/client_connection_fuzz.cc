// Whatever a client sends on one connection, in HTTP/1.1 or HTTP/2: no crash, no leak, and the connection ends.
//
// Input: a kind (1 byte): odd: an HTTP/2 preface and empty SETTINGS come first; then what the client sends. The
// connection is the proxy's own from accept() on, over a socket that has no network. Requests are answered by plugins,
// which read cookies, queries and bodies, or find their service dead.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/jwt/keys.h"
#include "gateway/plugins/rate_limiting/windows.h"
#include "gateway/proxy/descriptor_outage.h"
#include "gateway/proxy/worker.h"

namespace {

using namespace mes::gateway;

constexpr std::string_view configuration_text = R"yml(_format_version: "3.0"
upstreams: [{name: dead, hash_on: cookie, hash_on_cookie: c, hash_on_cookie_path: /, targets: [{target: "127.0.0.1:1"}]}]
services:
- name: dead
  host: dead
  retries: 0
  routes:
  - {name: dead, paths: [/]}
  - {name: token, paths: [/t], plugins: [{name: jwt, config: {cookie_names: [c], uri_param_names: [q]}}]}
  - {name: key, paths: [/k], plugins: [{name: key-auth, config: {key_in_body: true}}]}
  - name: change
    paths: ["~/c/(?<id>.*)"]
    plugins:
    - {name: request-transformer, config: {add: {body: ["a:$(uri_captures.id)"], querystring: ["b:$(headers.x)"]}}}
  - name: end
    paths: [/e]
    plugins: [{name: request-termination, config: {status_code: 200, message: bye}}, {name: cors, config: {credentials: true}}]
jwt_secrets: []
)yml";

class wall final : public wall_clock {
 public:
  std::int64_t now_ms() const override { return 1'700'000'000'000; }
};

// What outlives the connections.
struct surroundings {
  surroundings() : log("fuzz", mes::observe::level::error) {
    log.set_stdout(false);
    reporter report("kong.yml");
    std::shared_ptr<const configuration> all = load_configuration(std::string(configuration_text), report);
    if (!all) std::abort();
    keys.set_configured(*all);
    upstreams = upstream_registry(log).use(all);
    first = std::make_shared<const generation>(all, plugin_parts{clock, keys, limits}, 1);
  }

  mes::observe::logger log;
  wall clock;
  jwt_keys keys;
  rate_limit_store limits;
  name_directory names{true, 0};
  upstream_states upstreams;
  client_contexts towards_services;
  std::shared_ptr<const generation> first;
  proxy_options options{.access_log = false};
  proxy_parts parts{.names = names, .log = log};
};

sockaddr_un address_of_its_own(socklen_t& size) {
  static std::atomic<unsigned> number = 0;
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::string name = "mes-fuzz-" + std::to_string(getpid()) + "-" + std::to_string(++number);
  name.copy(at.sun_path + 1, sizeof at.sun_path - 1);  // behind a zero: without a file
  size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return at;
}

int stream_socket() {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) std::abort();
  return fd;
}

// The loop goes round so often; each round handles what the one before has set off.
void turn(worker& w, int rounds) {
  if (rounds == 0) return w.loop.stop();
  w.loop.post([&w, rounds] { turn(w, rounds - 1); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static surroundings around;
  if (size < 1 || size > 64 << 10) return 0;
  std::string sent;
  if (data[0] & 1) sent.append("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").append("\0\0\0\x04\0\0\0\0\0", 9);
  sent.append(reinterpret_cast<const char*>(data + 1), size - 1);

  traffic_stats stats;
  descriptor_outage outage(around.log);
  std::atomic<std::uint64_t> connections = 0;
  worker w(around.options, around.parts, stats, outage, connections);
  w.plan = std::make_shared<loop_plan>(around.first, around.upstreams, around.towards_services, around.log);
  socklen_t bytes = 0;
  sockaddr_un at = address_of_its_own(bytes);
  int listening = stream_socket(), client = stream_socket();
  if (bind(listening, reinterpret_cast<sockaddr*>(&at), bytes) != 0 || listen(listening, 1) != 0) std::abort();
  w.listen(listening, -1);
  if (connect(client, reinterpret_cast<sockaddr*>(&at), bytes) != 0) std::abort();
  if (send(client, sent.data(), sent.size(), MSG_NOSIGNAL) < 0) std::abort();
  shutdown(client, SHUT_WR);
  turn(w, 12);
  w.loop.run();
  close(client);
  w.join();  // closes what is open
  return 0;
}
