// Log records to a TCP server, a line each (K:kong/plugins/tcp-log/handler.lua).
#include "gateway/config/checks.h"
#include "gateway/plugins/delivery/blocking_stream.h"
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
      {.name = "keepalive", .type = number, .fallback = "60000"},
      {.name = "tls", .type = boolean, .fallback = "false"},
      {.name = "tls_sni"},
      custom_fields_by_lua(),
  };
  return fields;
}

// A kept connection; made anew where it is gone or was idle too long.
struct connection {
  stream_target to;
  std::chrono::milliseconds timeout{10'000};
  std::chrono::milliseconds keep_alive{60'000};
  std::unique_ptr<blocking_stream> stream;
  std::chrono::steady_clock::time_point used{};

  result<batch_losses> send(const std::vector<std::string>& lines, const wait_end& end) {
    std::string text;
    for (const std::string& line : lines) text.append(line).append("\n");
    auto now = std::chrono::steady_clock::now();
    if (stream && (now - used > keep_alive || !stream->looks_alive())) stream.reset();
    if (!stream) {
      auto opened = blocking_stream::open(to, {timeout, end});
      if (!opened) return fail(opened.error());
      stream = std::move(*opened);
    }
    used = now;
    if (auto written = stream->write_long(text, timeout, end); !written) {
      stream.reset();
      return fail(written.error());
    }
    return {};
  }
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  const record& config = entry.config;
  auto ms = [&](std::string_view name) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(config.number(name)));
  };
  auto to = std::make_shared<connection>(connection{.to = {.host = config.text("host"),
                                                           .port = static_cast<std::uint16_t>(config.integer("port")),
                                                           .tls = config.flag("tls"),
                                                           .verify = false,
                                                           .server_name = config.text("tls_sni")},
                                                    .timeout = ms("timeout"),
                                                    .keep_alive = ms("keepalive")});
  std::shared_ptr<delivery_queue> queue;
  if (parts.logs)
    queue = parts.logs->queue(
        "tcp-log", entry.id, single_try(),
        [to](const std::vector<std::string>& batch, const wait_end& end) { return to->send(batch, end); });
  return std::make_unique<record_log>(std::move(queue), entry);
}

}  // namespace

plugin_kind tcp_log_kind() {
  return {.name = "tcp-log",
          .priority = 7,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
