// Requests signed with a shared secret (K:kong/plugins/hmac-auth/access.lua).
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "base/base64.h"
#include "gateway/plugins/authentication.h"
#include "gateway/plugins/http_time.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/request_views.h"

namespace mes::gateway {
namespace {

using enum field_type;

constexpr std::string_view every_algorithm = R"(["hmac-sha1","hmac-sha256","hmac-sha384","hmac-sha512"])";

const schema& config_fields() {
  static const schema fields = {
      {.name = "hide_credentials", .type = boolean, .fallback = "false"},
      {.name = "clock_skew", .type = number, .fallback = "300", .min = above_zero},
      {.name = "anonymous"},
      {.name = "validate_request_body", .type = boolean, .fallback = "false"},
      {.name = "enforce_headers", .type = strings, .fallback = "[]"},
      {.name = "algorithms",
       .type = strings,
       .fallback = every_algorithm,
       .one_of = {"hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"}},
  };
  return fields;
}

constexpr auth_refusal unauthorized{.message = "Unauthorized"};
constexpr auth_refusal no_date{.message =
                                   "HMAC signature cannot be verified, a valid date or x-date header is required "
                                   "for HMAC Authentication"};
constexpr auth_refusal not_valid{.message = "HMAC signature cannot be verified"};
constexpr auth_refusal not_same{.message = "HMAC signature does not match"};

struct signature {
  std::string username, algorithm, headers, value;
};

std::optional<signature> signature_in(std::string_view field) {
  static const RE2 form(
      R"re(\s*[Hh]mac\s*username="(.+)",\s*algorithm="(.+)",\s*headers="(.+)",\s*signature="(.+)")re");
  signature out;
  if (!RE2::PartialMatch(re2::StringPiece(field.data(), field.size()), form, &out.username, &out.algorithm,
                         &out.headers, &out.value))
    return std::nullopt;
  return out;
}

std::string hmac_of(const std::string& algorithm, const std::string& secret, const std::string& text) {
  const EVP_MD* digest = algorithm == "hmac-sha1"     ? EVP_sha1()
                         : algorithm == "hmac-sha256" ? EVP_sha256()
                         : algorithm == "hmac-sha384" ? EVP_sha384()
                                                      : EVP_sha512();
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  HMAC(digest, secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), out.data(), &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::vector<std::string_view> words_of(std::string_view list) {
  std::vector<std::string_view> words;
  while (!list.empty()) {
    std::size_t end = list.find(' ');
    words.push_back(list.substr(0, end));
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return words;
}

struct known_signers : credential_table {
  explicit known_signers(const configuration& all) {
    for (const hmacauth_credential& u : all.hmacauth_credentials)
      add({.id = u.id, .name = u.username, .secret = u.secret, .owner = u.owner});
  }
};

class hmac_auth final : public plugin {
 public:
  hmac_auth(const record& config, const configuration& all, const plugin_parts& parts)
      : _frame(config, all),
        _users(parts.tables->get<known_signers>()),
        _hide(config.flag("hide_credentials")),
        _with_body(config.flag("validate_request_body")),
        _skew_s(config.number("clock_skew")),
        _enforced(config.strings("enforce_headers")),
        _algorithms(config.strings("algorithms")),
        _clock(parts.clock) {}

  verdict access(plugin_context& c) const override {
    if (_frame.done_already(c)) return verdict::next;
    const header_table& headers = c.request->headers;
    const header_view* direct = headers.find(field_id::authorization);
    const header_view* proxied = headers.find("proxy-authorization");
    if (!direct && !proxied) return _frame.refuse(c, unauthorized);
    if (!is_fresh(headers.get("x-date")) && !is_fresh(headers.get("date"))) return _frame.refuse(c, no_date);
    auto given = proxied ? signature_in(proxied->value) : std::nullopt;
    if (given) {
      if (_hide) c.upstream_headers.clear("proxy-authorization");
    } else {
      given = direct ? signature_in(direct->value) : std::nullopt;
      if (_hide) c.upstream_headers.clear("authorization");
    }
    if (!given || !is_acceptable(*given)) return _frame.refuse(c, not_valid);
    const credential* known = _users.find(given->username);
    if (!known) return _frame.refuse(c, not_valid);
    auto claimed = base64_decode(given->value);
    std::string wanted = hmac_of(given->algorithm, known->secret, signed_text(c, given->headers));
    if (!claimed || !equal_in_constant_time(wanted, *claimed)) return _frame.refuse(c, not_same);
    if (_with_body) {
      if (!c.request_body) return verdict::want_body;
      if (!body_fits(c)) return _frame.refuse(c, not_same);
    }
    authenticate(c, known->owner, known->id, known->name);
    return verdict::next;
  }

 private:
  bool is_fresh(std::string_view date) const {
    auto then_s = parse_http_time(date);
    return then_s && std::abs(static_cast<double>(_clock.now_ms() / 1000 - *then_s)) <= _skew_s;
  }

  bool is_acceptable(const signature& s) const {
    auto used = words_of(s.headers);
    return std::ranges::find(_algorithms, s.algorithm) != _algorithms.end() &&
           std::ranges::all_of(_enforced,
                               [&](const std::string& h) { return std::ranges::find(used, h) != used.end(); });
  }

  static std::string signed_text(const plugin_context& c, std::string_view names) {
    std::string text;
    for (std::string_view name : words_of(names)) {
      if (!text.empty()) text += '\n';
      if (const header_view* h = c.request->headers.find(name)) {
        text += fmt::format("{}: {}", name, h->value);
      } else if (name == "@request-target") {
        std::string method(c.request->method);
        std::ranges::transform(method, method.begin(),
                               [](char m) { return m >= 'A' && m <= 'Z' ? static_cast<char>(m + 32) : m; });
        text += fmt::format("{}: {} {}", name, method, c.request->target);
      } else if (name == "request-line") {
        text += fmt::format("{} {} HTTP/{}", c.request->method, c.request->target, http_version_of(*c.request));
      } else {
        text += fmt::format("{}:", name);
      }
    }
    return text;
  }

  static bool body_fits(const plugin_context& c) {
    const header_view* digest = c.request->headers.find("digest");
    if (!digest) return c.request_body->empty();
    return digest->value == "SHA-256=" + base64_encode(sha256_of(*c.request_body));
  }

  static std::string sha256_of(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr);
    return {reinterpret_cast<const char*>(out.data()), size};
  }

  auth_frame _frame;
  const known_signers& _users;
  bool _hide, _with_body;
  double _skew_s;
  std::vector<std::string> _enforced, _algorithms;
  const wall_clock& _clock;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration& all, const plugin_parts& parts) {
  return std::make_unique<hmac_auth>(entry.config, all, parts);
}

}  // namespace

plugin_kind hmac_auth_kind() {
  return {.name = "hmac-auth",
          .priority = 1030,
          .config_fields = config_fields,
          .per_consumer = false,
          .protocols = http_protocols,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
