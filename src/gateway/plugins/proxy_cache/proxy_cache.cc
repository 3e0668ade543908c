// Answers from memory (K:kong/plugins/proxy-cache/handler.lua).
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/lower_case.h"
#include "base/sha256.h"
#include "gateway/http/nominated_fields.h"
#include "gateway/plugins/form_arguments.h"
#include "gateway/plugins/http_time.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/media_type.h"
#include "gateway/plugins/proxy_cache/response_cache.h"
#include "gateway/plugins/request_views.h"

namespace mes::gateway {
namespace {

using enum field_type;

const schema memory_fields = {{.name = "dictionary_name", .fallback = "\"kong_db_cache\""}};

const schema& config_fields() {
  static const schema fields = {
      {.name = "response_code", .type = integers, .fallback = "[200,301,404]", .min = 100, .max = 900, .length_min = 1},
      {.name = "request_method",
       .type = strings,
       .fallback = R"(["GET","HEAD"])",
       .one_of = {"HEAD", "GET", "POST", "PATCH", "PUT"}},
      {.name = "content_type", .type = strings, .fallback = R"(["text/plain","application/json"])"},
      {.name = "cache_ttl", .type = integer, .fallback = "300", .min = 1},
      {.name = "strategy", .one_of = {"memory"}, .required = true},
      {.name = "cache_control", .type = boolean, .fallback = "false"},
      {.name = "ignore_uri_case", .type = boolean, .fallback = "false"},
      {.name = "storage_ttl", .type = integer},
      {.name = "memory", .type = mapping, .fields = &memory_fields},
      {.name = "vary_query_params", .type = strings},
      {.name = "vary_headers", .type = strings},
  };
  return fields;
}

void check(const record& config, const std::string& what, reporter& report) {
  constexpr std::string_view name = "memory.dictionary_name";
  if (const std::string given = config.text(name); !given.empty() && given != "kong_db_cache")
    report.warning(config.mark_of(name),
                   fmt::format("{}: there is one cache here, whatever memory.dictionary_name says; a Kong has to have "
                               "'{}' in its lua_shared_dict",
                               what, given));
}

// What a time above it counts as (RFC 9111, section 1.2.2).
constexpr std::int64_t seconds_max = std::int64_t{1} << 31;

// RFC 9111's delta-seconds: digits alone.
std::optional<std::int64_t> read_seconds(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t seconds = seconds_max;  // stays, where there are too many digits for a number
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::min(seconds, seconds_max);
}

// The directives of all Cache-Control fields (RFC 9110, section 5.3), with their seconds if they have some.
struct directives {
  std::map<std::string, std::optional<std::int64_t>> values;

  explicit directives(const std::vector<std::string_view>& fields) {
    for (std::string_view field : fields) for_each_token(field, [&](std::string_view token) { add(token); });
  }
  void add(std::string_view token) {
    std::size_t equals = std::min(token.find('='), token.size());
    values[lower_case(token.substr(0, equals))] = read_seconds(token.substr(std::min(equals + 1, token.size())));
  }
  bool has(const char* name) const { return values.contains(name); }
  std::optional<std::int64_t> seconds(const char* name) const {
    auto found = values.find(name);
    return found == values.end() ? std::nullopt : found->second;
  }
};

bool is_hop_by_hop(std::string_view name) {
  static constexpr std::string_view names[] = {
      "via",     "connection",        "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailers",
      "trailer", "transfer-encoding", "upgrade",    "content-length"};
  return std::ranges::any_of(names, [&](std::string_view n) { return equals_ignoring_case(n, name); });
}

struct cache_state {
  std::string key;
  std::shared_ptr<cache_entry> coming;         // on its way into the cache
  std::shared_ptr<const cached_response> hit;  // its headers are sent from here
};

class proxy_cache final : public plugin {
 public:
  proxy_cache(const record& config, const plugin_parts& parts)
      : _methods(config.strings("request_method")),
        _codes(config.integers("response_code")),
        _cache_ttl_s(std::min(config.integer("cache_ttl"), seconds_max)),
        _storage_ttl_s(config.is_null("storage_ttl") ? 0 : std::min(config.integer("storage_ttl"), seconds_max)),
        _by_cache_control(config.flag("cache_control")),
        _ignore_case(config.flag("ignore_uri_case")),
        _vary_query(config.strings("vary_query_params")),
        _vary_headers(config.strings("vary_headers")),
        _cache(parts.cache),
        _clock(parts.clock) {
    for (const std::string& text : config.strings("content_type"))
      if (auto type = media_type::parse(text)) _types.push_back(std::move(*type));
  }

