#include "gateway/plugins/delivery/host_lookup.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "runtime/thread.h"

namespace mes::gateway {
namespace {

constexpr std::chrono::minutes late_answer_max{1};  // what is older may be anybody's address by now

result<addresses> ask_system(const host_lookup::question& q, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = q.kind;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  if (int failure = getaddrinfo(q.host.c_str(), std::to_string(q.port).c_str(), &hints, &found); failure != 0)
    return fail(error_code::unavailable, fmt::format("{}: {}", q.host, gai_strerror(failure)));
  return addresses(found, [](const addrinfo* a) { freeaddrinfo(const_cast<addrinfo*>(a)); });
}

}  // namespace

struct host_lookup::pending {
  std::mutex lock;
  std::condition_variable told;
  std::optional<result<addresses>> answer;
  wait_end::steady::time_point answered;

  void tell(result<addresses> a) {
    {
      std::lock_guard held(lock);
      answer = std::move(a);
      answered = wait_end::steady::now();
    }
    told.notify_one();
  }
  bool is_old() {
    std::lock_guard held(lock);
    return answer && wait_end::steady::now() - answered > late_answer_max;
  }
};

host_lookup::host_lookup() : host_lookup([](const question& q) { return ask_system(q, 0); }) {}

result<addresses> host_lookup::find(const question& q, const deadline& until) {
  if (auto literal = ask_system(q, AI_NUMERICHOST)) return literal;
  if (_pending && _pending->is_old()) _pending.reset();
  if (!_pending) {
    _pending = std::make_shared<pending>();
    runtime::thread("look-up", [at = _pending, resolve = _resolve, q] { at->tell(resolve(q)); }).let_go();
  }
  std::unique_lock held(_pending->lock);
  while (!_pending->answer) {
    const auto slice = until.slice();
    if (slice.count() == 0) return fail(error_code::unavailable, fmt::format("{}: no name server answers", q.host));
    _pending->told.wait_for(held, slice);
  }
  auto answer = std::move(*_pending->answer);
  held.unlock();
  _pending.reset();
  return answer;
}

}  // namespace mes::gateway
