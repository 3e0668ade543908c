#include "gateway/jwt/jwks_source.h"

#include <chrono>
#include <mutex>

namespace mes::gateway {
namespace {

using namespace std::chrono_literals;

constexpr auto usual_period = 5min;
constexpr auto least_period = 1s;
constexpr std::chrono::milliseconds first_retry = 250ms, longest_retry = 10s;
// At start the auth service may still be making its first keys. Until we have some, good tokens cannot be told from bad
// ones: attempts follow soon, and requests wait for them.
constexpr auto patience = 15s;

}  // namespace

struct jwks_source::state : std::enable_shared_from_this<jwks_source::state> {
  state(runtime::event_loop& l, jwt_keys& k, const observe::logger& g, std::function<std::string()> u)
      : loop(l), keys(k), log(g), url(std::move(u)), client(l) {}

  // Loop thread from here on.
  void fetch() {
    runtime::http_call call;
    call.url = url();
    call.timeout = 3s;
    if (call.url.empty()) return finish(fail(error_code::unavailable, "the auth service is not known yet"));
    client.send(std::move(call), [self = weak_from_this()](result<runtime::http_response> answer) {
      if (auto s = self.lock()) s->take(std::move(answer));
    });
  }

  void take(result<runtime::http_response> answer) {
    if (!answer) return finish(fail(answer.error()));
    if (answer->status != 200)
      return finish(
          fail(error_code::unavailable, "the JWKS was answered with status " + std::to_string(answer->status)));
    std::vector<std::string> problems;
    auto parsed = parse_jwks(answer->body, problems);
    for (const std::string& p : problems) log.warn("a key of the JWKS is left out", {{"problem", std::string_view(p)}});
    if (!parsed) return finish(fail(parsed.error()));
    bool first = !fetched;
    fetched = true;
    auto count = static_cast<std::int64_t>(parsed->size());
    if (answer->body != last_body) {
      last_body = std::move(answer->body);
      keys.set_announced(std::move(*parsed));
      log.info(first ? "token keys are here" : "token keys have changed", {{"keys", count}});
    }
    finish({});
  }

  void finish(result<void> outcome) {
    if (!outcome && fetched)
      log.warn("the JWKS could not be fetched", {{"error", std::string_view(outcome.error().message)}});
    std::vector<std::function<void()>> ready;
    bool waits = false;
    {
      std::lock_guard lock(mutex);
      busy = false;
      waits = starting = !fetched && std::chrono::steady_clock::now() - started < patience;
      if (!waits) ready.swap(waiters);
    }
    auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(usual_period);
    if (!outcome) {
      delay = retry;
      if (!waits) retry = std::min<std::chrono::milliseconds>(retry * 2, longest_retry);
    } else {
      retry = first_retry;
    }
    next = loop.after(delay, [self = weak_from_this()] {
      if (auto s = self.lock()) s->begin();
    });
    for (auto& done : ready) done();
  }

  void begin() {
    {
      std::lock_guard lock(mutex);
      if (busy) return;
      busy = true;
      begun = std::chrono::steady_clock::now();
    }
    fetch();
  }

  runtime::event_loop& loop;
  jwt_keys& keys;
  const observe::logger& log;
  std::function<std::string()> url;
  runtime::http_client client;
  std::shared_ptr<runtime::event_loop::timer> next;
  std::string last_body;
  bool fetched = false;
  std::chrono::milliseconds retry = first_retry;

  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();

  std::mutex mutex;  // for what follows
  bool busy = false;
  bool starting = true;  // no keys yet, and not for long
  std::chrono::steady_clock::time_point begun{};
  std::vector<std::function<void()>> waiters;
};

jwks_source::jwks_source(runtime::event_loop& loop, jwt_keys& keys, const observe::logger& log,
                         std::function<std::string()> url)
    : _state(std::make_shared<state>(loop, keys, log, std::move(url))) {}

jwks_source::~jwks_source() { _state->next.reset(); }

void jwks_source::start() { _state->begin(); }

bool jwks_source::refresh(std::function<void()> done) {
  static constexpr std::size_t waiters_max = 4096;
  std::lock_guard lock(_state->mutex);
  if (_state->waiters.size() >= waiters_max) return false;
  if (_state->busy || _state->starting) {
    _state->waiters.push_back(std::move(done));
    return true;
  }
  auto now = std::chrono::steady_clock::now();
  if (now - _state->begun < least_period) return false;
  _state->busy = true;
  _state->begun = now;
  _state->waiters.push_back(std::move(done));
  _state->loop.post([self = _state->weak_from_this()] {
    if (auto s = self.lock()) s->fetch();
  });
  return true;
}

}  // namespace mes::gateway
