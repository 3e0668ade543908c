#include "gateway/jwt/keys.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "wire/jose/jwt.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string().c_str()) : std::string();
}

result<jwt_credential> parse_jwk(const json::object& jwk) {
  std::string kid = text_of(jwk, "kid");
  if (kid.empty()) return fail(error_code::invalid_argument, "a key without kid");
  std::string consumer = text_of(jwk, "consumer");
  if (consumer.empty()) return fail(error_code::invalid_argument, fmt::format("key {} names no consumer", kid));
  std::string algorithm = text_of(jwk, "alg");
  if (!algorithm.empty() && algorithm != "RS256")
    return fail(error_code::invalid_argument,
                fmt::format("key {} is for {}, only RS256 is taken from a key set", kid, algorithm));
  auto rsa = wire::rsa_key::from_jwk(jwk);
  if (!rsa) return fail(error_code::invalid_argument, fmt::format("key {}: {}", kid, rsa.error().message));
  auto verifier = jwt_key::from_pem("RS256", rsa->public_pem());
  if (!verifier) return fail(error_code::invalid_argument, fmt::format("key {}: {}", kid, verifier.error().message));
  return jwt_credential{.id = kid,
                        .key = kid,
                        .verifier = std::move(*verifier),
                        .consumer = std::move(consumer),
                        .audience = text_of(jwk, "aud")};
}

}  // namespace

result<std::vector<jwt_credential>> parse_jwks(std::string_view text, std::vector<std::string>& problems) {
  boost::system::error_code failure;
  json::value document = json::parse(json::string_view(text.data(), text.size()), failure);
  const json::value* keys = !failure && document.is_object() ? document.get_object().if_contains("keys") : nullptr;
  if (!keys || !keys->is_array()) return fail(error_code::invalid_argument, "this is no JSON Web Key Set");
  std::vector<jwt_credential> out;
  for (const json::value& key : keys->get_array()) {
    if (!key.is_object()) {
      problems.emplace_back("a key that is no object");
      continue;
    }
    if (auto credential = parse_jwk(key.get_object()))
      out.push_back(std::move(*credential));
    else
      problems.push_back(credential.error().message);
  }
  return out;
}

void jwt_keys::set_configured(const configuration& all) {
  table fresh;
  for (const jwt_secret& s : all.jwt_secrets) {
    auto key = s.algorithm.starts_with("HS") ? jwt_key::from_secret(s.algorithm, s.secret)
                                             : jwt_key::from_pem(s.algorithm, s.rsa_public_key);
    if (!key) continue;  // the loader has refused it with its place
    fresh[s.key] = std::make_shared<const jwt_credential>(
        jwt_credential{.id = s.id, .key = s.key, .verifier = std::move(*key), .consumer = s.owner->id, .audience = {}});
  }
  std::lock_guard lock(_lock);
  _configured = std::move(fresh);
  _generation.fetch_add(1, std::memory_order_release);
}

void jwt_keys::set_announced(std::vector<jwt_credential> credentials) {
  table fresh;
  for (jwt_credential& c : credentials) {
    std::string key = c.key;
    fresh[std::move(key)] = std::make_shared<const jwt_credential>(std::move(c));
  }
  std::lock_guard lock(_lock);
  _announced = std::move(fresh);
  _generation.fetch_add(1, std::memory_order_release);
}

jwt_keys::credential_ptr jwt_keys::find(std::string_view key) const {
  std::lock_guard lock(_lock);
  if (auto found = _configured.find(key); found != _configured.end()) return found->second;
  auto found = _announced.find(key);
  return found == _announced.end() ? nullptr : found->second;
}

jwt_keys::credential_ptr jwt_keys::find_announced(std::string_view key) const {
  std::lock_guard lock(_lock);
  auto found = _announced.find(key);
  return found == _announced.end() ? nullptr : found->second;
}

std::size_t jwt_keys::announced_count() const {
  std::lock_guard lock(_lock);
  return _announced.size();
}

void jwt_keys::set_refresher(refresher r) {
  std::lock_guard lock(_lock);
  _refresher = std::move(r);
}

bool jwt_keys::awaits_keys() const {
  std::lock_guard lock(_lock);
  return _refresher && _announced.empty();
}

bool jwt_keys::refresh(std::function<void()> done) const {
  refresher r;
  {
    std::lock_guard lock(_lock);
    r = _refresher;
  }
  return r && r(std::move(done));
}

std::shared_ptr<const jwt_keys::verified> jwt_keys::find_verified(std::string_view token) const {
  shard& s = shard_of(token);
  std::lock_guard lock(s.lock);
  auto found = s.by_token.find(token);
  if (found == s.by_token.end()) return nullptr;
  s.order.splice(s.order.begin(), s.order, found->second);
  return found->second->second;
}

void jwt_keys::keep_verified(std::string_view token, std::shared_ptr<const verified> v) {
  shard& s = shard_of(token);
  std::lock_guard lock(s.lock);
  if (auto found = s.by_token.find(token); found != s.by_token.end()) {
    found->second->second = std::move(v);
    return;
  }
  s.order.emplace_front(std::string(token), std::move(v));
  s.by_token.emplace(s.order.front().first, s.order.begin());
  if (s.order.size() > tokens_per_shard) {
    s.by_token.erase(s.order.back().first);
    s.order.pop_back();
  }
}

}  // namespace mes::gateway
