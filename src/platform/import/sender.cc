#include "platform/import/sender.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <vector>

namespace mes::platform {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int internal_errors_max = 3;
constexpr int refused_max = 3;

struct pending {
  api::call call;
  sender::done then;
  int tries = 0;
  int internal_errors = 0;
  int refused = 0;                     // 401
  std::uint64_t login_generation = 0;  // whose token it carried
  clock::time_point first_try;
  std::shared_ptr<runtime::event_loop::timer> again;
};
using pending_ptr = std::shared_ptr<pending>;

milliseconds retry_after(const runtime::http_response& response) {
  const std::string_view text = response.headers.get("Retry-After");
  int seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(std::clamp(seconds, 0, 60));
}

}  // namespace

struct sender::state : std::enable_shared_from_this<state> {
  runtime::event_loop& loop;
  sender_options options;
  runtime::http_client client;
  counts counted;
  std::deque<pending_ptr> line;
  std::set<pending_ptr> on_their_way;  // sent, or waiting to be sent again
  api::tokens tokens;
  std::uint64_t login_generation = 0;
  bool logging_in = false;
  pending_ptr login;
  bool closed = false;

  state(runtime::event_loop& l, sender_options o) : loop(l), options(std::move(o)), client(l) {}

  bool has_room() const { return on_their_way.size() < static_cast<std::size_t>(options.in_flight_max); }

  void pump() {
    if (closed) return;
    if (tokens.access.empty()) {
      if (!line.empty()) log_in();
      return;
    }
    while (!line.empty() && has_room() && !logging_in) {
      pending_ptr p = std::move(line.front());
      line.pop_front();
      on_their_way.insert(p);
      transmit(p);
    }
  }

  void transmit(const pending_ptr& p) {
    if (p->tries++ == 0)
      p->first_try = clock::now();
    else
      ++counted.repeated;
    p->login_generation = login_generation;
    runtime::http_call call = request_of(p->call);
    call.headers.set("Authorization", "Bearer " + tokens.access);
    client.send(std::move(call), [self = shared_from_this(), p](result<answer> r) { self->answered(p, std::move(r)); });
  }

  runtime::http_call request_of(const api::call& call) const {
    runtime::http_call out{.method = call.method,
                           .url = options.gateway + call.path,
                           .body = call.body,
                           .timeout = options.call_timeout,
                           .ca_file = options.ca_file};
    if (!call.body.empty()) out.headers.set("Content-Type", "application/json");
    if (!call.key.empty()) out.headers.set("Idempotency-Key", '"' + call.key + '"');
    return out;
  }

  void answered(const pending_ptr& p, result<answer> r) {
    if (closed) return;
    if (!r) {
      if (!is_retryable(r.error().code)) return finish(p, std::move(r));
      return try_again(p, milliseconds(0), r.error().message);
    }
    switch (r->status) {
      case 401: {
        if (p->login_generation == login_generation) tokens.access.clear();
        if (++p->refused >= refused_max) return finish(p, std::move(r));  // a fresh token does not help
        on_their_way.erase(p);
        line.push_front(p);
        return pump();
      }
      case 429:
      case 502:
      case 503:
      case 504:
        return try_again(p, retry_after(*r), api::read_problem(r->status, r->body));
      case 500:
        if (++p->internal_errors < internal_errors_max) return try_again(p, milliseconds(0), "HTTP 500");
        [[fallthrough]];
      default:
        finish(p, std::move(r));
    }
  }

  milliseconds back_off(int tries) const {
    const milliseconds delay = options.back_off_first * (std::int64_t{1} << std::min(tries - 1, 12));
    return std::min(delay, options.back_off_max) + milliseconds(counted.repeated % 23);  // so that not all come at once
  }

  void try_again(const pending_ptr& p, milliseconds at_least, const std::string& why) {
    if (options.give_up_after.count() > 0 && clock::now() - p->first_try > options.give_up_after)
      return finish(p, fail(error_code::unavailable,
                            fmt::format("{} {} was not answered within {} s, at last: {}", p->call.method, p->call.path,
                                        options.give_up_after.count() / 1000, why)));
    p->again = loop.after(std::max(at_least, back_off(p->tries)), [self = weak_from_this(), p] {
      const auto alive = self.lock();
      if (!alive) return;
      p->again.reset();
      if (!alive->tokens.access.empty()) return alive->transmit(p);
      alive->on_their_way.erase(p);
      alive->line.push_front(p);
      alive->pump();
    });
  }

  void finish(const pending_ptr& p, result<answer> r) {
    on_their_way.erase(p);
    ++counted.answered;
    p->then(std::move(r));
    pump();
  }

  void log_in() {
    if (std::exchange(logging_in, true)) return;
    login = std::make_shared<pending>();
    const pending_ptr& p = login;
    p->first_try = clock::now();
    p->call = tokens.refresh.empty() ? api::login(options.username, options.password) : api::refresh(tokens.refresh);
    ask_for_token(p);
  }

  void ask_for_token(const pending_ptr& p) {
    ++p->tries;
    client.send(request_of(p->call),
                [self = shared_from_this(), p](result<answer> r) { self->token_answered(p, std::move(r)); });
  }

  void token_answered(const pending_ptr& p, result<answer> r) {
    if (closed) return;
    if (r && r->status == 200) {
      auto fresh = api::read_tokens(r->body);
      if (!fresh) return nobody_can_log_in(fresh.error());
      tokens = std::move(*fresh);
      logging_in = false;
      ++login_generation;
      ++counted.logins;
      return pump();
    }
    if (r && r->status < 500 && r->status != 429) {
      if (!std::exchange(tokens.refresh, "").empty()) {  // an old refresh token: from the start, with the password
        p->call = api::login(options.username, options.password);
        return ask_for_token(p);
      }
      return nobody_can_log_in(error(error_code::unauthenticated, fmt::format("{} cannot log in: {}", options.username,
                                                                              api::read_problem(r->status, r->body))));
    }
    const std::string why = r ? api::read_problem(r->status, r->body) : r.error().message;
    if (options.give_up_after.count() > 0 && clock::now() - p->first_try > options.give_up_after)
      return nobody_can_log_in(
          error(error_code::unavailable, fmt::format("the gateway {} lets nobody log in: {}", options.gateway, why)));
    p->again =
        loop.after(std::max(r ? retry_after(*r) : milliseconds(0), back_off(p->tries)), [self = weak_from_this(), p] {
          const auto alive = self.lock();
          if (!alive) return;
          p->again.reset();
          alive->ask_for_token(p);
        });
  }

  void nobody_can_log_in(const error& why) {
    logging_in = false;
    std::deque<pending_ptr> waiting = std::exchange(line, {});
    for (const pending_ptr& p : waiting) p->then(fail(why));
  }
};

sender::sender(runtime::event_loop& loop, sender_options options)
    : _state(std::make_shared<state>(loop, std::move(options))) {}

sender::~sender() {
  _state->closed = true;
  for (const pending_ptr& p : _state->on_their_way) p->again.reset();
  if (_state->login) _state->login->again.reset();
  _state->on_their_way.clear();
  _state->line.clear();
}

void sender::send(api::call call, done then) {
  auto p = std::make_shared<pending>();
  p->call = std::move(call);
  p->then = std::move(then);
  _state->line.push_back(std::move(p));
  _state->pump();
}

bool sender::has_room() const { return _state->line.empty() && _state->has_room(); }

const sender::counts& sender::counted() const { return _state->counted; }

}  // namespace mes::platform
