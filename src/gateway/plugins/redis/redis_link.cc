#include "gateway/plugins/redis/redis_link.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <iterator>
#include <span>
#include <utility>

#include "gateway/plugins/delivery/blocking_stream.h"
#include "observe/log.h"
#include "runtime/thread.h"

namespace mes::gateway {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::chrono::seconds rest_after_failure{1};
constexpr std::size_t waiting_max = 16'384;

struct free_reader {
  void operator()(redisReader* r) const { redisReaderFree(r); }
};
struct free_reply {
  void operator()(redisReply* r) const { freeReplyObject(r); }
};
using reply_ptr = std::unique_ptr<redisReply, free_reply>;

// RESP: an array of bulk strings.
void put_command(std::string& out, const redis_command& command) {
  fmt::format_to(std::back_inserter(out), "*{}\r\n", command.size());
  for (const std::string& word : command) fmt::format_to(std::back_inserter(out), "${}\r\n{}\r\n", word.size(), word);
}

std::int64_t integer_of(const redisReply& r) {
  return r.type == REDIS_REPLY_INTEGER  ? r.integer
         : r.type == REDIS_REPLY_STRING ? std::strtoll(r.str, nullptr, 10)
                                        : 0;
}

// One connection: write all commands, read all replies.
class redis_connection {
 public:
  static result<std::unique_ptr<redis_connection>> open(const redis_address& to, stream_target& where,
                                                        const deadline& until) {
    auto stream = blocking_stream::open(where, until);
    if (!stream) return fail(stream.error());
    std::unique_ptr<redis_connection> made(new redis_connection(std::move(*stream)));
    std::vector<redis_command> greeting;
    if (!to.password.empty())
      greeting.push_back(to.username.empty() ? redis_command{"AUTH", to.password}
                                             : redis_command{"AUTH", to.username, to.password});
    if (to.database != 0) greeting.push_back({"SELECT", std::to_string(to.database)});
    if (auto greeted = made->run(greeting, until); !greeted) return fail(greeted.error());
    return made;
  }

  bool looks_alive() const { return _stream->looks_alive(); }

  redis_replies run(const std::vector<redis_command>& commands, const deadline& until) {
    if (auto sent = send(commands, until); !sent) return fail(sent.error());
    return receive(commands.size(), until);
  }

  result<void> send(const std::vector<redis_command>& commands, const deadline& until) {
    std::string text;
    for (const redis_command& c : commands) put_command(text, c);
    return _stream->write(text, until);
  }

  redis_replies receive(std::size_t replies, const deadline& until) {
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < replies; ++i) {
      auto reply = next_reply(until);
      if (!reply) return fail(reply.error());
      const redisReply& r = **reply;
      if (r.type == REDIS_REPLY_ERROR) return fail(error_code::unavailable, std::string(r.str, r.len));
      if (r.type == REDIS_REPLY_ARRAY)
        for (const redisReply* one : std::span(r.element, r.elements)) values.push_back(integer_of(*one));
      else
        values.push_back(integer_of(r));
    }
    return values;
  }

 private:
  explicit redis_connection(std::unique_ptr<blocking_stream> stream)
      : _stream(std::move(stream)), _reader(redisReaderCreate()) {}

  result<reply_ptr> next_reply(const deadline& until) {
    while (true) {
      void* reply = nullptr;
      if (redisReaderGetReply(_reader.get(), &reply) != REDIS_OK)
        return fail(error_code::unavailable, std::string(_reader->errstr));
      if (reply) return reply_ptr(static_cast<redisReply*>(reply));
      std::array<char, 16 << 10> block;
      auto got = _stream->read(block.data(), block.size(), until);
      if (!got) return fail(got.error());
      if (*got == 0) return fail(error_code::unavailable, "the connection was closed");
      redisReaderFeed(_reader.get(), block.data(), *got);
    }
  }

  std::unique_ptr<blocking_stream> _stream;
  std::unique_ptr<redisReader, free_reader> _reader;
};

constexpr std::chrono::seconds unset_timeout{60};  // 0 is OpenResty's lua_socket_connect_timeout, as in Kong

}  // namespace

redis_address redis_address::of(const record& config) {
  const std::int64_t timeout_ms = config.integer("redis_timeout");
  return {
      .host = config.text("redis_host"),
      .port = static_cast<std::uint16_t>(config.integer("redis_port")),
      .username = config.text("redis_username"),
      .password = config.text("redis_password"),
      .database = static_cast<int>(config.integer("redis_database")),
      .tls = config.flag("redis_ssl"),
      .verify = config.flag("redis_ssl_verify"),
      .server_name = config.text("redis_server_name"),
      .timeout = timeout_ms == 0 ? unset_timeout : std::chrono::milliseconds(std::max<std::int64_t>(1, timeout_ms))};
}

