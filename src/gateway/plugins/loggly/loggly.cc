// Log records to Loggly, as syslog datagrams (K:kong/plugins/loggly/handler.lua).
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "gateway/config/checks.h"
#include "gateway/plugins/delivery/datagrams.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/node.h"
#include "gateway/plugins/record_log.h"
#include "gateway/plugins/severity.h"

namespace mes::gateway {
namespace {

using enum field_type;

const schema& config_fields() {
  static const schema fields = {
      {.name = "host", .fallback = "\"logs-01.loggly.com\"", .check = check_host},
      {.name = "port", .type = integer, .fallback = "514", .min = 0, .max = 65535},
      {.name = "key", .required = true, .referenceable = true},
      {.name = "tags", .type = strings, .fallback = R"(["kong"])", .set = true},
      severity_field("log_level"),
      severity_field("successful_severity"),
      severity_field("client_errors_severity"),
      severity_field("server_errors_severity"),
      {.name = "timeout", .type = number, .fallback = "10000"},
      custom_fields_by_lua(),
  };
  return fields;
}

struct message_form {
  std::string key, tags;
  severity_choice severity;
  const wall_clock& clock;

  std::optional<std::string> head_of(const plugin_context& c) const {
    int level = severity.of(c.totals->status);
    if (level < 0) return std::nullopt;
    std::time_t now = clock.now_ms() / 1000;
    return fmt::format("<{}>1 {:%Y-%m-%dT%H:%M:%SZ} {} kong - - [{}@41058 {}] ", 8 + level, fmt::gmtime(now),
                       host_name(), key, tags);
  }
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  const record& config = entry.config;
  auto to =
      std::make_shared<datagram_sender>(config.text("host"), static_cast<std::uint16_t>(config.integer("port")),
                                        std::chrono::milliseconds(static_cast<std::int64_t>(config.number("timeout"))));
  std::string tags;
  for (const std::string& tag : config.strings("tags"))
    tags += fmt::format("{}tag=\"{}\"", tags.empty() ? "" : " ", tag);
  std::shared_ptr<delivery_queue> queue;
  if (parts.logs)
    queue = parts.logs->queue(
        "loggly", entry.id, single_try(),
        [to](const std::vector<std::string>& batch, const wait_end& end) { return to->send(batch, end); });
  message_form form{
      .key = config.text("key"), .tags = std::move(tags), .severity = severity_choice(config), .clock = parts.clock};
  return std::make_unique<record_log>(std::move(queue), entry,
                                      [form](const plugin_context& c) { return form.head_of(c); });
}

}  // namespace

plugin_kind loggly_kind() {
  return {.name = "loggly",
          .priority = 6,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
