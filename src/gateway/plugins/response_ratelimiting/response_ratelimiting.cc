// Limits on what services say that their answers cost (K:kong/plugins/response-ratelimiting).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "base/trimmed.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/rate_limiting/periods.h"
#include "gateway/plugins/rate_limiting/redis_counting.h"
#include "gateway/plugins/redis/redis_fields.h"
#include "gateway/plugins/redis/redis_link.h"

namespace mes::gateway {
namespace {

using enum field_type;
namespace json = boost::json;

const schema& config_fields() {
  static const schema fields = [] {
    schema out = {
        {.name = "header_name", .fallback = "\"x-kong-limit\""},
        {.name = "limit_by", .fallback = "\"consumer\"", .one_of = {"consumer", "credential", "ip"}},
        {.name = "policy", .fallback = "\"local\"", .one_of = {"local", "redis"}},
        {.name = "fault_tolerant", .type = boolean, .fallback = "true"},
        {.name = "block_on_first_violation", .type = boolean, .fallback = "false"},
        {.name = "hide_client_headers", .type = boolean, .fallback = "false"},
        {.name = "limits", .type = anything, .required = true},
    };
    append_redis_fields(out);
    return out;
  }();
  return fields;
}

using period_limits = std::array<std::optional<double>, period_count>;

// One limit of `limits`, a mapping of periods; "" or what is wrong with it.
std::string read_limit(const json::value& value, period_limits& out) {
  const json::object* periods = value.if_object();
  if (!periods || periods->empty())
    return fmt::format("at least one of {} must be given", fmt::join(period_names, ", "));
  for (const auto& [name, limit] : *periods) {
    auto known = std::ranges::find(period_names, std::string_view(name));
    if (known == period_names.end())
      return fmt::format("unknown field '{}'; there are {}", std::string_view(name), fmt::join(period_names, ", "));
    if (limit.is_null()) continue;
    if (!limit.is_number() || limit.to_number<double>() <= 0)
      return fmt::format("{}: expected a number greater than 0", std::string_view(name));
    out[static_cast<std::size_t>(known - period_names.begin())] = limit.to_number<double>();
  }
  if (std::ranges::none_of(out, [](const auto& l) { return l.has_value(); }))
    return fmt::format("at least one of {} must be given", fmt::join(period_names, ", "));
  return wrong_order(out);
}

void check(const record& config, const std::string& what, reporter& report) {
  const json::object* limits = config.at("limits").if_object();
  if (!limits || limits->empty()) {
    report.error(config.mark_of("limits"), fmt::format("{}, limits: expected a mapping of names to periods", what));
    return;
  }
  for (const auto& [name, value] : *limits) {
    period_limits read;
    if (std::string wrong = read_limit(value, read); !wrong.empty())
      report.error(config.mark_of("limits"), fmt::format("{}, limits.{}: {}", what, std::string_view(name), wrong));
  }
  if (config.text("policy") == "redis" && config.is_null("redis_host"))
    report.error(config.mark_of("policy"), fmt::format("{}: policy redis needs 'redis_host'", what));
}

struct named_limit {
  std::string name;
  std::vector<window_limit> limits;
  std::string upstream_header;                                // X-RateLimit-Remaining-<name>
  std::vector<std::string> limit_headers, remaining_headers;  // by limit
};

std::vector<named_limit> limits_in(const record& config) {
  std::vector<named_limit> out;
  for (const auto& [name, value] : config.at("limits").get_object()) {
    period_limits read;
    read_limit(value, read);
    named_limit limit{.name = std::string(std::string_view(name)), .limits = as_limits(read)};
    limit.upstream_header = "X-RateLimit-Remaining-" + limit.name;
    for (const window_limit& l : limit.limits) {
      std::string_view period = period_names[static_cast<std::size_t>(l.length)];
      limit.limit_headers.push_back(fmt::format("X-RateLimit-Limit-{}-{}", limit.name, period));
      limit.remaining_headers.push_back(fmt::format("X-RateLimit-Remaining-{}-{}", limit.name, period));
    }
    out.push_back(std::move(limit));
  }
  return out;
}

// What a request has left of each limit, and what its answer costs.
struct usage {
  std::int64_t now_s = 0;
  std::string identifier;
  std::vector<std::vector<double>> remaining;  // by limit, by period; empty: not known
  std::vector<double> cost;                    // by limit
  bool stopped = false, local = true;
  std::shared_ptr<redis_answer> answer;
};

// As Lua's tonumber reads it: "1.5", "1e2", "0x10"; 0 if it is none.
double number_in(std::string_view text) {
  const std::string whole(text);
  char* end = nullptr;
  const double read = std::strtod(whole.c_str(), &end);
  if (end != whole.c_str() + whole.size() || std::isnan(read)) return 0;
  return std::clamp(read, -whole_max, whole_max);
}

// As Lua's tostring writes it.
std::string text_of(double number) { return fmt::format("{:.14g}", number); }

class response_ratelimiting final : public plugin {
 public:
  response_ratelimiting(const plugin_entry& entry, const plugin_parts& parts)
      : _header(entry.config.text("header_name")),
        _by(entry.config.text("limit_by")),
        _limits(limits_in(entry.config)),
        _fault_tolerant(entry.config.flag("fault_tolerant")),
        _block(entry.config.flag("block_on_first_violation")),
        _hide(entry.config.flag("hide_client_headers")),
        _counters(parts.limits.counters_of(entry.id)),
        _clock(parts.clock),
        _scope(key_scope::of(entry)),
        _links(parts.redis) {
    if (entry.config.text("policy") == "redis" && parts.redis)
      _link = parts.redis->link(redis_address::of(entry.config));
  }

