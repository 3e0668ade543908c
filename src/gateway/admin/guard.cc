#include "gateway/admin/guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <optional>

#include "gateway/admin/admin.h"
#include "gateway/jwt/token.h"
#include "runtime/own_names.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

// As the services' tokens are (service/security.h).
constexpr std::string_view issuer = "mes-auth", audience = "mes", wanted_role = "admin";
constexpr std::int64_t leeway_s = 60;

std::string_view text_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  if (!value || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

std::optional<std::int64_t> time_in(const json::object& claims, std::string_view name) {
  const json::value* value = claims.if_contains({name.data(), name.size()});
  if (!value || !value->is_number()) return std::nullopt;
  return static_cast<std::int64_t>(value->to_number<double>());
}

// A text, or a list that it is in.
bool holds(const json::value* value, std::string_view text) {
  if (!value) return false;
  if (const json::array* list = value->if_array())
    return std::ranges::any_of(*list, [&](const json::value& one) { return holds(&one, text); });
  return value->is_string() && std::string_view(value->get_string().data(), value->get_string().size()) == text;
}

guard_refusal unauthorized(std::string_view why, bool unknown_key = false) {
  return {.answer = plain(401, why), .unknown_key = unknown_key};
}

std::optional<guard_refusal> judge_token(std::string_view field, const jwt_keys& keys, instant now) {
  static constexpr std::string_view scheme = "Bearer ";
  if (field.size() <= scheme.size() || !runtime::equal_ignoring_case(field.substr(0, scheme.size()), scheme))
    return unauthorized("Unauthorized: a token of the platform with the role admin is needed");
  auto token = decode_jwt(field.substr(scheme.size()));
  if (!token) return unauthorized(fmt::format("Bad token; {}", token.error()));
  auto key = keys.find_announced(text_in(token->header, "kid"));
  if (!key) return unauthorized("No credentials found for given 'kid'", true);
  if (key->verifier.algorithm() != token->algorithm) return unauthorized("Invalid algorithm");
  if (!key->verifier.verify(token->signed_part, token->signature)) return unauthorized("Invalid signature");
  if (text_in(token->claims, "iss") != issuer) return unauthorized("Invalid 'iss' in claims");
  if (!holds(token->claims.if_contains("aud"), audience)) return unauthorized("Invalid 'aud' in claims");
  auto expires = time_in(token->claims, "exp"), not_before = time_in(token->claims, "nbf");
  std::int64_t now_s = now.ms() / 1000;
  if (!expires || *expires <= now_s - leeway_s) return unauthorized("token expired");
  if (not_before && *not_before > now_s + leeway_s) return unauthorized("token not valid yet");
  if (!holds(token->claims.if_contains("roles"), wanted_role))
    return guard_refusal{.answer = plain(403, "the role admin is needed")};
  return std::nullopt;
}

// What a browser sends for a page that is not served from here.
bool is_foreign_page(const runtime::http_request& request) {
  std::string_view origin = request.headers.get("Origin"), site = request.headers.get("Sec-Fetch-Site");
  std::string_view host = request.headers.get("Host");
  if (!site.empty() && site != "same-origin" && site != "none") return true;
  return !origin.empty() && origin != fmt::format("http://{}", host) && origin != fmt::format("https://{}", host);
}

}  // namespace

std::optional<guard_refusal> judge_request(const runtime::http_request& request, const admin_exposure& exposure,
                                           const jwt_keys& keys, instant now) {
  if (exposure.loopback && !runtime::is_own_name(request.headers.get("Host"), exposure.hosts))
    return guard_refusal{.answer = plain(403,
                                         "the admin API is asked as localhost, by an address of loopback, or by a name "
                                         "in the setting admin_hosts")};
  if (is_foreign_page(request))
    return guard_refusal{.answer = plain(403, "the admin API answers no pages of other sites")};
  bool open = request.path == "/metrics" || request.path.starts_with("/health/");
  if (exposure.loopback || (open && (request.method == "GET" || request.method == "HEAD"))) return std::nullopt;
  return judge_token(request.headers.get("Authorization"), keys, now);
}

void admin_guard::admit(runtime::http_request request, runtime::http_responder responder, answerer answer, bool again) {
  auto refused = judge_request(request, _exposure, _keys, instant::now());
  if (!refused) return answer(std::move(request), std::move(responder));
  if (refused->unknown_key && again) {
    struct waiting {
      runtime::http_request request;
      runtime::http_responder responder;
      answerer answer;
    };
    auto held = std::make_shared<waiting>(std::move(request), std::move(responder), std::move(answer));
    auto retry = [self = shared_from_this(), held] {
      self->_loop.post([self, held] {
        self->admit(std::move(held->request), std::move(held->responder), std::move(held->answer), false);
      });
    };
    if (!_keys.refresh(retry)) retry();
    return;
  }
  responder.send(reply(refused->answer));
}

}  // namespace mes::gateway
