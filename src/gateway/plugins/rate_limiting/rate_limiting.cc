#include "gateway/plugins/rate_limiting/rate_limiting.h"

#include <fmt/format.h>

#include <array>

#include "gateway/config/checks.h"
#include "gateway/plugins/rate_limiting/windows.h"

namespace mes::gateway {
namespace {

using enum field_type;

struct period_name {
  std::string_view field, limit_header, remaining_header;
};
constexpr std::array<period_name, period_count> periods = {{
    {"second", "X-RateLimit-Limit-Second", "X-RateLimit-Remaining-Second"},
    {"minute", "X-RateLimit-Limit-Minute", "X-RateLimit-Remaining-Minute"},
    {"hour", "X-RateLimit-Limit-Hour", "X-RateLimit-Remaining-Hour"},
    {"day", "X-RateLimit-Limit-Day", "X-RateLimit-Remaining-Day"},
    {"month", "X-RateLimit-Limit-Month", "X-RateLimit-Remaining-Month"},
    {"year", "X-RateLimit-Limit-Year", "X-RateLimit-Remaining-Year"},
}};

const schema& config_fields() {
  static constexpr std::string_view local_only = "counters live in this gateway; policy redis is not available";
  static constexpr double least = 1e-9;
  static const schema fields = {
      {.name = "second", .type = number, .min = least},
      {.name = "minute", .type = number, .min = least},
      {.name = "hour", .type = number, .min = least},
      {.name = "day", .type = number, .min = least},
      {.name = "month", .type = number, .min = least},
      {.name = "year", .type = number, .min = least},
      {.name = "limit_by",
       .fallback = "\"consumer\"",
       .one_of = {"consumer", "credential", "ip", "service", "header", "path"}},
      {.name = "header_name", .check = check_header_name},
      {.name = "path", .check = check_path},
      {.name = "policy", .fallback = "\"local\"", .one_of = {"local", "cluster", "redis"}, .absent = local_only},
      {.name = "fault_tolerant", .type = boolean, .fallback = "true"},
      {.name = "redis_host", .check = check_host},
      {.name = "redis_port", .type = integer, .fallback = "6379", .min = 0, .max = 65535},
      {.name = "redis_password"},
      {.name = "redis_username"},
      {.name = "redis_ssl", .type = boolean, .fallback = "false"},
      {.name = "redis_ssl_verify", .type = boolean, .fallback = "false"},
      {.name = "redis_server_name", .check = check_host},
      {.name = "redis_timeout", .type = number, .fallback = "2000"},
      {.name = "redis_database", .type = integer, .fallback = "0"},
      {.name = "hide_client_headers", .type = boolean, .fallback = "false"},
      {.name = "error_code", .type = number, .fallback = "429", .min = least},
      {.name = "error_message", .fallback = "\"API rate limit exceeded\""},
      {.name = "sync_rate",
       .type = number,
       .fallback = "-1",
       .absent = "sync_rate can only be used with the redis policy"},
  };
  return fields;
}

void check(const record& config, const std::string& what, reporter& report) {
  bool any = false;
  for (std::size_t i = 0; i < periods.size(); ++i) {
    if (config.is_null(periods[i].field)) continue;
    any = true;
    for (std::size_t j = i + 1; j < periods.size(); ++j)
      if (!config.is_null(periods[j].field) && config.number(periods[j].field) < config.number(periods[i].field))
        report.error(config.mark_of(periods[j].field),
                     fmt::format("{}: The limit for {}({:.1f}) cannot be lower than the limit for {}({:.1f})", what,
                                 periods[j].field, config.number(periods[j].field), periods[i].field,
                                 config.number(periods[i].field)));
  }
  if (!any)
    report.error(config.mark,
                 fmt::format("{}: at least one of second, minute, hour, day, month, year must be given", what));
  for (std::string_view by : {"header", "path"}) {
    std::string_view needed = by == "header" ? "header_name" : "path";
    if (config.text("limit_by") == by && config.is_null(needed))
      report.error(config.mark_of("limit_by"), fmt::format("{}: limit_by {} needs '{}'", what, by, needed));
  }
}

class rate_limiting final : public plugin {
 public:
  rate_limiting(const record& config, std::shared_ptr<window_counters> counters, const wall_clock& clock)
      : _by(config.text("limit_by")),
        _header(config.text("header_name")),
        _path(config.text("path")),
        _hide(config.flag("hide_client_headers")),
        _error_code(static_cast<int>(config.integer("error_code"))),
        _error_message(config.text("error_message")),
        _counters(std::move(counters)),
        _clock(clock) {
    for (std::size_t i = 0; i < periods.size(); ++i)
      if (!config.is_null(periods[i].field))
        _limits.push_back({static_cast<period>(i), config.integer(periods[i].field)});
  }

  verdict access(plugin_context& c) const override {
    std::int64_t now_s = _clock.now_ms() / 1000;
    auto decision = _counters->take(identifier_of(c), _limits, now_s);
    tightest t = announce(c, decision, now_s);
    if (!decision.stopped_by) return verdict::next;
    if (!_hide) c.response_headers.set("Retry-After", fmt::format_int(t.reset).str());
    // Kong's response.error pretty-prints, unlike response.exit.
    std::string body = "{\n  \"message\":\"" + _error_message + "\"\n}";
    c.exit_json(_error_code, std::move(body));
    return verdict::respond;
  }

 private:
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
      id = c.request->headers.get(_header);
    else if (_by == "path" && c.path == _path)
      id = c.path;
    return id.empty() ? c.client_address : id;
  }

  tightest announce(plugin_context& c, const window_counters::decision& d, std::int64_t now_s) const {
    tightest t;
    for (std::size_t i = 0; i < _limits.size(); ++i) {
      const window_limit& l = _limits[i];
      std::int64_t remaining = l.limit - d.usage[i].used;
      if (!d.stopped_by || d.stopped_by == i) --remaining;
      if (remaining < 0) remaining = 0;
      std::int64_t window = length_s(l.length);
      if (t.limit < 0 || remaining < t.remaining || (remaining == t.remaining && window > t.window))
        t = {.limit = l.limit,
             .remaining = remaining,
             .window = window,
             .reset = std::max<std::int64_t>(1, window - (now_s - window_start_s(l.length, now_s)))};
      if (_hide) continue;
      const period_name& names = periods[static_cast<std::size_t>(l.length)];
      c.response_headers.set(names.limit_header, fmt::format_int(l.limit).str());
      c.response_headers.set(names.remaining_header, fmt::format_int(remaining).str());
    }
    if (!_hide) {
      c.response_headers.set("RateLimit-Limit", fmt::format_int(t.limit).str());
      c.response_headers.set("RateLimit-Remaining", fmt::format_int(t.remaining).str());
      c.response_headers.set("RateLimit-Reset", fmt::format_int(t.reset).str());
    }
    return t;
  }

  std::string _by, _header, _path;
  bool _hide;
  int _error_code;
  std::string _error_message;
  std::vector<window_limit> _limits;
  std::shared_ptr<window_counters> _counters;
  const wall_clock& _clock;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  return std::make_unique<rate_limiting>(entry.config, parts.limits.counters_of(entry.id), parts.clock);
}

}  // namespace

plugin_kind rate_limiting_kind() {
  return {.name = "rate-limiting",
          .priority = 910,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = check,
          .make = make};
}

}  // namespace mes::gateway
