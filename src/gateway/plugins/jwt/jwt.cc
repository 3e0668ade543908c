// JSON Web Tokens (K:kong/plugins/jwt/handler.lua).
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/base64.h"
#include "gateway/http/cookie.h"
#include "gateway/jwt/keys.h"
#include "gateway/plugins/authentication.h"
#include "gateway/plugins/kinds.h"
#include "runtime/http.h"

namespace mes::gateway {
namespace {

using enum field_type;
namespace json = boost::json;

const schema& config_fields() {
  static const schema fields = {
      {.name = "uri_param_names", .type = strings, .fallback = R"(["jwt"])", .set = true},
      {.name = "cookie_names", .type = strings, .fallback = "[]", .set = true},
      {.name = "key_claim_name", .fallback = "\"iss\""},
      {.name = "secret_is_base64", .type = boolean, .fallback = "false"},
      {.name = "claims_to_verify", .type = strings, .one_of = {"exp", "nbf"}, .set = true},
      {.name = "anonymous"},
      {.name = "run_on_preflight", .type = boolean, .fallback = "true"},
      {.name = "maximum_expiration", .type = number, .fallback = "0", .min = 0, .max = 31536000},
      {.name = "header_names", .type = strings, .fallback = R"(["authorization"])", .set = true},
  };
  return fields;
}

void check(const record& config, const std::string& what, reporter& report) {
  auto claims = config.strings("claims_to_verify");
  if (config.number("maximum_expiration") > 0 && std::ranges::find(claims, "exp") == claims.end())
    report.error(config.mark_of("maximum_expiration"),
                 fmt::format("{}: maximum_expiration needs 'exp' among claims_to_verify", what));
}

// "\s*[Bb]earer\s+(.+)" of Kong, with the first match anywhere in the field.
std::string_view bearer_of(std::string_view value) {
  for (std::size_t at = 0; at + 7 < value.size(); ++at) {
    std::string_view rest = value.substr(at);
    if ((rest[0] != 'B' && rest[0] != 'b') || !rest.substr(1).starts_with("earer") ||
        (rest[6] != ' ' && rest[6] != '\t'))
      continue;
    std::size_t token = rest.find_first_not_of(" \t", 6);
    return token == std::string_view::npos ? std::string_view{} : rest.substr(token);
  }
  return {};
}

// A refusal: 401 with {"message": …}, or with the claims that failed.
struct refusal {
  std::string message;
  std::string claims_json;
  bool unknown_key = false;
};

struct consumers_by_name {  // and by id
  explicit consumers_by_name(const configuration& all) {
    for (const consumer& c : all.consumers)
      for (const std::string& name : {c.username, c.id}) of.emplace(name, &c);
  }
  std::unordered_map<std::string, const consumer*> of;
};

struct decoded_secrets {  // for secret_is_base64; nothing: it is none
  explicit decoded_secrets(const configuration& all) {
    for (const jwt_secret& s : all.jwt_secrets) {
      auto secret = s.algorithm.starts_with("HS") ? base64_decode_any(s.secret) : std::nullopt;
      auto key =
          secret ? jwt_key::from_secret(s.algorithm, std::move(*secret)) : fail(error_code::invalid_argument, "");
      of.emplace(s.key, key ? std::optional(std::move(*key)) : std::nullopt);
    }
  }
  std::unordered_map<std::string, std::optional<jwt_key>> of;
};

class jwt final : public plugin {
 public:
  jwt(const record& config, const configuration& all, const plugin_parts& parts)
      : _frame(config, all),
        _consumers(parts.tables->get<consumers_by_name>().of),
        _parameters(config.strings("uri_param_names")),
        _cookies(config.strings("cookie_names")),
        _header_texts(config.strings("header_names")),
        _headers(_header_texts.begin(), _header_texts.end()),
        _key_claim(config.text("key_claim_name")),
        _cache_tag(_key_claim),
        _claims(config.strings("claims_to_verify")),
        _run_on_preflight(config.flag("run_on_preflight")),
        _maximum_expiration_s(config.number("maximum_expiration")),
        _keys(parts.keys),
        _clock(parts.clock) {
    if (!config.flag("secret_is_base64")) return;
    _cache_tag = _key_claim + "|base64";
    _decoded = &parts.tables->get<decoded_secrets>().of;
  }

