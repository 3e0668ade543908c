#include "gateway/net/ocsp_fetcher.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "base/instant.h"
#include "runtime/http_client.h"

namespace mes::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds first_retry = 5s, longest_retry = 10min, longest_pause = 24h;
constexpr std::size_t answer_bytes_max = 64 << 10;

std::int64_t now_s() { return instant::now().ms() / 1000; }

}  // namespace

struct ocsp_fetcher::state : std::enable_shared_from_this<ocsp_fetcher::state> {
  struct watched {
    ocsp_question question;
    std::chrono::seconds retry = first_retry;
    std::shared_ptr<runtime::event_loop::timer> next;
  };

  state(runtime::event_loop& l, staple_store& s, const observe::logger& g) : loop(l), into(s), log(g), client(l) {}

  void ask(const std::string& digest) {
    auto found = all.find(digest);
    if (found == all.end()) return;  // not shown any more
    runtime::http_call call{.method = "POST",
                            .url = found->second.question.url,
                            .body = found->second.question.request,
                            .timeout = 10s,
                            .body_bytes_max = answer_bytes_max};
    call.headers.set("Content-Type", "application/ocsp-request");
    client.send(std::move(call), [self = weak_from_this(), digest](result<runtime::http_response> answer) {
      if (auto s = self.lock()) s->take(digest, std::move(answer));
    });
  }

  void take(const std::string& digest, result<runtime::http_response> answer) {
    auto found = all.find(digest);
    if (found == all.end()) return;
    watched& w = found->second;
    auto checked = check(w, std::move(answer));
    std::chrono::seconds pause = w.retry;
    if (checked) {
      // Half of its life later, so that a responder that is away for a while costs nothing.
      pause = std::clamp(std::chrono::seconds((checked->expires_s - now_s()) / 2), first_retry, longest_pause);
      w.retry = first_retry;
      into.put(digest, std::move(*checked));
    } else {
      log.warn("no OCSP response to show", {{"responder", std::string_view(w.question.url)},
                                            {"problem", std::string_view(checked.error().message)}});
      w.retry = std::min(w.retry * 2, longest_retry);
    }
    w.next = loop.after(pause, [self = weak_from_this(), digest] {
      if (auto s = self.lock()) s->ask(digest);
    });
  }

  static result<ocsp_answer> check(const watched& w, result<runtime::http_response> answer) {
    if (!answer) return fail(answer.error());
    if (answer->status != 200)
      return fail(error_code::unavailable, "the responder answers with status " + std::to_string(answer->status));
    return check_answer(answer->body, w.question, now_s());
  }

  runtime::event_loop& loop;
  staple_store& into;
  const observe::logger& log;
  runtime::http_client client;
  std::map<std::string, watched> all;  // by the certificate's digest
};

ocsp_fetcher::ocsp_fetcher(runtime::event_loop& loop, staple_store& into, const observe::logger& log)
    : _state(std::make_shared<state>(loop, into, log)) {}

ocsp_fetcher::~ocsp_fetcher() = default;

void ocsp_fetcher::use(const std::vector<std::string>& chains) {
  std::map<std::string, state::watched> before = std::exchange(_state->all, {});
  for (const std::string& pem : chains) {
    auto chain = runtime::read_certificates(pem);
    if (chain.size() < 2) continue;
    auto question = ask_about(chain[0].get(), chain[1].get());
    if (!question || question->url.empty()) continue;
    std::string digest = question->digest;
    if (auto known = before.extract(digest); !known.empty()) {
      _state->all.insert(std::move(known));
    } else if (_state->all.emplace(digest, state::watched{.question = std::move(*question)}).second) {
      _state->ask(digest);
    }
  }
}

}  // namespace mes::gateway
