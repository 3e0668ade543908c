// How many requests a client may send (K:kong/plugins/rate-limiting/handler.lua).
//
// Where Kong lets everything pass while Redis is away and fault_tolerant is set, this counts in the gateway alone.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/sha256.h"
#include "gateway/config/checks.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/rate_limiting/periods.h"
#include "gateway/plugins/rate_limiting/redis_counting.h"
#include "gateway/plugins/redis/redis_fields.h"

namespace mes::gateway {
namespace {

using enum field_type;

struct header_names {
  field_name limit, remaining;
};
constexpr std::array<header_names, period_count> headers = {{
    {"X-RateLimit-Limit-Second", "X-RateLimit-Remaining-Second"},
    {"X-RateLimit-Limit-Minute", "X-RateLimit-Remaining-Minute"},
    {"X-RateLimit-Limit-Hour", "X-RateLimit-Remaining-Hour"},
    {"X-RateLimit-Limit-Day", "X-RateLimit-Remaining-Day"},
    {"X-RateLimit-Limit-Month", "X-RateLimit-Remaining-Month"},
    {"X-RateLimit-Limit-Year", "X-RateLimit-Remaining-Year"},
}};

const schema& config_fields() {
  static const schema fields = [] {
    schema out = {
        {.name = "second", .type = number, .min = above_zero},
        {.name = "minute", .type = number, .min = above_zero},
        {.name = "hour", .type = number, .min = above_zero},
        {.name = "day", .type = number, .min = above_zero},
        {.name = "month", .type = number, .min = above_zero},
        {.name = "year", .type = number, .min = above_zero},
        {.name = "limit_by",
         .fallback = "\"consumer\"",
         .one_of = {"consumer", "credential", "ip", "service", "header", "path"}},
        {.name = "header_name", .check = check_header_name},
        {.name = "path", .check = check_path},
        {.name = "policy", .fallback = "\"local\"", .one_of = {"local", "redis"}},
        {.name = "fault_tolerant", .type = boolean, .fallback = "true"},
        {.name = "hide_client_headers", .type = boolean, .fallback = "false"},
        {.name = "error_code", .type = integer, .fallback = "429", .min = 400, .max = 599},
        {.name = "error_message", .fallback = "\"API rate limit exceeded\""},
        {.name = "sync_rate", .type = number, .fallback = "-1"},
    };
    append_redis_fields(out);
    return out;
  }();
  return fields;
}

std::array<std::optional<double>, period_count> limits_in(const record& config) {
  std::array<std::optional<double>, period_count> out;
  for (std::size_t i = 0; i < period_count; ++i)
    if (!config.is_null(period_names[i])) out[i] = config.number(period_names[i]);
  return out;
}

void check(const record& config, const std::string& what, reporter& report) {
  auto limits = limits_in(config);
  // With sync_rate several gateways count for themselves in between, each up to the shorter limit.
  if (config.number("sync_rate") == -1)
    for (const idle_limit& l : idle_limits(limits))
      report.warning(config.mark_of(period_names[l.idle]),
                     fmt::format("{}: {} a {} are never reached, as {} a {} let no more through", what, *limits[l.idle],
                                 period_names[l.idle], *limits[l.because_of], period_names[l.because_of]));
  if (std::ranges::none_of(limits, [](const auto& l) { return l.has_value(); }))
    report.error(config.mark, fmt::format("{}: at least one of {} must be given", what, fmt::join(period_names, ", ")));
  if (std::string wrong = wrong_order(limits); !wrong.empty())
    report.error(config.mark, fmt::format("{}: {}", what, wrong));
  for (std::string_view by : {"header", "path"}) {
    std::string_view needed = by == "header" ? "header_name" : "path";
    if (config.text("limit_by") == by && config.is_null(needed))
      report.error(config.mark_of("limit_by"), fmt::format("{}: limit_by {} needs '{}'", what, by, needed));
  }
  double rate = config.number("sync_rate");
  if (config.text("policy") != "redis") {
    if (rate != -1)
      report.error(config.mark_of("sync_rate"),
                   fmt::format("{}: sync_rate can only be used with the redis policy", what));
    return;
  }
  if (rate != -1 && rate < 0.02)
    report.error(config.mark_of("sync_rate"),
                 fmt::format("{}: sync_rate must be greater than 0.02, or -1 to disable", what));
  if (config.is_null("redis_host"))
    report.error(config.mark_of("policy"), fmt::format("{}: policy redis needs 'redis_host'", what));
}

struct request_state {
  std::shared_ptr<redis_answer> answer;  // nullptr: not asked
  std::int64_t now_s = 0;                // when it was: the answer is about the windows of then
};

class rate_limiting final : public plugin {
 public:
  rate_limiting(const plugin_entry& entry, const plugin_parts& parts)
      : _by(entry.config.text("limit_by")),
        _header(entry.config.text("header_name")),
        _path(entry.config.text("path")),
        _hide(entry.config.flag("hide_client_headers")),
        _fault_tolerant(entry.config.flag("fault_tolerant")),
        _error_code(static_cast<int>(entry.config.integer("error_code"))),
        _error_message(entry.config.text("error_message")),
        _limits(as_limits(limits_in(entry.config))),
        _counters(parts.limits.counters_of(entry.id)),
        _clock(parts.clock),
        _scope(key_scope::of(entry)),
        _links(parts.redis) {
    if (entry.config.text("policy") != "redis" || !parts.redis) return;
    _link = parts.redis->link(redis_address::of(entry.config));
    if (double rate = entry.config.number("sync_rate"); rate > 0)
      _synced = std::make_shared<synced_counts>(_link, _clock, rate);
  }