  verdict access(plugin_context& c) const override {
    directives asked(c.upstream_header_values("cache-control"));
    if (!_cache || !is_cacheable(c, asked)) return mark(c, "Bypass");
    auto& state = c.state_of<cache_state>(this);
    std::string key = key_of(c);
    c.response_headers.set("X-Cache-Key", key);
    const std::int64_t now_s = _clock.steady_ms() / 1000;
    auto found = _cache->find(key, now_s);
    state.key = std::move(key);
    if (!found) {
      if (_by_cache_control && asked.has("only-if-cached")) {
        state.key.clear();
        c.answer = local_response{.status = 504};
        return verdict::respond;
      }
      return mark(c, "Miss");
    }
    if (is_stale(*found, asked, now_s)) return mark(c, "Refresh");
    state.key.clear();
    state.hit = std::move(found);
    return answer_from(c, state.hit, now_s);
  }

  void header_filter(plugin_context& c) const override {
    auto* state = c.state_if_any<cache_state>(this);
    if (!state || state->key.empty()) return;
    std::int64_t ttl_s = _cache_ttl_s;
    if (c.replace_status || !is_cacheable_answer(c, ttl_s)) {
      mark(c, "Bypass");
      state->key.clear();
      return;
    }
    if (c.response->body == body_kind::length && c.response->content_length > _cache->body_bytes_max()) return;
    c.watch_body = true;
    state->coming = _cache->begin();
    cached_response& r = state->coming->response;
    r.status = c.response_status;
    r.ttl_s = ttl_s;
    const nominated_fields of_this_hop(c.response->headers);
    for (const header_view& h : c.response->headers)
      if (h.id != field_id::connection && !of_this_hop.has(h.name) && !c.response_headers.replaces(h))
        r.headers.emplace_back(h.name, h.value);
    for (const header_edit& e : c.response_headers)
      if (e.what != header_edit::kind::clear) r.headers.emplace_back(e.name.text, e.value);
  }

  void body_filter(plugin_context& c, std::string_view piece, bool last) const override {
    auto* state = c.state_if_any<cache_state>(this);
    if (!state || !state->coming) return;
    if (!_cache->append(*state->coming, piece)) return state->coming.reset();
    if (!last) return;
    cached_response& r = state->coming->response;
    r.stored_s = _clock.now_ms() / 1000;
    r.since_s = _clock.steady_ms() / 1000;
    r.forget_s = r.since_s + (_storage_ttl_s > 0 ? _storage_ttl_s : r.ttl_s);
    _cache->keep(state->key, std::move(state->coming));
  }

 private:
  static verdict mark(plugin_context& c, std::string_view status) {
    c.response_headers.set("X-Cache-Status", status);
    return verdict::next;
  }

  bool is_cacheable(const plugin_context& c, const directives& asked) const {
    if (std::ranges::find(_methods, c.current_method()) == _methods.end()) return false;
    return !_by_cache_control ||
           !(asked.has("no-store") || asked.has("no-cache") || c.request->headers.find(field_id::authorization));
  }

  bool is_cacheable_answer(const plugin_context& c, std::int64_t& ttl_s) const {
    if (!c.response || std::ranges::find(_codes, c.response_status) == _codes.end()) return false;
    auto type = media_type::parse(c.response_header("content-type").value_or(""));
    auto fits = [&](const media_type& wanted) {
      return (wanted.type == "*" || wanted.type == type->type) &&
             (wanted.subtype == "*" || wanted.subtype == type->subtype) && wanted.parameters == type->parameters;
    };
    if (!type || std::ranges::none_of(_types, fits)) return false;
    if (!_by_cache_control) return true;
    directives said(c.response_header_values("cache-control"));
    if (said.has("private") || said.has("no-store") || said.has("no-cache")) return false;
    ttl_s = ttl_of(c, said);
    return ttl_s > 0;
  }