  verdict access(plugin_context& c) const override {
    if (!_run_on_preflight && c.request->method == "OPTIONS") return verdict::next;
    if (_frame.done_already(c)) return verdict::next;
    auto refused = authenticate(c);
    if (!refused) return verdict::next;
    if (refused->unknown_key && !c.waited && c.suspend) {
      // The key may be newer than what we know: one look, then the answer stands.
      c.waited = true;
      if (_keys.refresh(c.suspend())) return verdict::wait;
    }
    if (_frame.allows_anonymous()) return _frame.refuse(c, {});
    if (refused->unknown_key && _keys.awaits_keys()) {
      c.exit_message(503, "The token keys are not known yet");
      return verdict::respond;
    }
    if (refused->claims_json.empty())
      c.exit_message(401, refused->message);
    else
      c.exit_json(401, std::move(refused->claims_json));
    return verdict::respond;
  }

 private:
  using verified = jwt_keys::verified;

  // All different tokens that the request carries, at most two of them.
  std::vector<std::string> tokens_of(const plugin_context& c) const {
    std::vector<std::string> tokens;
    auto take = [&](std::string_view token) {
      if (!token.empty() && std::ranges::find(tokens, token) == tokens.end()) tokens.emplace_back(token);
    };
    if (!c.query.empty())
      for (const auto& [name, value] : runtime::parse_query(c.query))
        if (std::ranges::find(_parameters, name) != _parameters.end()) take(value);
    for (const std::string& name : _cookies) take(cookie_of(c.request->headers, name));
    for (const field_name& name : _headers) take(bearer_of(c.request->headers.get(name)));
    return tokens;
  }

  std::optional<refusal> authenticate(plugin_context& c) const {
    // The one case that matters for speed: a token that was seen before, in the Authorization field alone.
    if (c.query.empty() && _cookies.empty() && _headers.size() == 1) {
      std::string_view token = bearer_of(c.request->headers.get(_headers[0]));
      if (token.empty()) return refusal{.message = "Unauthorized"};
      return authenticate(c, token);
    }
    std::vector<std::string> tokens = tokens_of(c);
    if (tokens.empty()) return refusal{.message = "Unauthorized"};
    if (tokens.size() > 1) return refusal{.message = "Multiple tokens provided"};
    return authenticate(c, tokens[0]);
  }

  std::optional<refusal> authenticate(plugin_context& c, std::string_view token) const {
    auto known = _keys.find_verified(token);
    if (!known || known->generation != _keys.generation() || known->key_claim_name != _cache_tag) {
      auto fresh = verify(token);
      if (!fresh) return std::move(fresh.error());
      known = std::move(*fresh);
      _keys.keep_verified(token, known);
    }
    if (auto refused = check_claims(*known)) return refused;
    auto who = _consumers.find(known->credential->consumer);
    if (who == _consumers.end())
      return refusal{.message = fmt::format("Could not find consumer for '{}={}'", _key_claim, known->credential->key)};
    gateway::authenticate(c, who->second, known->credential->id, known->credential->key);
    return std::nullopt;
  }