  verdict access(plugin_context& c) const override {
    std::int64_t now_s = _clock.now_ms() / 1000;
    std::string_view identifier = identifier_of(c);
    std::string digest;
    if (identifier.size() > identifier_bytes_max) identifier = digest = sha256_hex(identifier);
    std::optional<decision> d;
    if (_link) {
      if (auto waits = ask_redis(c, identifier, now_s, d)) return *waits;
    }
    if (!d) d = _counters->take(identifier, _limits, now_s);
    tightest t = announce(c, *d, now_s);
    if (!d->stopped_by) return verdict::next;
    if (!_hide) set_number(c, "Retry-After", t.reset);
    return c.exit_error(_error_code, _error_message);
  }

 private:
  using decision = window_counters::decision;
  static constexpr std::size_t identifier_bytes_max = 256;  // of what a client says, kept for as long as its windows
  struct tightest {
    std::int64_t limit = -1, remaining = 0, window = 0, reset = 0;
  };

  std::string_view identifier_of(const plugin_context& c) const {
    std::string_view id;
    if (_by == "consumer")
      id = c.who ? std::string_view(c.who->id) : std::string_view(c.credential_id);
    else if (_by == "credential")
      id = c.credential_id;
    else if (_by == "service")
      id = c.to ? std::string_view(c.to->id) : std::string_view{};
    else if (_by == "header")
      id = c.upstream_header(_header).value_or("");
    else if (_by == "path" && c.path == _path)
      id = c.path;
    return id.empty() ? c.client_address : id;
  }

  // Sets `d` once Redis has answered, and `now_s` to the time that it is of. A verdict: the request waits, or fails.
  std::optional<verdict> ask_redis(plugin_context& c, std::string_view identifier, std::int64_t& now_s,
                                   std::optional<decision>& d) const {
    auto& asked = c.state_of<request_state>(this);
    if (asked.answer) {
      if (asked.answer->failed) return fall_back(c);
      now_s = asked.now_s;
      d = judge(asked.answer->used);
      if (_synced) adopt(identifier, now_s, *d);
      return std::nullopt;
    }
    if (_synced && (d = look(identifier, now_s))) return std::nullopt;
    if (!c.suspend) return fall_back(c);
    asked = {.answer = std::make_shared<redis_answer>(), .now_s = now_s};
    bool sent = _link->send({count_one(keys_of(identifier, now_s), _limits)}, _limits.size(),
                            [answer = asked.answer, resume = c.suspend()](const redis_replies& replies) {
                              answer->take(replies);
                              resume();
                            });
    if (sent) {
      c.wait_ms = _link->patience().count();
      return verdict::wait;
    }
    asked.answer->failed = true;
    return fall_back(c);
  }

