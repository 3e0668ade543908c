// Who may pass by address (K:kong/plugins/ip-restriction/handler.lua).
#include <fmt/format.h>

#include "gateway/config/checks.h"
#include "gateway/plugins/ip_ranges.h"
#include "gateway/plugins/kinds.h"

namespace mes::gateway {
namespace {

using enum field_type;

const schema& config_fields() {
  static const schema fields = {
      {.name = "allow", .type = strings, .check = check_ip_or_cidr},
      {.name = "deny", .type = strings, .check = check_ip_or_cidr},
      {.name = "status", .type = integer, .min = 400, .max = 599},
      {.name = "message"},
  };
  return fields;
}

void check(const record& config, const std::string& what, reporter& report) {
  if (config.is_empty("allow") && config.is_empty("deny"))
    report.error(config.mark, fmt::format("{}: at least one of allow and deny must be given", what));
}

class ip_restriction final : public plugin {
 public:
  explicit ip_restriction(const record& config)
      : _allow(config.strings("allow")),
        _deny(config.strings("deny")),
        _status(config.is_null("status") ? 403 : static_cast<int>(config.integer("status"))),
        _message(config.text("message")) {}

  verdict access(plugin_context& c) const override {
    bool refused = _deny.contains(c.client_address) || (!_allow.empty() && !_allow.contains(c.client_address));
    if (!refused) return verdict::next;
    return c.exit_error(_status,
                        _message.empty() ? fmt::format("IP address not allowed: {}", c.client_address) : _message);
  }

 private:
  ip_ranges _allow, _deny;
  int _status;
  std::string _message;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts&) {
  return std::make_unique<ip_restriction>(entry.config);
}

}  // namespace

plugin_kind ip_restriction_kind() {
  return {.name = "ip-restriction",
          .priority = 990,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = check,
          .make = make};
}

}  // namespace mes::gateway
