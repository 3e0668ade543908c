// Refuses user agents that are bots (K:kong/plugins/bot-detection/handler.lua).
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "gateway/plugins/bot_detection/bot_patterns.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/perl_pattern.h"

namespace mes::gateway {
namespace {

using enum field_type;

std::string check_pattern(std::string_view text) {
  const auto made = perl_pattern::compile(text, perl_pattern::where::anywhere);
  return made ? "" : fmt::format("'{}' is not a valid regex: {}", text, made.error().message);
}

const schema& config_fields() {
  static const schema fields = {
      {.name = "allow", .type = strings, .fallback = "[]", .check = check_pattern},
      {.name = "deny", .type = strings, .fallback = "[]", .check = check_pattern},
  };
  return fields;
}

using patterns = std::vector<perl_pattern>;

perl_pattern compile(std::string_view text) {  // checked when it was read
  return *perl_pattern::compile(text, perl_pattern::where::anywhere);
}

const patterns& known_bots() {
  static const patterns bots = [] {
    patterns out;
    for (std::string_view text : bot_patterns) out.push_back(compile(text));
    return out;
  }();
  return bots;
}

bool matches_any(const patterns& list, std::string_view text) {
  return std::ranges::any_of(list, [&](const perl_pattern& p) { return p.matches(text); });
}

class bot_detection final : public plugin {
 public:
  explicit bot_detection(const record& config) {
    for (const std::string& text : config.strings("allow")) _allow.push_back(compile(text));
    for (const std::string& text : config.strings("deny")) _deny.push_back(compile(text));
  }

  verdict access(plugin_context& c) const override {
    const header_view* agent = nullptr;
    for (const header_view& h : c.request->headers) {
      if (!equals_ignoring_case(h.name, "user-agent")) continue;
      if (agent) return c.exit_error(400, "Only one User-Agent header allowed");
      agent = &h;
    }
    return agent && is_refused(agent->value) ? c.exit_error(403) : verdict::next;
  }

 private:
  static constexpr std::size_t remembered_max = 10'000;
  static constexpr std::size_t remembered_bytes_max = 512;

  bool is_refused(std::string_view agent) const {
    if (agent.size() > remembered_bytes_max) return is_bot(agent);
    std::string key(agent);
    std::lock_guard lock(_lock);
    if (auto found = _remembered.find(key); found != _remembered.end()) return found->second;
    if (_remembered.size() >= remembered_max) _remembered.clear();
    bool refused = is_bot(agent);
    _remembered.emplace(std::move(key), refused);
    return refused;
  }
  bool is_bot(std::string_view agent) const {
    return !matches_any(_allow, agent) && (matches_any(_deny, agent) || matches_any(known_bots(), agent));
  }

  patterns _allow, _deny;
  mutable std::mutex _lock;
  mutable std::unordered_map<std::string, bool> _remembered;  // the patterns are many, agents few
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts&) {
  return std::make_unique<bot_detection>(entry.config);
}

}  // namespace

plugin_kind bot_detection_kind() {
  return {.name = "bot-detection",
          .priority = 2500,
          .config_fields = config_fields,
          .per_consumer = false,
          .protocols = http_protocols,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
