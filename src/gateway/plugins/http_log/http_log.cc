// Log records to an HTTP server (K:kong/plugins/http-log/handler.lua).
#include <fmt/format.h>

#include "base/base64.h"
#include "gateway/config/checks.h"
#include "gateway/plugins/delivery/delivery.h"
#include "gateway/plugins/delivery/http_sender.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/record_log.h"

namespace mes::gateway {
namespace {

using enum field_type;

std::string check_own_header(std::string_view name) {
  for (std::string_view taken : {"host", "content-length", "content-type"})
    if (equals_ignoring_case(name, taken)) return fmt::format("cannot contain '{}' header", name);
  return check_header_name(name);
}

const schema& config_fields() {
  static const schema fields = {
      {.name = "http_endpoint", .required = true, .check = check_http_url, .referenceable = true},
      {.name = "method", .fallback = "\"POST\"", .one_of = {"POST", "PUT", "PATCH"}},
      {.name = "content_type",
       .fallback = "\"application/json\"",
       .one_of = {"application/json", "application/json; charset=utf-8"}},
      {.name = "timeout", .type = number, .fallback = "10000"},
      {.name = "keepalive", .type = number, .fallback = "60000"},
      {.name = "retry_count", .type = integer},
      {.name = "queue_size", .type = integer},
      {.name = "flush_timeout", .type = number},
      {.name = "headers", .type = text_map, .check_key = check_own_header, .referenceable = true},
      {.name = "queue", .type = mapping, .fields = &queue_fields()},
      custom_fields_by_lua(),
  };
  return fields;
}

void check(const record& config, const std::string& what, reporter& report) {
  auto url = http_url::parse(config.text("http_endpoint"));
  if (!url || url->user.empty() || config.is_null("headers")) return;
  for (const auto& [name, value] : config.at("headers").get_object())
    if (equals_ignoring_case(name, "authorization"))
      report.error(config.mark_of("headers"),
                   fmt::format("{}: specifying both an 'Authorization' header and user info in 'http_endpoint' is not "
                               "allowed",
                               what));
}

// What the handler needs; it outlives the plugin's instance.
struct destination {
  http_sender sender;
  std::string method;
  http_sender::fields headers;
  bool as_list = false;

  result<batch_losses> send(const std::vector<std::string>& entries, const wait_end& end) {
    std::string body = as_list ? fmt::format("[{}]", fmt::join(entries, ",")) : entries.front();
    auto answer = sender.send(method, headers, body, end);
    const http_url& to = sender.url();
    if (!answer)
      return fail(error_code::unavailable,
                  fmt::format("failed request to {}:{}: {}", to.host, to.port, answer.error().message));
    if (answer->status < 300) return {};
    return fail(error_code::unavailable, fmt::format("request to {}:{} returned status code {} and body {}", to.host,
                                                     to.port, answer->status, answer->body));
  }
};

std::shared_ptr<delivery_queue> queue_of(const record& config, deliveries& logs) {
  queue_options options = queue_options_of(config);
  auto ms = [&](std::string_view name) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(config.number(name)));
  };
  http_url url = *http_url::parse(config.text("http_endpoint"));
  http_sender::fields headers = {{"Content-Type", config.text("content_type")}};
  if (!url.user.empty()) headers.emplace_back("Authorization", "Basic " + base64_encode(url.user));
  if (!config.is_null("headers"))
    for (const auto& [name, value] : config.at("headers").get_object())
      headers.emplace_back(std::string_view(name), std::string_view(value.get_string()));
  auto to = std::make_shared<destination>(destination{.sender = http_sender(url, {.verify = false,
                                                                                  .connect_timeout = ms("timeout"),
                                                                                  .send_timeout = ms("timeout"),
                                                                                  .read_timeout = ms("timeout"),
                                                                                  .keep_alive = ms("keepalive")}),
                                                      .method = config.text("method"),
                                                      .headers = std::move(headers),
                                                      .as_list = options.batch_entries_max > 1});
  // Instances that send to the same place share a queue.
  std::string name =
      fmt::format("{}:{}:{}:{}:{}:{}", config.text("http_endpoint"), config.text("method"), config.text("content_type"),
                  config.number("timeout"), config.number("keepalive"),
                  config.is_null("retry_count") ? "nil" : fmt::format("{}", config.integer("retry_count")));
  return logs.queue("http-log", name, options,
                    [to](const std::vector<std::string>& batch, const wait_end& end) { return to->send(batch, end); });
}

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts& parts) {
  return std::make_unique<record_log>(parts.logs ? queue_of(entry.config, *parts.logs) : nullptr, entry);
}

}  // namespace

plugin_kind http_log_kind() {
  return {.name = "http-log",
          .priority = 12,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = check,
          .make = make};
}

}  // namespace mes::gateway
