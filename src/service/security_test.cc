#include "service/security.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <mutex>
#include <string>

#include "runtime/test_server.h"

namespace mes::service {
namespace {

using namespace std::chrono_literals;

// Announces one key.
struct announcer {
  void announce(const wire::rsa_key& key) {
    json::object jwk = key.public_jwk();
    jwk["kid"] = key.thumbprint();
    const std::lock_guard lock(mutex);
    body = json::serialize(json::object{{"keys", json::array{std::move(jwk)}}});
  }

  std::mutex mutex;
  std::string body;
  runtime::test_server server{[this](runtime::http_request, runtime::http_responder r) {
    const std::lock_guard lock(mutex);
    r.send(runtime::http_response::json(200, body));
  }};
};

json::object claims() {
  const std::int64_t now_s = instant::now().ms() / 1000;
  return {{"iss", token_issuer}, {"aud", token_audience}, {"sub", "user-1"}, {"exp", now_s + 3600}};
}

std::string signed_by(const wire::rsa_key& key, const json::object& claims) {
  return wire::sign_jwt(key, key.thumbprint(), claims);
}

TEST(authenticator, takes_no_token_of_a_key_that_is_withdrawn) {
  const wire::rsa_key old_key = wire::rsa_key::generate(), new_key = wire::rsa_key::generate();
  announcer keys;
  keys.announce(old_key);
  runtime::event_loop loop;
  authenticator who(loop, keys.server.url("/jwks.json"), 5ms);
  const std::string seen = signed_by(old_key, claims());
  std::shared_ptr<runtime::event_loop::timer> again;
  bool was_taken = false;
  int asked = 0;
  std::function<void()> ask = [&] {
    who.authenticate("Bearer " + seen, [&](const result<identity>& answer) {
      if (answer && !std::exchange(was_taken, true)) keys.announce(new_key);
      if (++asked == 2'000 || (was_taken && !answer)) return loop.stop();
      again = loop.after(5ms, ask);
    });
  };
  loop.post(ask);
  loop.run();
  EXPECT_TRUE(was_taken);
  EXPECT_LT(asked, 2'000) << "though no token of another key came";
}

TEST(verify_token, takes_times_with_fractions) {
  const wire::rsa_key key = wire::rsa_key::generate();
  key_set keys;
  keys.add(key.thumbprint(), *wire::rsa_key::from_jwk(key.public_jwk()));
  const auto is_valid = [&](std::string_view claim, const json::value& value) {
    json::object all = claims();
    all[claim] = value;
    return verify_token(signed_by(key, all), keys, instant::now()).has_value();
  };
  const auto now_s = static_cast<double>(instant::now().ms()) / 1000;
  EXPECT_TRUE(is_valid("exp", now_s + 600.5));
  EXPECT_FALSE(is_valid("exp", now_s - 600.5));
  EXPECT_TRUE(is_valid("nbf", now_s - 0.5));
  EXPECT_FALSE(is_valid("nbf", now_s + 600.5));
  EXPECT_FALSE(is_valid("nbf", "tomorrow"));
}

}  // namespace
}  // namespace mes::service
