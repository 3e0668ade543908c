#include "gateway/names/dns_names.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/net/loop.h"
#include "runtime/thread.h"

namespace mes::gateway {
namespace {

constexpr std::int64_t another_try_ms = 1'000;    // for what was not found, or not answered
constexpr std::int64_t stale_ms = 4'000;          // as Kong's dns_stale_ttl
constexpr std::int64_t outage_stale_ms = 60'000;  // where no server has answered the last time
constexpr std::size_t names_max = 4096;
constexpr std::size_t resolvers_max = 16, patient_max = resolvers_max / 2;
constexpr std::int64_t silent_answer_ms = 500;  // what takes longer and has no answer is no refusal

bool same(const endpoints& a, const endpoints& b) {
  if (!a || !b) return a == b;
  return std::ranges::equal(*a, *b, [](const endpoint& x, const endpoint& y) {
    return x.text == y.text && x.weight == y.weight && x.name == y.name;
  });
}

}  // namespace

class dns_names::lookups : public std::enable_shared_from_this<lookups> {
 public:
  explicit lookups(dns_options how) : _how(std::move(how)) {}

  name_answer find(const std::string& host, std::uint16_t port, std::int64_t now_ms, std::function<void()> changed);
  std::uint64_t generation() const { return _generation.load(std::memory_order_acquire); }
  void stop();

 private:
  using name = std::pair<std::string, std::uint16_t>;
  struct looked_up {
    endpoints where;
    std::int64_t expires_ms = 0;
    std::optional<std::int64_t> asked_ms;  // a look-up is under way since then
    bool unanswered = false;               // the last time; `where` is of before
    std::vector<std::function<void()>> waiters;
  };

  bool make_room(std::int64_t now_ms);
  void ask(const name& who);
  void resolve();  // a resolver's thread
  bool has_questions() const;
  void keep(looked_up& entry, dns_answer answer);

  const dns_options _how;
  std::mutex _lock;
  std::condition_variable _asked, _told;
  std::map<name, looked_up> _names;
  // First all with little patience, then those that had no answer, for which half of the resolvers are enough. So names
  // whose servers are silent hold up no others.
  std::deque<name> _queue, _patient_queue;
  std::size_t _resolvers = 0;  // started by names that find none idle
  std::size_t _idle = 0, _patient = 0, _telling = 0;
  bool _stopping = false;
  std::atomic<std::uint64_t> _generation = 0;
};

dns_names::dns_names(dns_options how) : _lookups(std::make_shared<lookups>(std::move(how))) {}

dns_names::~dns_names() { _lookups->stop(); }

name_answer dns_names::find(const std::string& host, std::uint16_t port, std::int64_t now_ms,
                            std::function<void()> changed) {
  return _lookups->find(host, port, now_ms, std::move(changed));
}

std::uint64_t dns_names::generation() const { return _lookups->generation(); }

void dns_names::lookups::stop() {
  std::unique_lock lock(_lock);
  _stopping = true;
  for (auto& [who, entry] : _names) entry.waiters.clear();
  _asked.notify_all();
  _told.wait(lock, [&] { return _telling == 0; });
}

name_answer dns_names::lookups::find(const std::string& host, std::uint16_t port, std::int64_t now_ms,
                                     std::function<void()> changed) {
  const name who(host, port);
  std::lock_guard lock(_lock);
  if (!_names.contains(who) && !make_room(now_ms)) return {};
  looked_up& entry = _names[who];
  bool fresh = entry.expires_ms > now_ms;
  if (!fresh && !entry.asked_ms) {
    entry.asked_ms = now_ms;
    ask(who);
  }
  // An old answer does until the new one is there, however long that takes; but what nobody has asked for in a while
  // may be anybody's address by now.
  const std::int64_t old_ms = entry.unanswered ? outage_stale_ms : stale_ms;
  bool usable = fresh || *entry.asked_ms < entry.expires_ms + old_ms;
  std::int64_t until_ms = fresh ? entry.expires_ms : now_ms + another_try_ms;
  if (entry.where && usable) return {name_state::known, entry.where, until_ms};
  if (fresh && !entry.asked_ms) return {name_state::unknown, nullptr, until_ms};
  entry.waiters.push_back(std::move(changed));
  return {.what = name_state::waiting};
}

// Names that are still asked for are looked up anew when they expire.
bool dns_names::lookups::make_room(std::int64_t now_ms) {
  if (_names.size() < names_max) return true;
  std::erase_if(_names, [&](const auto& e) {
    return e.second.expires_ms <= now_ms && !e.second.asked_ms && e.second.waiters.empty();
  });
  return _names.size() < names_max;
}

void dns_names::lookups::ask(const name& who) {
  // The system's own search, which takes names without a dot, has but one patience.
  (who.first.find('.') == std::string::npos ? _patient_queue : _queue).push_back(who);
  if (_idle < _queue.size() + _patient_queue.size() && _resolvers < resolvers_max) {
    runtime::thread("resolver", [self = shared_from_this()] { self->resolve(); }).let_go();
    ++_resolvers;
  }
  _asked.notify_one();
}

bool dns_names::lookups::has_questions() const {
  return !_queue.empty() || (!_patient_queue.empty() && _patient < patient_max);
}

void dns_names::lookups::resolve() {
  std::unique_lock lock(_lock);
  while (true) {
    ++_idle;
    _asked.wait(lock, [&] { return _stopping || has_questions(); });
    --_idle;
    if (_stopping) return;
    const bool patient = _queue.empty();
    auto& queue = patient ? _patient_queue : _queue;
    name who = std::move(queue.front());
    queue.pop_front();
    _patient += patient;
    lock.unlock();
    dns_options how = _how;
    if (!patient) how.timeout_s = how.tries = 1;
    const std::int64_t began_us = net_loop::clock_us();
    dns_answer answer = look_up(who.first, who.second, how);
    const bool silent = answer.unanswered && net_loop::clock_us() - began_us >= silent_answer_ms * 1000;
    lock.lock();
    if (_stopping) return;
    _patient -= patient;
    looked_up& entry = _names[who];
    keep(entry, std::move(answer));
    const bool again = silent && !patient;
    if (again) {
      _patient_queue.push_back(std::move(who));
      _asked.notify_one();
    } else {
      entry.asked_ms.reset();
    }
    std::vector<std::function<void()>> waiters;
    if (entry.where || !again) waiters.swap(entry.waiters);
    ++_telling;
    lock.unlock();
    for (auto& w : waiters) w();
    waiters.clear();
    lock.lock();
    if (--_telling == 0) _told.notify_all();
  }
}

// What a server in trouble has not told stays as it was, until one says that it is otherwise: an outage of DNS is not
// to be one of the services. That is longer than Kong's dns_stale_ttl; a server that is asked again each second ends
// it.
void dns_names::lookups::keep(looked_up& entry, dns_answer answer) {
  std::vector<endpoint>& now = answer.where;
  if (answer.unanswered && entry.where) {
    const bool all = now.empty();
    for (const endpoint& old : *entry.where)
      if (all || std::ranges::find(answer.untold, old.name) != answer.untold.end()) now.push_back(old);
  }
  endpoints found = now.empty() ? nullptr : std::make_shared<const std::vector<endpoint>>(std::move(now));
  entry.expires_ms = net_loop::clock_us() / 1000 + (found && !answer.unanswered ? answer.ttl_ms : another_try_ms);
  if (!same(entry.where, found)) _generation.fetch_add(1, std::memory_order_release);
  entry.where = std::move(found);
  entry.unanswered = answer.unanswered;
}

}  // namespace mes::gateway
