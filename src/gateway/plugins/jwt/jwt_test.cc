// Kong's jwt plugin: its answers (kong/plugins/jwt/handler.lua), with keys of our own.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "base/base64.h"
#include "gateway/jwt/keys.h"
#include "gateway/plugins/rate_limiting/windows.h"
#include "gateway/proxy/generation.h"
#include "wire/jose/jwt.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

class set_clock final : public wall_clock {
 public:
  std::int64_t now_ms() const override { return now_s * 1000; }
  std::int64_t now_s = 1'700'000'000;
};

constexpr std::string_view yaml = R"(_format_version: "3.0"
consumers:
- username: mes-users
- {username: machine, custom_id: m-1, jwt_secrets: [{key: machine-key, secret: sesame, algorithm: HS256}]}
services:
- name: s
  host: 127.0.0.1
  routes:
  - name: r
    paths: [/]
    plugins:
    - name: jwt
      config: {key_claim_name: kid, claims_to_verify: [exp], cookie_names: [session]}
)";

class jwt_plugin : public testing::Test {
 protected:
  jwt_plugin() : _key(wire::rsa_key::generate()), _foreign(wire::rsa_key::generate()) {
    reporter report("kong.yml");
    _all = load_configuration(std::string(yaml), report);
    for (const diagnostic& d : report.sorted()) ADD_FAILURE() << report.text_of(d);
    _keys.set_configured(*_all);
    announce("k1", _key);
    _generation = std::make_unique<generation>(_all, plugin_parts{_clock, _keys, _limits}, 1);
  }

  void announce(std::string_view kid, const wire::rsa_key& key) {
    json::object jwk = key.public_jwk();
    jwk["kid"] = kid;
    jwk["consumer"] = "mes-users";
    jwk["aud"] = "mes";
    std::vector<std::string> problems;
    _keys.set_announced(*parse_jwks(json::serialize(json::object{{"keys", json::array{jwk}}}), problems));
    EXPECT_TRUE(problems.empty());
  }

  static std::string sign(const wire::rsa_key& key, std::string_view kid, const json::object& claims) {
    return wire::sign_jwt(key, std::string(kid), claims);
  }
  std::string good() const { return sign(_key, "k1", {{"sub", "u"}, {"aud", "mes"}, {"exp", _clock.now_s + 60}}); }

  // The answer's status and body, "" if the request goes on.
  std::string ask(std::string_view fields, std::string_view target = "/", plugin_context* out = nullptr) {
    _text = "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
    plugin_context own;
    plugin_context& c = out ? *out : own;
    EXPECT_EQ(parse_request_head(_text, _head), 0);
    c.request = &_head;
    std::size_t question = _head.target.find('?');
    c.path = _head.target.substr(0, question);
    if (question != std::string_view::npos) c.query = _head.target.substr(question + 1);
    if (_resumed) c.suspend = [this] { return _resumed; };
    _verdict = _generation->plan_of(0).chain.at(0).choose(nullptr)->access(c);
    return _verdict == verdict::respond ? std::to_string(c.answer->status) + " " + c.answer->body : "";
  }
  std::string bearer(const std::string& token) { return ask("Authorization: Bearer " + token + "\r\n"); }

  set_clock _clock;
  jwt_keys _keys;
  rate_limit_store _limits;
  wire::rsa_key _key, _foreign;
  std::shared_ptr<const configuration> _all;
  std::unique_ptr<generation> _generation;
  request_head _head;
  std::string _text;
  verdict _verdict = verdict::next;
  std::function<void()> _resumed;
};

TEST_F(jwt_plugin, lets_a_good_token_pass_and_tells_the_service_who) {
  plugin_context c;
  EXPECT_EQ(ask("Authorization: Bearer " + good() + "\r\n", "/", &c), "");
  ASSERT_TRUE(c.who);
  EXPECT_EQ(c.who->username, "mes-users");
  EXPECT_EQ(c.upstream_headers.find("X-Consumer-Username")->value, "mes-users");
  EXPECT_EQ(c.upstream_headers.find("X-Credential-Identifier")->value, "k1");
  EXPECT_EQ(c.upstream_headers.find("X-Anonymous-Consumer")->what, header_edit::kind::clear);
}