  verdict access(plugin_context& c) const override {
    usage& u = c.state_of<usage>(this);
    if (u.identifier.empty()) {
      u.now_s = _clock.now_ms() / 1000;
      u.identifier = identifier_of(c);
    }
    if (_link) {
      if (auto waits = ask_redis(c, u)) return *waits;
      if (u.answer->failed && !_fault_tolerant) return c.exit_error(500);
      if (u.answer->failed && _links) _links->note_fallback("response-ratelimiting");
      if (u.answer->failed) u.now_s = _clock.now_ms() / 1000;  // it may have waited into the next window
    }
    if (u.local) look_locally(u);
    for (std::size_t i = 0; i < _limits.size(); ++i) {
      const double least = *std::ranges::min_element(u.remaining[i]);
      if (_block && std::ranges::find(u.remaining[i], 0.0) != u.remaining[i].end()) {
        std::string message = fmt::format("API rate limit exceeded for '{}'", _limits[i].name);
        u.remaining.clear();  // as in Kong, nothing more is said of them
        return c.exit_error(429, message);
      }
      c.upstream_headers.set(_limits[i].upstream_header, text_of(least));
    }
    return verdict::next;
  }

  void header_filter(plugin_context& c) const override {
    usage* u = c.state_if_any<usage>(this);
    if (!u || u->remaining.empty()) return;
    u->cost = costs_in(c.response ? c.response->headers.get(_header) : std::string_view{});
    for (std::size_t i = 0; i < _limits.size(); ++i) {
      const named_limit& limit = _limits[i];
      for (std::size_t p = 0; p < limit.limits.size(); ++p) {
        if (!_hide) {
          const double left = std::max(0.0, u->remaining[i][p] - u->cost[i]);
          c.response_headers.set(limit.limit_headers[p], fmt::format_int(limit.limits[p].limit).str());
          c.response_headers.set(limit.remaining_headers[p], text_of(left));
        }
        u->stopped |= u->cost[i] > 0 && u->remaining[i][p] <= 0;
      }
    }
    c.response_headers.clear(_header);
    if (u->stopped) c.replace_status = 429;
  }

  void log(plugin_context& c) const override {
    const usage* u = c.state_if_any<usage>(this);
    if (!u || u->stopped || u->cost.empty()) return;
    std::vector<redis_command> commands;
    for (std::size_t i = 0; i < _limits.size(); ++i) {
      if (u->cost[i] == 0) continue;
      if (u->local)
        _counters->add(local_key(_limits[i], *u), _limits[i].limits, u->now_s, u->cost[i]);
      else
        for (const window_limit& l : _limits[i].limits) commands.push_back(add_command(_limits[i], l, *u, u->cost[i]));
    }
    if (commands.empty()) return;
    if (!_link->send(std::move(commands), 1, [](const redis_replies&) {}) && _links)
      _links->note_fallback("response-ratelimiting");
  }

