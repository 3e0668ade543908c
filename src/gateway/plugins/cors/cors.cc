// Cross-origin requests of browsers (K:kong/plugins/cors/handler.lua).
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "gateway/plugins/cors/seen_origins.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/perl_pattern.h"

namespace mes::gateway {
namespace {

using enum field_type;

constexpr std::uint32_t skip_response_headers = 1U << 0;

// Anchored at both ends, whether or not the user did so.
result<perl_pattern> pattern_of_origin(std::string_view entry) {
  if (entry.starts_with('^')) entry.remove_prefix(1);
  if (entry.ends_with('$')) entry.remove_suffix(1);
  return perl_pattern::compile(entry, perl_pattern::where::whole);
}

std::string check_origin(std::string_view text) {
  if (text == "*") return "";
  const auto made = pattern_of_origin(text);
  return made ? "" : fmt::format("'{}' is not a valid regex: {}", text, made.error().message);
}

const schema& config_fields() {
  static const schema fields = {
      {.name = "origins", .type = strings, .check = check_origin},
      {.name = "headers", .type = strings},
      {.name = "exposed_headers", .type = strings},
      {.name = "methods",
       .type = strings,
       .fallback = R"(["GET","HEAD","PUT","PATCH","POST","DELETE","OPTIONS","TRACE","CONNECT"])",
       .one_of = {"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT"}},
      {.name = "max_age", .type = number},
      {.name = "credentials", .type = boolean, .fallback = "false"},
      {.name = "preflight_continue", .type = boolean, .fallback = "false"},
  };
  return fields;
}

bool is_literal(std::string_view origin) {
  return std::ranges::all_of(origin, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == ':' ||
           c == '/' || c == '-';
  });
}

struct origin {
  std::string_view domain;  // scheme://host[:port], without a default port
  std::string_view host;
};

// Parts of `text`.
origin normalize(std::string_view text) {
  auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return {text, text};
  std::string_view scheme = text.substr(0, scheme_end);
  const std::size_t host_begin = scheme_end + 3;
  std::string_view rest = text.substr(host_begin);
  rest = rest.substr(0, rest.find('/'));
  auto colon = rest.rfind(':');
  std::string_view host = rest, port;
  if (colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos) {
    host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
  }
  if (host.empty()) return {text, text};
  bool is_default = (scheme == "http" && port == "80") || (scheme == "https" && port == "443");
  std::size_t behind_host = port.empty() || is_default ? host.size() : rest.size();
  return {text.substr(0, host_begin + behind_host), host};
}

struct accepted_origin {
  std::optional<perl_pattern> expression;  // or:
  std::string domain;
  bool by_host = false;
};

accepted_origin accept(std::string_view entry) {
  accepted_origin out{.by_host = entry.find(':') == std::string_view::npos};
  if (is_literal(entry)) {
    out.domain = normalize(entry).domain;
    return out;
  }
  out.expression = *pattern_of_origin(entry);  // checked when it was read
  return out;
}

class cors final : public plugin {
 public:
  explicit cors(const record& config)
      : _origins(config.strings("origins")),
        _allow_all(_origins.empty() || (_origins.size() == 1 && _origins[0] == "*")),
        _one_literal(_origins.size() == 1 && is_literal(_origins[0])),
        _headers(fmt::format("{}", fmt::join(config.strings("headers"), ","))),
        _exposed(fmt::format("{}", fmt::join(config.strings("exposed_headers"), ","))),
        _methods(fmt::format("{}", fmt::join(config.strings("methods"), ","))),
        _max_age(config.is_null("max_age") ? "" : fmt::format("{}", config.number("max_age"))),
        _credentials(config.flag("credentials")),
        _preflight_continue(config.flag("preflight_continue")) {
    if (!_allow_all && !_one_literal)
      for (const std::string& entry : _origins) _accepted.push_back(accept(entry));
  }

  verdict access(plugin_context& c) const override {
    const header_table& headers = c.request->headers;
    if (c.request->method != "OPTIONS" || !headers.find(field_id::origin) ||
        !headers.find("Access-Control-Request-Method"))
      return verdict::next;
    c.flags |= skip_response_headers;
    if (_preflight_continue) return verdict::next;
    allow_origin(c, false);
    if (!_headers.empty()) {
      c.response_headers.set("Access-Control-Allow-Headers", _headers);
    } else if (const header_view* asked = headers.find("Access-Control-Request-Headers")) {
      c.response_headers.set("Access-Control-Allow-Headers", asked->value);
    } else {
      c.response_headers.clear("Access-Control-Allow-Headers");
    }
    c.response_headers.set("Access-Control-Allow-Methods", _methods);
    if (!_max_age.empty()) c.response_headers.set("Access-Control-Max-Age", _max_age);
    c.answer = local_response{.status = 200, .body = {}, .content_type = {}};
    return verdict::respond;
  }

  void header_filter(plugin_context& c) const override {
    if (c.flags & skip_response_headers) return;
    allow_origin(c, true);
    if (!_exposed.empty()) c.response_headers.set("Access-Control-Expose-Headers", _exposed);
  }

 private:
  static void vary(plugin_context& c, bool add) {
    if (add)
      c.response_headers.add("vary", "Origin");
    else
      c.response_headers.set("vary", "Origin");
  }

  void allow_origin(plugin_context& c, bool add_vary) const {
    std::string_view sent = c.request->headers.get(field_id::origin);
    if (_allow_all) {
      if (_credentials && !sent.empty()) {  // "*" and credentials exclude each other
        vary(c, add_vary);
        c.response_headers.set("Access-Control-Allow-Origin", sent);
        c.response_headers.set("Access-Control-Allow-Credentials", "true");
      } else {
        c.response_headers.set("Access-Control-Allow-Origin", "*");
      }
      return;
    }
    vary(c, add_vary);
    if (_one_literal)
      c.response_headers.set("Access-Control-Allow-Origin", _origins[0]);
    else
      allow_one_of_many(c, sent);
    if (_credentials) c.response_headers.set("Access-Control-Allow-Credentials", "true");
  }

  void allow_one_of_many(plugin_context& c, std::string_view sent) const {
    std::string_view domain = accepted_domain(sent);
    if (domain.empty())
      c.response_headers.clear("Access-Control-Allow-Origin");
    else
      c.response_headers.set("Access-Control-Allow-Origin", domain);
  }

  // "": none of the origins.
  std::string_view accepted_domain(std::string_view sent) const {
    if (sent.empty()) return {};
    if (const seen_origins::origin* seen = _seen.find(sent)) return seen->domain;
    origin from = normalize(sent);
    for (const accepted_origin& a : _accepted) {
      bool found = a.expression ? a.expression->matches(a.by_host ? from.host : from.domain) : from.domain == a.domain;
      if (!found) continue;
      _seen.keep(sent, from.domain);
      return from.domain;
    }
    return {};
  }

  std::vector<std::string> _origins;
  bool _allow_all, _one_literal;
  std::string _headers, _exposed, _methods, _max_age;
  bool _credentials, _preflight_continue;
  std::vector<accepted_origin> _accepted;
  mutable seen_origins _seen;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts&) {
  return std::make_unique<cors>(entry.config);
}

}  // namespace

plugin_kind cors_kind() {
  return {.name = "cors",
          .priority = 2000,
          .config_fields = config_fields,
          .per_consumer = false,
          .protocols = http_protocols,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