  // What says a time that is none is no longer fresh (RFC 9111, section 4.2.1).
  std::int64_t ttl_of(const plugin_context& c, const directives& said) const {
    for (const char* name : {"s-maxage", "max-age"})
      if (said.has(name)) return said.seconds(name).value_or(0);
    auto expires_s = parse_http_time(c.response_header("expires").value_or(""));
    return expires_s ? std::min(*expires_s - _clock.now_ms() / 1000, seconds_max) : 0;
  }

  bool is_stale(const cached_response& r, const directives& asked, std::int64_t now_s) const {
    const std::int64_t age_s = now_s - r.since_s;
    if (!_by_cache_control) return age_s > _cache_ttl_s;
    if (auto most = asked.seconds("max-age"); most && age_s > *most) return true;
    if (auto stale = asked.seconds("max-stale"); stale && age_s - r.ttl_s > *stale) return true;
    auto fresh = asked.seconds("min-fresh");
    return fresh && r.ttl_s - age_s < *fresh;
  }

  static verdict answer_from(plugin_context& c, const std::shared_ptr<const cached_response>& hit, std::int64_t now_s) {
    const cached_response& r = *hit;
    header_edits made = c.response_headers;  // what plugins before have said stands
    for (const auto& [name, value] : r.headers) {
      if (c.request->method == "HEAD" && equals_ignoring_case(name, "content-length"))
        c.response_headers.set("Content-Length", value);
      bool spent = lower_case(name).find("ratelimit-remaining") != std::string::npos;
      if (!is_hop_by_hop(name) && !spent && !made.find(name)) c.response_headers.add(name, value);
    }
    c.response_headers.set("Age", fmt::format("{}", now_s - r.since_s));
    mark(c, "Hit");
    c.answer = local_response{.status = r.status, .as_from_service = true, .shared_body = {hit, &r.body}};
    return verdict::respond;
  }

  // K:kong/plugins/proxy-cache/cache_key.lua.
  std::string key_of(const plugin_context& c) const {
    std::string prefix = c.on_route ? c.on_route->id : "default";
    if (c.who && c.on_route) prefix = c.who->id + ':' + prefix;
    // "GET /path HTTP/1.1" without the query: what stands behind "?" goes with it.
    std::size_t question = c.request->target.find('?');
    std::string line = fmt::format("{} {}", c.request->method, c.request->target.substr(0, question));
    if (question == std::string_view::npos) line += fmt::format(" HTTP/{}", http_version_of(*c.request));
    if (_ignore_case) line = lower_case(line);
    return sha256_hex(
        fmt::format("{}|{}|{}|{}|{}", prefix, c.current_method(), line, query_key(c.current_query()), headers_key(c)));
  }

  std::string query_key(std::string_view query) const {
    std::map<std::string, std::vector<std::string>> values;
    std::map<std::string, bool> bare;
    for (const auto& a : form_arguments::parse(query)) {
      values[a.name].push_back(a.value.value_or("true"));
      bare[a.name] = !a.value;
    }
    std::vector<std::string> names = _vary_query;
    if (names.empty())
      for (const auto& [name, list] : values) names.push_back(name);
    std::string out;
    for (const std::string& name : names) {
      auto found = values.find(name);
      if (found == values.end()) continue;
      std::ranges::sort(found->second);
      if (!out.empty()) out += ':';
      out += found->second.size() == 1 && bare[name] ? name : fmt::format("{}={}", name, fmt::join(found->second, ","));
    }
    return out;
  }

  std::string headers_key(const plugin_context& c) const {
    std::string out;
    for (const std::string& name : _vary_headers) {
      std::vector<std::string_view> values = c.upstream_header_values(name);
      if (values.empty()) continue;
      std::ranges::sort(values);
      out += fmt::format("{}{}={}", out.empty() ? "" : ":", name, fmt::join(values, ","));
    }
    return out;
  }

  std::vector<std::string> _methods;
  std::vector<std::int64_t> _codes;
  std::vector<media_type> _types;
  std::int64_t _cache_ttl_s, _storage_ttl_s;
  bool _by_cache_control, _ignore_case;
  std::vector<std::string> _vary_query, _vary_headers;
  response_cache* _cache;
  const wall_clock& _clock;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  return std::make_unique<proxy_cache>(entry.config, parts);
}

}  // namespace

plugin_kind proxy_cache_kind() {
  return {.name = "proxy-cache",
          .priority = 100,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = check,
          .make = make};
}

}  // namespace mes::gateway
