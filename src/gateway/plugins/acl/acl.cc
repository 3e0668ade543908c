// Which groups of consumers may pass (K:kong/plugins/acl/handler.lua).
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "gateway/plugins/kinds.h"
#include "gateway/plugins/shared_tables.h"

namespace mes::gateway {
namespace {

using enum field_type;

const schema& config_fields() {
  static const schema fields = {
      {.name = "allow", .type = strings},
      {.name = "deny", .type = strings},
      {.name = "hide_groups_header", .type = boolean, .fallback = "false"},
  };
  return fields;
}

void check(const record& config, const std::string& what, reporter& report) {
  bool allow = !config.is_empty("allow"), deny = !config.is_empty("deny");
  if (allow && deny)
    report.error(config.mark_of("deny"), fmt::format("{}: only one of allow and deny may be given", what));
  if (!allow && !deny) report.error(config.mark, fmt::format("{}: allow or deny must be given", what));
}

struct groups_of_consumers {
  explicit groups_of_consumers(const configuration& all) {
    for (const acl_group& g : all.acls) of[g.owner].push_back(g.group);
  }
  std::unordered_map<const consumer*, std::vector<std::string>> of;
};

class acl final : public plugin {
 public:
  acl(const record& config, const plugin_parts& parts)
      : _deny(!config.strings("deny").empty()),
        _groups(config.strings(_deny ? "deny" : "allow")),
        _hide(config.flag("hide_groups_header")),
        _of_consumer(parts.tables->get<groups_of_consumers>().of) {}

  verdict access(plugin_context& c) const override {
    static constexpr std::string_view refused = "You cannot consume this service";
    bool authenticated = !c.credential_id.empty();
    if (!c.who) return authenticated ? c.exit_error(403, refused) : c.exit_error(401);
    auto found = _of_consumer.find(c.who);
    if (found == _of_consumer.end() && !_deny) return authenticated ? c.exit_error(403, refused) : c.exit_error(401);
    static const std::vector<std::string> none;
    const std::vector<std::string>& own = found == _of_consumer.end() ? none : found->second;
    bool in_group =
        std::ranges::any_of(_groups, [&](const std::string& g) { return std::ranges::find(own, g) != own.end(); });
    if (in_group == _deny) return c.exit_error(403, refused);
    if (!_hide) c.upstream_headers.set("X-Consumer-Groups", fmt::format("{}", fmt::join(own, ", ")));
    return verdict::next;
  }

 private:
  bool _deny;
  std::vector<std::string> _groups;
  bool _hide;
  const std::unordered_map<const consumer*, std::vector<std::string>>& _of_consumer;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  return std::make_unique<acl>(entry.config, parts);
}

}  // namespace

plugin_kind acl_kind() {
  return {.name = "acl",
          .priority = 950,
          .config_fields = config_fields,
          .per_consumer = false,
          .protocols = http_protocols,
          .check = check,
          .make = make};
}

}  // namespace mes::gateway
