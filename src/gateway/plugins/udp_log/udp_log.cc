// Log records as datagrams (K:kong/plugins/udp-log/handler.lua).
#include "gateway/config/checks.h"
#include "gateway/plugins/delivery/datagrams.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/record_log.h"

namespace mes::gateway {
namespace {

using enum field_type;

const schema& config_fields() {
  static const schema fields = {
      {.name = "host", .required = true, .check = check_host},
      {.name = "port", .type = integer, .min = 0, .max = 65535, .required = true},
      {.name = "timeout", .type = number, .fallback = "10000"},
      custom_fields_by_lua(),
  };
  return fields;
}

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  const record& config = entry.config;
  auto to =
      std::make_shared<datagram_sender>(config.text("host"), static_cast<std::uint16_t>(config.integer("port")),
                                        std::chrono::milliseconds(static_cast<std::int64_t>(config.number("timeout"))));
  std::shared_ptr<delivery_queue> queue;
  if (parts.logs)
    queue = parts.logs->queue(
        "udp-log", entry.id, single_try(),
        [to](const std::vector<std::string>& batch, const wait_end& end) { return to->send(batch, end); });
  return std::make_unique<record_log>(std::move(queue), entry);
}

}  // namespace

plugin_kind udp_log_kind() {
  return {.name = "udp-log",
          .priority = 8,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