  std::expected<std::shared_ptr<const verified>, refusal> verify(std::string_view token) const {
    auto refuse = [](std::string message) { return std::unexpected(refusal{.message = std::move(message)}); };
    std::uint64_t generation = _keys.generation();
    auto decoded = decode_jwt(token);
    if (!decoded) return refuse(fmt::format("Bad token; {}", decoded.error()));
    const json::value* key = decoded->claims.if_contains(_key_claim);
    if (!key) key = decoded->header.if_contains(_key_claim);
    if (!key) return refuse(fmt::format("No mandatory '{}' in claims", _key_claim));
    if (!key->is_string() || key->get_string().empty())
      return refuse(fmt::format("Invalid '{}' in claims", _key_claim));
    auto credential = _keys.find(std::string_view(key->get_string()));
    if (!credential)
      return std::unexpected(
          refusal{.message = fmt::format("No credentials found for given '{}'", _key_claim), .unknown_key = true});
    if (decoded->algorithm != credential->verifier.algorithm()) return refuse("Invalid algorithm");
    const jwt_key* verifier = &credential->verifier;
    if (_decoded)
      if (auto own = _decoded->find(credential->key); own != _decoded->end()) {
        if (!own->second) return refuse("Invalid key/secret");
        verifier = &*own->second;
      }
    if (!verifier->verify(decoded->signed_part, decoded->signature)) return refuse("Invalid signature");
    return std::make_shared<const verified>(verified{.credential = std::move(credential),
                                                     .generation = generation,
                                                     .key_claim_name = _cache_tag,
                                                     .claims = std::move(decoded->claims)});
  }

  static bool is_number(const json::value* v) { return v && v->is_number(); }

  std::optional<refusal> check_claims(const verified& token) const {
    const std::int64_t whole_s = _clock.now_ms() / 1000;
    const auto now_s = static_cast<double>(whole_s);
    std::string wrong;
    auto add = [&](std::string_view claim, std::string_view what) {
      wrong += fmt::format("{}\"{}\":\"{}\"", wrong.empty() ? "{" : ",", claim, what);
    };
    for (const std::string& claim : _claims) {
      const json::value* value = token.claims.if_contains(claim);
      if (!is_number(value))
        add(claim, "must be a number");
      else if (claim == "exp" && value->to_number<double>() <= now_s)
        add(claim, "token expired");
      else if (claim == "nbf" && value->to_number<double>() > now_s)
        add(claim, "token not valid yet");
    }
    if (!wrong.empty()) return refusal{.claims_json = wrong + '}'};
    if (_maximum_expiration_s > 0) {
      const json::value* expiry = token.claims.if_contains("exp");
      if (!is_number(expiry) || expiry->to_number<double>() - now_s > _maximum_expiration_s)
        return refusal{.claims_json = R"({"exp":"exceeds maximum allowed expiration"})"};
    }
    if (!audience_fits(token)) return refusal{.claims_json = R"({"aud":"invalid audience"})"};
    return std::nullopt;
  }

  // RFC 7519, section 4.1.3: a string, or an array that holds it.
  static bool audience_fits(const verified& token) {
    const std::string& wanted = token.credential->audience;
    if (wanted.empty()) return true;
    const json::value* aud = token.claims.if_contains("aud");
    if (!aud) return false;
    if (aud->is_string()) return std::string_view(aud->get_string()) == wanted;
    return aud->is_array() && std::ranges::any_of(aud->get_array(), [&](const json::value& v) {
             return v.is_string() && std::string_view(v.get_string()) == wanted;
           });
  }

  auth_frame _frame;
  const std::unordered_map<std::string, const consumer*>& _consumers;
  std::vector<std::string> _parameters, _cookies, _header_texts;
  std::vector<field_name> _headers;
  std::string _key_claim, _cache_tag;
  std::vector<std::string> _claims;
  bool _run_on_preflight;
  double _maximum_expiration_s;
  const std::unordered_map<std::string, std::optional<jwt_key>>* _decoded = nullptr;  // with secret_is_base64
  jwt_keys& _keys;
  const wall_clock& _clock;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration& all, const plugin_parts& parts) {
  return std::make_unique<jwt>(entry.config, all, parts);
}

}  // namespace

plugin_kind jwt_kind() {
  return {.name = "jwt",
          .priority = 1450,
          .config_fields = config_fields,
          .per_consumer = false,
          .protocols = http_protocols,
          .check = check,
          .make = make};
}

}  // namespace mes::gateway
