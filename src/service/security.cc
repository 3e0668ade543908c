#include "service/security.h"

#include <boost/json/array.hpp>

#include "wire/json/schema.h"

namespace mes::service {
namespace {

constexpr std::size_t tokens_max = 4096;
constexpr std::int64_t leeway_s = 60;
constexpr std::chrono::seconds fetch_pause{1};

std::unexpected<error> refuse(std::string message) { return fail(error_code::unauthenticated, std::move(message)); }

std::string text_claim(const json::object& claims, std::string_view name) {
  const json::value* v = claims.if_contains(name);
  const json::string* text = v ? v->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

// Seconds, which may have a fraction (RFC 7519, section 2).
std::optional<double> time_claim(const json::object& claims, std::string_view name) {
  const json::value* v = claims.if_contains(name);
  if (!v || !v->is_number()) return std::nullopt;
  return v->to_number<double>();
}

// RFC 7519, section 4.1.3: one string, or an array of them.
bool names_audience(const json::object& claims) {
  const json::value* aud = claims.if_contains("aud");
  if (!aud) return false;
  if (const json::string* one = aud->if_string()) return *one == token_audience;
  if (const json::array* several = aud->if_array())
    for (const json::value& v : *several)
      if (v.is_string() && v.get_string() == token_audience) return true;
  return false;
}

}  // namespace

bool key_set::replace(const json::object& jwks) {
  std::unordered_map<std::string, wire::rsa_key> keys;
  const json::value* list = jwks.if_contains("keys");
  if (!list || !list->is_array()) return false;
  for (const json::value& entry : list->get_array()) {
    if (!entry.is_object()) continue;
    auto key = wire::rsa_key::from_jwk(entry.get_object());
    if (key) keys.emplace(text_claim(entry.get_object(), "kid"), std::move(*key));
  }
  if (keys.empty()) return false;
  std::lock_guard lock(_mutex);
  _keys = std::move(keys);
  return true;
}

void key_set::add(std::string key_id, wire::rsa_key key) {
  std::lock_guard lock(_mutex);
  _keys.insert_or_assign(std::move(key_id), std::move(key));
}

std::optional<wire::rsa_key> key_set::find(std::string_view key_id) const {
  std::lock_guard lock(_mutex);
  auto found = _keys.find(std::string(key_id));
  if (found == _keys.end()) return std::nullopt;
  return found->second;
}

result<identity> verify_token(std::string_view token, const key_set& keys, instant now) {
  auto parsed = wire::parse_jwt(token);
  if (!parsed) return std::unexpected(parsed.error());
  const json::object& claims = parsed->claims;
  if (text_claim(parsed->header, "alg") != "RS256") return refuse("Invalid algorithm");
  auto key = keys.find(text_claim(parsed->header, "kid"));
  if (!key) return refuse("No credentials found for given 'kid'");
  if (!key->verify_rs256(parsed->signed_part, parsed->signature)) return refuse("Invalid signature");
  if (text_claim(claims, "iss") != token_issuer) return refuse("Invalid 'iss' in claims");
  if (!names_audience(claims)) return refuse("Invalid 'aud' in claims");
  const auto now_s = static_cast<double>(now.ms() / 1000);
  auto expires = time_claim(claims, "exp"), not_before = time_claim(claims, "nbf");
  if (!expires || *expires <= now_s - leeway_s) return refuse("token expired");
  if (claims.contains("nbf") && !not_before) return refuse("Invalid 'nbf' in claims");
  if (not_before && *not_before > now_s + leeway_s) return refuse("token not valid yet");
  identity who{.user_id = text_claim(claims, "sub"), .username = text_claim(claims, "preferred_username"), .roles = {}};
  if (who.user_id.empty()) return refuse("No mandatory 'sub' in claims");
  if (const json::value* roles = claims.if_contains("roles"); roles && roles->is_array())
    for (const json::value& role : roles->get_array())
      if (role.is_string()) who.roles.emplace_back(role.get_string());
  return who;
}

authenticator::authenticator(runtime::event_loop& loop, std::string jwks_url, std::chrono::milliseconds refresh)
    : _client(loop), _jwks_url(std::move(jwks_url)), _refresh(loop.every(refresh, [this] {
        if (_fetched) fetch([] {});
      })) {}
authenticator::~authenticator() = default;

void authenticator::authenticate(std::string_view header, std::function<void(result<identity>)> done) {
  constexpr std::string_view scheme = "Bearer ";
  if (header.size() <= scheme.size() || (!header.starts_with(scheme) && !header.starts_with("bearer ")))
    return done(refuse("Unauthorized"));
  std::string token(header.substr(scheme.size()));
  instant now = instant::now();
  if (auto known = _verified.find(token); known != _verified.end()) {
    if (known->second.expires_s > static_cast<double>(now.ms() / 1000 - leeway_s)) return done(known->second.who);
    _verified.erase(known);
  }
  auto parsed = wire::parse_jwt(token);
  if (!parsed) return done(std::unexpected(parsed.error()));
  std::string key_id = text_claim(parsed->header, "kid");
  bool just_fetched = !_fetching && now - _last_fetch < fetch_pause;
  if (_keys.find(key_id) || (just_fetched && _fetched)) return done(judge(token, false));
  if (just_fetched) return done(judge(token, true));
  fetch([this, token = std::move(token), key_id, done = std::move(done)] { done(judge(token, !_keys.find(key_id))); });
}

result<identity> authenticator::judge(const std::string& token, bool unknown_key) {
  if (unknown_key && !_fetched)
    return fail(error_code::unavailable, "The auth service's keys are not known yet; try again");
  return remember(token, instant::now());
}

result<identity> authenticator::remember(const std::string& token, instant now) {
  auto who = verify_token(token, _keys, now);
  if (!who) return who;
  if (_verified.size() >= tokens_max) _verified.clear();  // rare, and cheap to make good
  auto parsed = wire::parse_jwt(token);
  _verified.emplace(token, remembered{*who, time_claim(parsed->claims, "exp").value_or(0)});
  return who;
}

void authenticator::fetch(std::function<void()> then) {
  _waiting.push_back(std::move(then));
  if (_fetching) return;
  _fetching = true;
  _client.send({.url = _jwks_url}, [this](result<runtime::http_response> got) {
    _fetching = false;
    _last_fetch = instant::now();
    if (got && got->status == 200)
      if (auto body = wire::parse_json(got->body); body && body->is_object())
        if (_keys.replace(body->get_object())) {
          _fetched = true;
          _verified.clear();  // a key of theirs may have gone
        }
    for (auto& step : std::exchange(_waiting, {})) step();
  });
}

}  // namespace mes::service