  std::optional<verdict> fall_back(plugin_context& c) const {
    if (!_fault_tolerant) return c.exit_error(500);
    if (_links) _links->note_fallback("rate-limiting");
    return std::nullopt;
  }

  decision judge(const std::vector<double>& used) const {
    decision d;
    for (std::size_t i = 0; i < _limits.size(); ++i) {
      d.usage[i].used = used[i];
      if (used[i] >= static_cast<double>(_limits[i].limit)) d.stopped_by = i;
    }
    return d;
  }

  std::vector<std::string> keys_of(std::string_view identifier, std::int64_t now_s) const {
    std::vector<std::string> out;
    for (const window_limit& l : _limits) out.push_back(counter_key(_scope, identifier, l.length, now_s));
    return out;
  }

  // From the counts that are kept here. Nothing: one of them is not known.
  std::optional<decision> look(std::string_view identifier, std::int64_t now_s) const {
    std::vector<double> used(_limits.size());
    const std::vector<std::string> keys = keys_of(identifier, now_s);
    for (std::size_t i = 0; i < _limits.size(); ++i)
      if (!_synced->look(keys[i], used[i])) return std::nullopt;
    decision d = judge(used);
    if (!d.stopped_by)
      for (const std::string& key : keys) _synced->add(key);
    return d;
  }

  void adopt(std::string_view identifier, std::int64_t now_s, const decision& d) const {
    _synced->forget_expired(now_s);
    const std::vector<std::string> keys = keys_of(identifier, now_s);
    for (std::size_t i = 0; i < _limits.size(); ++i) {
      period p = _limits[i].length;
      const double used = d.usage[i].used + (d.stopped_by ? 0 : 1);
      _synced->adopt(keys[i], p, used, window_start_s(p, now_s) + length_s(p));
    }
  }

  static void set_number(plugin_context& c, const field_name& name, std::int64_t number) {
    fmt::format_int text(number);
    c.response_headers.set(name, std::string_view(text.data(), text.size()));
  }

  tightest announce(plugin_context& c, const decision& d, std::int64_t now_s) const {
    tightest t;
    for (std::size_t i = 0; i < _limits.size(); ++i) {
      const window_limit& l = _limits[i];
      double left = static_cast<double>(l.limit) - d.usage[i].used;
      if (!d.stopped_by || d.stopped_by == i) --left;
      const auto remaining = static_cast<std::int64_t>(std::clamp(left, 0.0, whole_max));
      std::int64_t window = length_s(l.length);
      if (t.limit < 0 || remaining < t.remaining || (remaining == t.remaining && window > t.window))
        t = {.limit = l.limit,
             .remaining = remaining,
             .window = window,
             .reset = std::max<std::int64_t>(1, window - (now_s - window_start_s(l.length, now_s)))};
      if (_hide) continue;
      const header_names& names = headers[static_cast<std::size_t>(l.length)];
      set_number(c, names.limit, l.limit);
      set_number(c, names.remaining, remaining);
    }
    if (!_hide) {
      set_number(c, "RateLimit-Limit", t.limit);
      set_number(c, "RateLimit-Remaining", t.remaining);
      set_number(c, "RateLimit-Reset", t.reset);
    }
    return t;
  }

  std::string _by, _header, _path;
  bool _hide, _fault_tolerant;
  int _error_code;
  std::string _error_message;
  std::vector<window_limit> _limits;
  std::shared_ptr<window_counters> _counters;
  const wall_clock& _clock;
  key_scope _scope;
  redis_links* _links;
  std::shared_ptr<redis_link> _link;       // nullptr: policy local
  std::shared_ptr<synced_counts> _synced;  // nullptr: each request asks
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  return std::make_unique<rate_limiting>(entry, parts);
}

}  // namespace

plugin_kind rate_limiting_kind() {
  return {.name = "rate-limiting",
          .priority = 910,
          .config_fields = config_fields,
          .per_consumer = true,
          .protocols = http_protocols,
          .check = check,
          .make = make};
}

}  // namespace mes::gateway