struct redis_link::state {
  struct call {
    std::vector<redis_command> commands;
    std::size_t integers;
    std::function<void(redis_replies)> done;
  };

  state(redis_address a, const observe::logger& l)
      : address(std::move(a)),
        name(fmt::format("{}:{}/{}", address.host, address.port, address.database)),
        log(l),
        where{.host = address.host,
              .port = address.port,
              .tls = address.tls,
              .verify = address.verify,
              .server_name = address.server_name},
        thread("redis", [this] { run(); }) {}
  ~state() { stop(); }

  void tell_to_stop() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    changed.notify_all();
  }
  void stop() {
    tell_to_stop();
    end.set(steady::now());
    thread.join();
  }

  void run() {
    serve();
    is_over = true;
  }

  void serve() {
    while (true) {
      std::deque<call> batch;
      std::vector<std::function<void()>> due;
      {
        std::unique_lock lock(mutex);
        auto something = [&] { return stopping || !waiting.empty(); };
        if (timers.empty())
          changed.wait(lock, [&] { return something() || !timers.empty(); });
        else
          changed.wait_until(lock, timers.begin()->first, something);
        batch.swap(waiting);
        if (stopping) {
          auto dropped = std::exchange(timers, {});  // which may hold this link: not under its lock
          lock.unlock();
          refuse(batch, "the gateway stops");
          return;
        }
        while (!timers.empty() && timers.begin()->first <= steady::now()) {
          due.push_back(std::move(timers.begin()->second));
          timers.erase(timers.begin());
        }
      }
      if (!batch.empty()) answer(batch);
      for (auto& work : due) work();
    }
  }

  void answer(std::deque<call>& batch) {
    if (steady::now() < resting_until.load()) return refuse(batch, last_error);
    std::vector<redis_command> all;
    for (call& c : batch) all.insert(all.end(), c.commands.begin(), c.commands.end());
    if (connection && !connection->looks_alive()) connection = nullptr;
    const deadline until(address.timeout, end);  // of all of it: a request waits for this
    if (!connection) {
      auto opened = redis_connection::open(address, where, until);
      if (!opened) return broken(batch, opened.error().message);
      connection = std::move(*opened);
    }
    if (auto sent = connection->send(all, until); !sent) return broken(batch, sent.error().message);
    std::vector<std::vector<std::int64_t>> replies;  // by call
    for (const call& c : batch) {
      auto got = connection->receive(c.commands.size(), until);
      if (!got) return broken(batch, got.error().message);
      if (got->size() != c.integers) return broken(batch, "it answers something else");
      replies.push_back(std::move(*got));
    }
    if (!reachable.exchange(true)) log.info("redis answers", {{"redis", std::string_view(name)}});
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(std::move(replies[i]));
  }

  void broken(std::deque<call>& batch, const std::string& why) {
    connection = nullptr;
    if (end.passed()) return refuse(batch, "the gateway stops");
    last_error = why;
    resting_until = steady::now() + rest_after_failure;
    failures.fetch_add(1);
    if (reachable.exchange(false) || failures.load() == 1)
      log.warn("redis is not available, limits are counted in this gateway alone until it is back",
               {{"redis", std::string_view(name)}, {"reason", std::string_view(why)}});
    refuse(batch, why);
  }

  static void refuse(std::deque<call>& batch, const std::string& why) {
    for (call& c : batch) c.done(fail(error_code::unavailable, why));
  }

  const redis_address address;
  const std::string name;
  const observe::logger& log;
  wait_end end;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<call> waiting;
  std::multimap<steady::time_point, std::function<void()>> timers;
  bool stopping = false;
  stream_target where;                           // the thread's
  std::unique_ptr<redis_connection> connection;  // the thread's
  std::string last_error;                        // the thread's
  std::atomic<steady::time_point> resting_until{steady::time_point{}};
  std::atomic<bool> reachable = false;
  std::atomic<std::uint64_t> failures = 0;
  std::atomic<bool> is_over = false;
  runtime::thread thread;  // last: it uses the others
};

void redis_link::ended_links::add(std::shared_ptr<state> ended) {
  std::lock_guard lock(_lock);
  _all.push_back(std::move(ended));
}

