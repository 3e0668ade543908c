#include "gateway/plugins/plugin.h"

#include <ctime>

#include "gateway/http/error_text.h"
#include "observe/log.h"

namespace mes::gateway {
namespace {

// The time of the kernel's last tick, some milliseconds late and a fraction of the cost: what plugins count are
// seconds.
class system_clock final : public wall_clock {
 public:
  std::int64_t now_ms() const override { return read(CLOCK_REALTIME_COARSE); }
  std::int64_t steady_ms() const override { return read(CLOCK_MONOTONIC_COARSE); }

 private:
  static std::int64_t read(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
  }
};

}  // namespace

const wall_clock& system_wall_clock() {
  static const system_clock clock;
  return clock;
}

std::optional<std::string_view> plugin_context::upstream_header(const field_name& name) const {
  const header_edit* e = upstream_headers.find(name);
  if (e && e->what != header_edit::kind::add)
    return e->what == header_edit::kind::set ? std::optional(e->value) : std::nullopt;
  if (const header_view* sent = says_who(name.id) ? nullptr : request->headers.find(name)) return sent->value;
  return e ? std::optional(e->value) : std::nullopt;
}

std::vector<std::string_view> plugin_context::upstream_header_values(const field_name& name) const {
  std::vector<std::string_view> values;
  for (const header_view& h : request->headers)
    if (name == field_name(h.name, h.id) && !says_who(h.id) && !upstream_headers.replaces(h)) values.push_back(h.value);
  for (const header_edit& e : upstream_headers)
    if (name == e.name && e.what != header_edit::kind::clear) values.push_back(e.value);
  return values;
}

std::optional<std::string_view> plugin_context::response_header(const field_name& name) const {
  if (const header_edit* e = response_headers.find(name); e && e->what != header_edit::kind::add) {
    if (e->what == header_edit::kind::clear) return std::nullopt;
    return e->value;
  }
  if (response) {
    if (const header_view* h = response->headers.find(name)) return h->value;
  } else if (!local_content_type.empty() && name.id == field_id::content_type) {
    return local_content_type;
  }
  const header_edit* added = response_headers.find(name);
  return added ? std::optional<std::string_view>(added->value) : std::nullopt;
}

std::vector<std::string_view> plugin_context::response_header_values(const field_name& name) const {
  std::vector<std::string_view> values;
  if (response)
    for (const header_view& h : response->headers)
      if (name == field_name(h.name, h.id) && !response_headers.replaces(h)) values.push_back(h.value);
  if (!response && !local_content_type.empty() && name.id == field_id::content_type && !response_headers.find(name))
    values.push_back(local_content_type);
  for (const header_edit& e : response_headers)
    if (name == e.name && e.what != header_edit::kind::clear) values.push_back(e.value);
  return values;
}

void plugin_context::reset() {
  if (!states.empty()) states.clear();
  request = nullptr;
  link = nullptr;
  request_number = 0;
  path = query = client_address = request_id = {};
  client_port = 0;
  asked = {};
  match = nullptr;
  on_route = nullptr;
  to = nullptr;
  who = nullptr;
  credential_id.clear();
  upstream_headers.reset();
  response_headers.reset();
  answer.reset();
  flags = 0;
  upstream_method.reset();
  upstream_path.reset();
  upstream_query.reset();
  upstream_body.reset();
  path_handled = false;
  request_body.reset();
  request_body_max = UINT64_MAX;
  response = nullptr;
  response_status = 0;
  local_content_type = {};
  hold_body = watch_body = rewrite_body = want_sent_head = false;
  response_trailers = nullptr;
  replace_status.reset();
  sent_head.clear();
  upstream_target = upstream_host = {};
  tries.clear();
  spans = nullptr;
  parts = {};
  passed_over = false;
  started_us = sent_after_us = answered_after_us = 0;
  totals = nullptr;
  lua = nullptr;
  log_changes.reset();
  waited = false;
  wait_ms = 0;
}

verdict plugin_context::exit_message(int status, std::string_view message) {
  std::string body = "{\"message\":";
  observe::append_json_string(body, message);
  body += '}';
  return exit_json(status, std::move(body));
}

verdict plugin_context::exit_json(int status, std::string json) {
  answer = local_response{.status = status, .body = std::move(json), .content_type = "application/json; charset=utf-8"};
  return verdict::respond;
}

verdict plugin_context::exit_error(int status, std::string_view message) {
  error_text text = make_error(message.empty() ? message_of(status) : message, request->headers.get(field_id::accept),
                               "application/json");
  answer = local_response{.status = status, .body = std::move(text.body), .content_type = text.content_type};
  return verdict::respond;
}

}  // namespace mes::gateway
