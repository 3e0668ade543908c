// Redis for counters, without a loop ever waiting for it: commands go to a thread with one connection, which sends what
// has gathered in one write and hands each reply back.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/schema.h"

namespace mes::observe {
class logger;
}

namespace mes::gateway {

struct redis_address {
  std::string host;
  std::uint16_t port = 6379;
  std::string username, password;
  int database = 0;
  bool tls = false, verify = false;
  std::string server_name;
  std::chrono::milliseconds timeout{2000};

  static redis_address of(const record& config);  // the fields redis_host, redis_port, …
  auto operator<=>(const redis_address&) const = default;
};

using redis_command = std::vector<std::string>;

enum class redis_failure : std::uint8_t {
  refused,    // for what this command asks (a key of another type, a sum that overflows): nobody else is concerned
  not_taken,  // Redis is away, or takes no commands now
  in_doubt,   // sent, but not answered: Redis may have carried it out, or may still do so
};
// The integers of the replies, in order, those of an array one by one; nil is 0.
using redis_reply = std::expected<std::int64_t, redis_failure>;
using redis_replies = std::vector<redis_reply>;

// Thread-safe.
class redis_link {
 public:
  struct state;
  // Links that were let go of, until their threads have ended. Thread-safe.
  class ended_links {
   public:
    void add(std::shared_ptr<state> ended);
    void forget(bool wait);  // those whose threads have ended; `wait`: all of them

   private:
    std::mutex _lock;
    std::vector<std::shared_ptr<state>> _all;
  };

  // `ended` takes what is left of it: its last user may be its own thread, or a loop that must not wait for Redis.
  redis_link(redis_address address, const observe::logger& log, std::shared_ptr<ended_links> ended);
  ~redis_link();  // whoever waits is told that it is unavailable
  redis_link(const redis_link&) = delete;
  redis_link& operator=(const redis_link&) = delete;

  static constexpr std::chrono::seconds rest_after_failure{1};

  // False at once if the server could not be reached within the last second: nobody should wait then. `done` runs on
  // the link's thread and must not block; it gets so many integers, or so many failures, of each command.
  bool send(std::vector<redis_command> commands, std::size_t integers_each,
            std::function<void(const redis_replies&)> done);

  // By then `done` has been called: what was sent before takes its time too.
  std::chrono::milliseconds patience() const;

  void stop();  // ends the thread; whoever waits is told that it is unavailable

  // Runs `work` on the link's thread after that time; dropped where the link ends sooner.
  void later(std::chrono::duration<double> delay, std::function<void()> work);

  struct counts {
    std::uint64_t failures = 0;
    bool reachable = false;
  };
  counts current() const;
  const std::string& name() const;  // "host:port/database"

 private:
  std::shared_ptr<state> _state;
  std::shared_ptr<ended_links> _ended;
};

// All links of a gateway, by address; outlives every generation. Thread-safe.
class redis_links {
 public:
  explicit redis_links(const observe::logger& log) : _log(log) {}
  ~redis_links() { stop(); }
  std::shared_ptr<redis_link> link(const redis_address& address);
  void stop();                                  // all of them, before the loops that wait for them end
  void note_fallback(std::string_view plugin);  // a decision was made without Redis
  std::string metrics() const;                  // Prometheus' text

 private:
  const observe::logger& _log;
  mutable std::mutex _lock;
  std::map<redis_address, std::weak_ptr<redis_link>> _links;
  std::shared_ptr<redis_link::ended_links> _ended = std::make_shared<redis_link::ended_links>();
  std::map<std::string, std::uint64_t, std::less<>> _fallbacks;
};

}  // namespace mes::gateway
