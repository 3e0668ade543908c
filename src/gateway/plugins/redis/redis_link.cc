#include "gateway/plugins/redis/redis_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <span>
#include <utility>

#include "base/error.h"
#include "gateway/plugins/redis/redis_connection.h"
#include "observe/log.h"
#include "runtime/thread.h"

namespace mes::gateway {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t waiting_max = 16'384;
constexpr std::chrono::seconds refusals_told_every{1};

std::int64_t integer_of(const redisReply& r) {
  return r.type == REDIS_REPLY_INTEGER  ? r.integer
         : r.type == REDIS_REPLY_STRING ? std::strtoll(r.str, nullptr, 10)
                                        : 0;
}

// False: it is not of so many integers.
bool take_integers(const redisReply& r, std::span<redis_reply> to) {
  const bool is_array = r.type == REDIS_REPLY_ARRAY;
  if (to.size() != (is_array ? r.elements : 1)) return false;
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = integer_of(is_array ? *r.element[i] : r);
  return true;
}

// Errors that say of Redis, or of this user, that commands are not taken now, whatever they ask. Sought anywhere in the
// text: before version 7 the error of a script has that of its command within.
bool concerns_all(std::string_view text) {
  static constexpr auto signs = std::to_array<std::string_view>(
      {"NOAUTH ", "WRONGPASS ", "DENIED ", "permissions to run", "LOADING ", "BUSY ", "MASTERDOWN ", "READONLY ",
       "MISCONF ", "NOREPLICAS ", "OOM ", "CLUSTERDOWN ", "max number of clients"});
  return std::ranges::any_of(signs, [&](std::string_view sign) { return text.contains(sign); });
}

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
    std::size_t integers_each;
    std::function<void(const redis_replies&)> done;
    redis_replies replies{};

    void set_all(redis_failure to) { replies.assign(commands.size() * integers_each, std::unexpected(to)); }
    std::span<redis_reply> replies_of(std::size_t command) {
      return std::span(replies).subspan(command * integers_each, integers_each);
    }
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
        while (!stopping && waiting.empty() &&
               next_timer() > steady::now()) {  // which may have become another meanwhile
          if (timers.empty())
            changed.wait(lock);
          else
            changed.wait_until(lock, next_timer());
        }
        batch.swap(waiting);
        if (stopping) {
          auto dropped = std::exchange(timers, {});  // which may hold this link: not under its lock
          lock.unlock();
          tell(batch);
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

  steady::time_point next_timer() const { return timers.empty() ? steady::time_point::max() : timers.begin()->first; }

  void answer(std::deque<call>& batch) {
    if (steady::now() >= resting_until.load()) {
      if (auto exchanged = exchange(batch); !exchanged)
        rest(exchanged.error().message);
      else if (!reachable.exchange(true))
        log.info("redis answers", {{"redis", std::string_view(name)}});
    }
    tell(batch);
  }

  // An error: nobody should ask for a while. What was answered before counts nevertheless.
  result<void> exchange(std::deque<call>& batch) {
    std::vector<redis_command> all;
    for (call& c : batch) all.insert(all.end(), c.commands.begin(), c.commands.end());
    if (connection && !connection->looks_alive()) connection = nullptr;
    const deadline until(address.timeout, end);  // of all of it: a request waits for this
    if (!connection) {
      auto opened = redis_connection::open(address, where, until);
      if (!opened) return fail(opened.error());
      connection = std::move(*opened);
    }
    for (call& c : batch) c.set_all(redis_failure::in_doubt);
    if (auto sent = connection->send(all, until); !sent) return sent;
    result<void> taken;  // all are read: those behind one that is not may have been
    for (call& c : batch)
      for (std::size_t i = 0; i < c.commands.size(); ++i) {
        auto reply = connection->receive(until);
        if (!reply) return fail(reply.error());
        if ((*reply)->type == REDIS_REPLY_ERROR) {
          const std::string why = text_of_error(**reply);
          const bool by_all = concerns_all(why);
          std::ranges::fill(c.replies_of(i),
                            std::unexpected(by_all ? redis_failure::not_taken : redis_failure::refused));
          if (by_all)
            taken = fail(error_code::unavailable, why);
          else
            tell_of_refusal(why);
        } else if (!take_integers(**reply, c.replies_of(i))) {
          return fail(error_code::unavailable, "it answers something else");
        }
      }
    return taken;
  }

  void tell_of_refusal(const std::string& why) {
    const auto now = steady::now();
    if (now < refusals_told_at + refusals_told_every) return;
    refusals_told_at = now;
    log.warn("redis refuses a command", {{"redis", std::string_view(name)}, {"reason", std::string_view(why)}});
  }

  void rest(const std::string& why) {
    connection = nullptr;
    if (end.passed()) return;  // the gateway stops
    resting_until = steady::now() + rest_after_failure;
    failures.fetch_add(1);
    if (reachable.exchange(false) || failures.load() == 1)
      log.warn("redis is not available, limits are counted in this gateway alone until it is back",
               {{"redis", std::string_view(name)}, {"reason", std::string_view(why)}});
  }

  static void tell(std::deque<call>& batch) {
    for (call& c : batch) c.done(c.replies);
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
  steady::time_point refusals_told_at{};         // the thread's
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

bool redis_link::send(std::vector<redis_command> commands, std::size_t integers_each,
                      std::function<void(const redis_replies&)> done) {
  if (steady::now() < _state->resting_until.load()) return false;
  state::call made{std::move(commands), integers_each, std::move(done)};
  made.set_all(redis_failure::not_taken);
  {
    std::lock_guard lock(_state->mutex);
    if (_state->stopping || _state->waiting.size() >= waiting_max) return false;
    _state->waiting.push_back(std::move(made));
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
        "because Redis gave no count\n# TYPE mes_gateway_rate_limit_fallbacks_total counter\n";
  for (const auto& [plugin, count] : _fallbacks)
    out += fmt::format("mes_gateway_rate_limit_fallbacks_total{{plugin=\"{}\"}} {}\n", plugin, count);
  return out;
}

}  // namespace mes::gateway