 private:
  std::string identifier_of(const plugin_context& c) const {
    std::string_view id;
    if (_by == "consumer")
      id = c.who ? std::string_view(c.who->id) : std::string_view(c.credential_id);
    else if (_by == "credential")
      id = c.credential_id;
    return std::string(id.empty() ? c.client_address : id);
  }

  static std::string local_key(const named_limit& limit, const usage& u) { return limit.name + '\x1f' + u.identifier; }

  std::string redis_key(const named_limit& limit, const window_limit& l, const usage& u) const {
    return fmt::format("response-ratelimit:{}:{}:{}:{}:{}:{}", _scope.route, _scope.service, u.identifier,
                       window_start_s(l.length, u.now_s) * 1000, limit.name,
                       period_names[static_cast<std::size_t>(l.length)]);
  }

  redis_command add_command(const named_limit& limit, const window_limit& l, const usage& u, double cost) const {
    // A fraction is refused by Redis, as Kong's is: what is counted there is whole.
    static constexpr const char* script =
        "local n = redis.call('incrby', KEYS[1], ARGV[1]) if n == tonumber(ARGV[1]) then redis.call('expire', KEYS[1], "
        "ARGV[2]) end return n";
    return {
        "EVAL", script, "1", redis_key(limit, l, u), fmt::format("{:.16g}", cost), std::to_string(length_s(l.length))};
  }

  std::optional<verdict> ask_redis(plugin_context& c, usage& u) const {
    if (u.answer) {
      if (u.answer->failed) return std::nullopt;
      u.local = false;
      auto used = u.answer->used.begin();
      u.remaining.clear();
      for (const named_limit& limit : _limits) {
        auto& left = u.remaining.emplace_back();
        for (const window_limit& l : limit.limits) left.push_back(static_cast<double>(l.limit) - *used++);
      }
      return std::nullopt;
    }
    u.answer = std::make_shared<redis_answer>();
    if (c.suspend) {
      std::vector<redis_command> commands;
      for (const named_limit& limit : _limits)
        for (const window_limit& l : limit.limits) commands.push_back({"GET", redis_key(limit, l, u)});
      bool sent =
          _link->send(std::move(commands), 1, [answer = u.answer, resume = c.suspend()](const redis_replies& replies) {
            answer->take(replies);
            resume();
          });
      if (sent) {
        c.wait_ms = _link->patience().count();
        return verdict::wait;
      }
    }
    u.answer->failed = true;
    return std::nullopt;
  }

  void look_locally(usage& u) const {
    u.remaining.clear();
    for (const named_limit& limit : _limits) {
      auto looked = _counters->look(local_key(limit, u), limit.limits, u.now_s);
      auto& left = u.remaining.emplace_back();
      for (std::size_t p = 0; p < limit.limits.size(); ++p)
        left.push_back(static_cast<double>(limit.limits[p].limit) - looked.usage[p].used);
    }
  }

  // "videos=3, images=1"
  std::vector<double> costs_in(std::string_view field) const {
    std::vector<double> out(_limits.size());
    for_each_token(field, [&](std::string_view token) {
      std::size_t equals = token.find('=');
      if (equals == std::string_view::npos) return;
      std::string_view name = trimmed(token.substr(0, equals)), number = trimmed(token.substr(equals + 1));
      auto limit = std::ranges::find(_limits, name, &named_limit::name);
      if (limit != _limits.end()) out[static_cast<std::size_t>(limit - _limits.begin())] = number_in(number);
    });
    return out;
  }

  std::string _header, _by;
  std::vector<named_limit> _limits;
  bool _fault_tolerant, _block, _hide;
  std::shared_ptr<window_counters> _counters;
  const wall_clock& _clock;
  key_scope _scope;
  redis_links* _links;
  std::shared_ptr<redis_link> _link;  // nullptr: policy local
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  return std::make_unique<response_ratelimiting>(entry, parts);
}

}  // namespace

plugin_kind response_ratelimiting_kind() {
  return {.name = "response-ratelimiting",
          .priority = 900,
          .config_fields = config_fields,
          .per_consumer = true,
          .protocols = http_protocols,
          .check = check,
          .make = make};
}

}  // namespace mes::gateway