void redis_link::ended_links::forget(bool wait) {
  std::vector<std::shared_ptr<state>> gone;  // joined without the lock: their threads may add others
  {
    std::lock_guard lock(_lock);
    const auto kept = std::partition(_all.begin(), _all.end(), [&](const auto& s) { return !wait && !s->is_over; });
    gone.assign(std::make_move_iterator(kept), std::make_move_iterator(_all.end()));
    _all.erase(kept, _all.end());
  }
  if (wait)
    for (const auto& s : gone) s->end.set(steady::now());
}

redis_link::redis_link(redis_address address, const observe::logger& log, std::shared_ptr<ended_links> ended)
    : _state(std::make_shared<state>(std::move(address), log)), _ended(std::move(ended)) {}
redis_link::~redis_link() {
  _state->tell_to_stop();
  _ended->add(std::move(_state));
}
void redis_link::stop() { _state->stop(); }

bool redis_link::send(std::vector<redis_command> commands, std::size_t integers,
                      std::function<void(redis_replies)> done) {
  if (steady::now() < _state->resting_until.load()) return false;
  {
    std::lock_guard lock(_state->mutex);
    if (_state->stopping || _state->waiting.size() >= waiting_max) return false;
    _state->waiting.push_back({std::move(commands), integers, std::move(done)});
  }
  _state->changed.notify_one();
  return true;
}

void redis_link::later(std::chrono::duration<double> delay, std::function<void()> work) {
  {
    std::lock_guard lock(_state->mutex);
    if (_state->stopping) return;
    _state->timers.emplace(steady::now() + std::chrono::duration_cast<steady::duration>(delay), std::move(work));
  }
  _state->changed.notify_one();
}

redis_link::counts redis_link::current() const {
  return {.failures = _state->failures.load(), .reachable = _state->reachable.load()};
}
std::chrono::milliseconds redis_link::patience() const {
  return 2 * deadline::bounded(_state->address.timeout) + std::chrono::seconds(1);
}
const std::string& redis_link::name() const { return _state->name; }

std::shared_ptr<redis_link> redis_links::link(const redis_address& address) {
  _ended->forget(false);
  std::lock_guard lock(_lock);
  std::erase_if(_links, [](const auto& l) { return l.second.expired(); });
  auto found = _links[address].lock();
  if (!found) {
    found = std::make_shared<redis_link>(address, _log, _ended);
    _links[address] = found;
  }
  return found;
}

void redis_links::stop() {
  {
    std::lock_guard lock(_lock);
    for (auto& [address, weak] : _links)
      if (auto link = weak.lock()) link->stop();
  }
  _ended->forget(true);
}

void redis_links::note_fallback(std::string_view plugin) {
  std::lock_guard lock(_lock);
  auto found = _fallbacks.find(plugin);
  if (found == _fallbacks.end()) found = _fallbacks.emplace(std::string(plugin), 0).first;
  ++found->second;
}

std::string redis_links::metrics() const {
  std::lock_guard lock(_lock);
  // One Redis may be reached by several links: with other users, other times.
  std::map<std::string, redis_link::counts> by_name;
  for (const auto& [address, weak] : _links) {
    auto link = weak.lock();
    if (!link) continue;
    auto now = link->current();
    auto& sum = by_name.try_emplace(link->name(), redis_link::counts{.failures = 0, .reachable = true}).first->second;
    sum.failures += now.failures;
    sum.reachable &= now.reachable;
  }
  std::string up, failures, out;
  for (const auto& [name, now] : by_name) {
    up += fmt::format("mes_gateway_redis_up{{redis=\"{}\"}} {}\n", name, now.reachable ? 1 : 0);
    failures += fmt::format("mes_gateway_redis_failures_total{{redis=\"{}\"}} {}\n", name, now.failures);
  }
  if (!up.empty())
    out += "# HELP mes_gateway_redis_up Whether the last command reached Redis\n# TYPE mes_gateway_redis_up gauge\n" +
           up +
           "# HELP mes_gateway_redis_failures_total Failures to reach Redis\n"
           "# TYPE mes_gateway_redis_failures_total counter\n" +
           failures;
  if (!_fallbacks.empty())
    out +=
        "# HELP mes_gateway_rate_limit_fallbacks_total Requests whose limits were counted in this gateway alone, "
        "because Redis did not answer\n# TYPE mes_gateway_rate_limit_fallbacks_total counter\n";
  for (const auto& [plugin, count] : _fallbacks)
    out += fmt::format("mes_gateway_rate_limit_fallbacks_total{{plugin=\"{}\"}} {}\n", plugin, count);
  return out;
}

}  // namespace mes::gateway