TEST_F(jwt_plugin, answers_with_kongs_words) {
  auto message = [](std::string_view text) { return "401 {\"message\":\"" + std::string(text) + "\"}"; };
  std::int64_t soon = _clock.now_s + 60;
  EXPECT_EQ(ask(""), message("Unauthorized"));
  EXPECT_EQ(ask("Authorization: Basic eDp5\r\n"), message("Unauthorized"));
  EXPECT_EQ(ask("Authorization: Bearer \r\n"), message("Unauthorized"));
  EXPECT_EQ(bearer("x.y.z"), message("Bad token; invalid JSON"));
  std::string none = base64url_encode(R"({"alg":"none","kid":"k1"})") + "." +
                     base64url_encode(R"({"exp":9999999999,"aud":"mes"})") + ".";
  EXPECT_EQ(bearer(none), message("Bad token; invalid alg"));
  EXPECT_EQ(bearer(base64url_encode(R"({"alg":"RS256"})") + ".e30.YQ"), message("No mandatory 'kid' in claims"));
  EXPECT_EQ(bearer(base64url_encode(R"({"alg":"RS256","kid":""})") + ".e30.YQ"), message("Invalid 'kid' in claims"));
  EXPECT_EQ(bearer(sign(_foreign, "k9", {{"exp", soon}})), message("No credentials found for given 'kid'"));
  EXPECT_EQ(bearer(sign(_foreign, "k1", {{"exp", soon}, {"aud", "mes"}})), message("Invalid signature"));
  // The public key as a secret: the algorithm is the key's, not the token's.
  EXPECT_EQ(bearer(base64url_encode(R"({"alg":"HS256","kid":"k1"})") + "." + base64url_encode(R"({"exp":9999999999})") +
                   ".YQ"),
            message("Invalid algorithm"));
  EXPECT_EQ(
      ask("Authorization: Bearer " + good() + "\r\nCookie: a=b; session=" + sign(_key, "k1", {{"exp", soon}}) + "\r\n"),
      message("Multiple tokens provided"));
}

TEST_F(jwt_plugin, checks_claims_behind_the_signature) {
  EXPECT_EQ(bearer(sign(_key, "k1", {{"aud", "mes"}, {"exp", _clock.now_s}})), R"(401 {"exp":"token expired"})");
  EXPECT_EQ(bearer(sign(_key, "k1", {{"aud", "mes"}})), R"(401 {"exp":"must be a number"})");
  EXPECT_EQ(bearer(sign(_key, "k1", {{"aud", "mes"}, {"exp", "soon"}})), R"(401 {"exp":"must be a number"})");
  EXPECT_EQ(bearer(sign(_key, "k1", {{"exp", _clock.now_s + 60}, {"aud", "other"}})),
            R"(401 {"aud":"invalid audience"})");
  EXPECT_EQ(bearer(sign(_key, "k1", {{"exp", _clock.now_s + 60}})), R"(401 {"aud":"invalid audience"})");
  EXPECT_EQ(bearer(sign(_key, "k1", {{"exp", _clock.now_s + 60}, {"aud", json::array{"x", "mes"}}})), "");
}

TEST_F(jwt_plugin, forgets_a_token_when_it_expires_or_its_key_is_gone) {
  std::string token = good();
  EXPECT_EQ(bearer(token), "");
  EXPECT_EQ(bearer(token), "");  // from the cache
  _clock.now_s += 60;
  EXPECT_EQ(bearer(token), R"(401 {"exp":"token expired"})");
  _clock.now_s -= 60;
  EXPECT_EQ(bearer(token), "");
  announce("k2", _foreign);  // in place of k1
  EXPECT_EQ(bearer(token), R"(401 {"message":"No credentials found for given 'kid'"})");
}

TEST_F(jwt_plugin, waits_once_for_a_key_that_is_not_known) {
  int asked = 0;
  _keys.set_refresher([&](const std::function<void()>&) { return ++asked > 0; });
  _resumed = [] {};
  std::string token = sign(_foreign, "k2", {{"aud", "mes"}, {"exp", _clock.now_s + 60}});
  plugin_context c;
  ask("Authorization: Bearer " + token + "\r\n", "/", &c);
  EXPECT_EQ(_verdict, verdict::wait);
  announce("k2", _foreign);
  EXPECT_EQ(ask("Authorization: Bearer " + token + "\r\n", "/", &c), "");
  EXPECT_EQ(asked, 1);
  plugin_context other;
  std::string unknown = sign(_foreign, "k3", {{"exp", _clock.now_s + 60}});
  ask("Authorization: Bearer " + unknown + "\r\n", "/", &other);
  EXPECT_EQ(ask("Authorization: Bearer " + unknown + "\r\n", "/", &other),
            R"(401 {"message":"No credentials found for given 'kid'"})");
  EXPECT_EQ(asked, 2);
}

TEST_F(jwt_plugin, takes_tokens_from_query_and_cookie_and_configured_secrets) {
  EXPECT_EQ(ask("", "/?a=b&jwt=" + good()), "");
  EXPECT_EQ(ask("Cookie: a=b; session=" + good() + "\r\n"), "");
  // HMAC-SHA256("sesame") over the two parts, computed with Python's hmac module.
  EXPECT_EQ(bearer("eyJhbGciOiJIUzI1NiIsImtpZCI6Im1hY2hpbmUta2V5In0.eyJleHAiOjk5OTk5OTk5OTl9.sXidWnsN7Z3Pv3pfkQp_"
                   "jcbBZVhKpZBoLjmP2Xiiud8"),
            "");
}

}  // namespace
}  // namespace mes::gateway
