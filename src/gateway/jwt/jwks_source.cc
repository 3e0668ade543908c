#include "gateway/jwt/jwks_source.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>

namespace mes::gateway {
namespace {

using namespace std::chrono_literals;

constexpr auto usual_period = 5min;
constexpr auto least_period = 1s;
constexpr std::chrono::milliseconds first_retry = 250ms, longest_retry = 10s;

}  // namespace

struct jwks_source::state : std::enable_shared_from_this<jwks_source::state> {
  state(runtime::event_loop& l, jwt_keys& k, const observe::logger& g, std::function<std::string()> u, std::string f)
      : loop(l), keys(k), log(g), url(std::move(u)), file(std::move(f)), client(l) {}

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
    if (answer->body == last_body) return finish({});
    if (auto taken = use(answer->body); !taken) return finish(fail(taken.error()));
    keep(answer->body);
    last_body = std::move(answer->body);
    fetched = true;
    finish({});
  }

  result<void> use(const std::string& body) {
    std::vector<std::string> problems;
    auto parsed = parse_jwks(body, problems);
    for (const std::string& p : problems) log.warn("a key of the JWKS is left out", {{"problem", std::string_view(p)}});
    if (!parsed) return fail(parsed.error());
    log.info("token keys are here", {{"keys", static_cast<std::int64_t>(parsed->size())}});
    keys.set_announced(std::move(*parsed));
    if (auto tell = std::exchange(known, nullptr)) tell();
    return {};
  }

  // Renamed into place: a reader finds all of it or the one before. Losing it costs the next start a fetch.
  void keep(const std::string& body) const {
    std::string fresh = file + ".new";
    bool written = static_cast<bool>(std::ofstream(fresh, std::ios::trunc | std::ios::binary) << body << std::flush);
    std::error_code failed;
    if (written) std::filesystem::rename(fresh, file, failed);
    if (!written || failed) log.warn("the token keys cannot be kept for the next start", {{"file", file}});
  }

  void use_file() {
    std::ifstream in(file, std::ios::binary);
    if (!in) return;
    std::string body(std::istreambuf_iterator<char>(in), {});
    if (auto taken = use(body); !taken)
      log.warn("the kept token keys cannot be read", {{"file", file}, {"error", taken.error().message}});
  }

  // Once each time that it changes: fetches go on for ever.
  void tell(const result<void>& outcome) {
    const bool may_be_starting = !fetched && retry < longest_retry;
    if (!outcome && may_be_starting) return;
    std::string why = outcome ? "" : outcome.error().message;
    if (why == told) return;
    if (outcome)
      log.info("the JWKS can be fetched again");
    else
      log.warn("the JWKS could not be fetched: start the auth service, or set jwks_url=none if no tokens of it come",
               {{"url", std::string_view(url())}, {"error", std::string_view(why)}});
    told = std::move(why);
  }

  void finish(result<void> outcome) {
    tell(outcome);
    std::vector<std::function<void()>> ready;
    {
      std::lock_guard lock(mutex);
      busy = false;
      ready.swap(waiters);
    }
    // Until the first keys are here, soon again; then at leisure.
    auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(usual_period);
    if (!outcome) {
      delay = retry;
      retry = std::min<std::chrono::milliseconds>(retry * 2, longest_retry);
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
  std::string file;
  std::function<void()> known;
  runtime::http_client client;
  std::shared_ptr<runtime::event_loop::timer> next, soon;
  std::string last_body;
  std::string told;  // of the last fetch; "" = it went well
  bool fetched = false;
  std::chrono::milliseconds retry = first_retry;

  std::mutex mutex;  // for what follows
  bool busy = false;
  std::chrono::steady_clock::time_point begun{};
  std::vector<std::function<void()>> waiters;
};

jwks_source::jwks_source(runtime::event_loop& loop, jwt_keys& keys, const observe::logger& log,
                         std::function<std::string()> url, std::string file)
    : _state(std::make_shared<state>(loop, keys, log, std::move(url), std::move(file))) {}

jwks_source::~jwks_source() {
  _state->next.reset();
  _state->soon.reset();
}

void jwks_source::start(std::function<void()> known) {
  _state->known = std::move(known);
  _state->use_file();
  _state->begin();
}

bool jwks_source::refresh(std::function<void()> done) {
  static constexpr std::size_t waiters_max = 4096;
  std::lock_guard lock(_state->mutex);
  if (_state->waiters.size() >= waiters_max) return false;
  _state->waiters.push_back(std::move(done));
  if (_state->busy) return true;
  auto now = std::chrono::steady_clock::now();
  auto pause = std::max<std::chrono::steady_clock::duration>(least_period - (now - _state->begun), 0ms);
  _state->busy = true;
  _state->begun = now + pause;
  _state->loop.post([self = _state->weak_from_this(), pause] {
    auto s = self.lock();
    if (!s) return;
    s->soon = s->loop.after(std::chrono::ceil<std::chrono::milliseconds>(pause), [self] {
      if (auto still = self.lock()) still->fetch();
    });
  });
  return true;
}

}  // namespace mes::gateway
