// Log records to the system's log (K:kong/plugins/syslog/handler.lua).
#include <syslog.h>

#include <mutex>

#include "gateway/plugins/kinds.h"
#include "gateway/plugins/record_log.h"
#include "gateway/plugins/severity.h"

namespace mes::gateway {
namespace {

using enum field_type;

struct facility {
  std::string_view name;
  int value;
};
constexpr facility facilities[] = {
    {"auth", LOG_AUTH},     {"authpriv", LOG_AUTHPRIV}, {"cron", LOG_CRON},     {"daemon", LOG_DAEMON},
    {"ftp", LOG_FTP},       {"kern", LOG_KERN},         {"lpr", LOG_LPR},       {"mail", LOG_MAIL},
    {"news", LOG_NEWS},     {"syslog", LOG_SYSLOG},     {"user", LOG_USER},     {"uucp", LOG_UUCP},
    {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},     {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3},
    {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5},     {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7},
};

const schema& config_fields() {
  static const schema fields = [] {
    schema out = {
        severity_field("log_level"),
        severity_field("successful_severity"),
        severity_field("client_errors_severity"),
        severity_field("server_errors_severity"),
        custom_fields_by_lua(),
        {.name = "facility", .fallback = "\"user\""},
    };
    for (const facility& f : facilities) out.back().one_of.push_back(f.name);
    return out;
  }();
  return fields;
}

// The severity stands in front of an entry as one digit.
result<batch_losses> write_lines(const std::vector<std::string>& entries, int to) {
  static std::once_flag opened;
  std::call_once(opened, [] { openlog("kong", LOG_NDELAY, LOG_USER); });
  for (const std::string& entry : entries) ::syslog(to | (entry[0] - '0'), "%s", entry.c_str() + 1);
  return {};
}

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  int to = LOG_USER;
  for (const facility& f : facilities)
    if (f.name == entry.config.text("facility")) to = f.value;
  std::shared_ptr<delivery_queue> queue;
  if (parts.logs)
    queue = parts.logs->queue(
        "syslog", entry.id, single_try(),
        [to](const std::vector<std::string>& batch, const wait_end&) { return write_lines(batch, to); });
  return std::make_unique<record_log>(
      std::move(queue), entry,
      [choice = severity_choice(entry.config)](const plugin_context& c) -> std::optional<std::string> {
        int severity = choice.of(c.totals->status);
        return severity < 0 ? std::nullopt : std::optional(std::to_string(severity));
      });
}

}  // namespace

plugin_kind syslog_kind() {
  return {.name = "syslog",
          .priority = 4,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
