#include "bus/handlers/sasl.h"

#include <fmt/format.h>

#include "base/instant.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::error_code;
using security::sasl_step;
using security::session;
namespace {

constexpr std::int64_t failure_delay_ms = 100;  // Kafka's connection.failed.authentication.delay.ms

// Logs why, for whoever runs the broker; the client is told no more than that it failed, and that after a while, so
// that passwords cannot be tried fast. Nothing more of it is read: it could not be answered, and would end the wait.
void failed(const call& c, std::string_view why) {
  c.who->now = session::stage::failed;
  c.of->server().close_when_answered(c.slot.connection);
  c.of->stats().authentications_failed += 1;
  c.of->logger().warn(
      "authentication failed",
      {{"client", std::string_view(c.who->host)}, {"mechanism", std::string_view(c.who->mechanism)}, {"reason", why}});
}

// The last answer to who has failed.
template <class Response>
void answer_late(const call& c, Response response) {
  c.of->loop().after(failure_delay_ms, [c, response = std::move(response)] { c.answer(response); });
}

void refuse(const call& c, std::string_view why, std::string message) {
  failed(c, why);
  kafka::sasl_authenticate_response response;
  response.error_code = kafka::code(error_code::sasl_authentication_failed);
  response.error_message = std::move(message);
  answer_late(c, std::move(response));
}

std::string failure_text(const session& s) {
  if (s.mechanism == "PLAIN") return "Authentication failed: Invalid username or password";
  return fmt::format("Authentication failed during {} due to invalid credentials with SASL mechanism {}",
                     s.authenticated ? "re-authentication" : "authentication", s.mechanism);
}

// Without SaslAuthenticate there is no answer that says so.
void refuse_raw(const call& c, std::string_view why) {
  failed(c, why);
  c.of->loop().after(failure_delay_ms, [c] { c.of->server().close_connection(c.slot.connection); });
}

void take_step(const call& c, const sasl_step& step) {
  session& s = *c.who;
  s.waiting = false;
  kafka::sasl_authenticate_response response;
  response.auth_bytes = step.message;
  if (step.what == sasl_step::outcome::refused)
    return refuse(c, step.why, step.message.empty() ? failure_text(s) : step.message);
  if (step.what == sasl_step::outcome::done) {
    const auto lifetime = c.of->access().connections().complete(s, step, net::now_ms(), instant::now().ms());
    if (!lifetime) return refuse(c, lifetime.error().message, lifetime.error().message);
    response.session_lifetime_ms = *lifetime;
    c.of->server().trust(c.slot.connection);
    c.of->stats().authentications += 1;
  }
  c.answer(response);
}

}  // namespace

void sasl_handshake(const call& c, kafka::sasl_handshake_request& request) {
  session& s = *c.who;
  const security::sessions& all = c.of->access().connections();
  kafka::sasl_handshake_response response;
  const bool again = s.now == session::stage::open;
  if (again && (!all.uses_sasl(s) || s.expires_ms == 0)) {
    response.error_code = kafka::code(error_code::illegal_sasl_state);
    return c.answer(response);
  }
  response.mechanisms = all.options().mechanisms;
  const bool offered = std::ranges::count(response.mechanisms, request.mechanism) > 0;
  auto exchange = offered ? security::make_exchange(request.mechanism, c.of->access().users()) : nullptr;
  if (!exchange || (again && s.mechanism != request.mechanism)) {
    failed(c, exchange ? "another mechanism than before" : "the mechanism is not offered");
    response.error_code = kafka::code(error_code::unsupported_sasl_mechanism);
    return answer_late(c, std::move(response));
  }
  s.mechanism = request.mechanism;
  s.exchange = std::move(exchange);
  s.now = c.version == 0 ? session::stage::raw_exchange : session::stage::exchange;
  c.answer(response);
}

void sasl_authenticate(const call& c, kafka::sasl_authenticate_request& request) {
  session& s = *c.who;
  if (s.now != session::stage::exchange) {
    kafka::sasl_authenticate_response response;
    response.error_code = kafka::code(error_code::illegal_sasl_state);
    response.error_message = "SaslAuthenticate request received after successful authentication";
    return c.answer(response);
  }
  s.waiting = true;
  s.exchange->step(request.auth_bytes, [c](const sasl_step& step) { take_step(c, step); });
}

bool raw_sasl(const call& c, std::string_view message) {
  session& s = *c.who;
  if (s.waiting) return false;
  s.waiting = true;
  s.exchange->step(message, [c](const sasl_step& step) {
    c.who->waiting = false;
    if (step.what == sasl_step::outcome::refused) return refuse_raw(c, step.why);
    if (step.what == sasl_step::outcome::done) {
      const auto lifetime = c.of->access().connections().complete(*c.who, step, net::now_ms(), instant::now().ms());
      if (!lifetime) return refuse_raw(c, lifetime.error().message);
      c.of->server().trust(c.slot.connection);
    }
    kafka::writer out;
    out.bytes(false, step.message);
    c.of->server().answer(c.slot, std::move(out));
  });
  return true;
}

}  // namespace mes::bus::handlers
