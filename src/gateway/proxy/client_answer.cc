// An answer of our own, instead of a service's: refusals, and what plugins say.
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "gateway/plugins/json_text.h"
#include "gateway/proxy/client_exchange.h"
#include "gateway/proxy/heads.h"
#include "gateway/proxy/worker.h"
#include "runtime/grpc_message.h"

namespace mes::gateway {
namespace {

bool is_grpc(const request_head& request) {
  return request.http2 && request.headers.get(field_id::content_type).starts_with("application/grpc");
}

// Of what a service has said to HEAD: the length of GET's body, if it has said one (RFC 9110, section 8.6).
std::optional<std::size_t> said_length(const header_edits& fields) {
  const header_edit* said = fields.find("Content-Length");
  std::size_t length = 0;
  if (!said || std::from_chars(said->value.data(), said->value.data() + said->value.size(), length).ec != std::errc())
    return std::nullopt;
  return length;
}

std::optional<std::size_t> length_to_tell(const local_response& answer, bool to_head, const header_edits& fields) {
  if (answer.as_from_service && (to_head || answer.status == 304)) return said_length(fields);
  if (is_bodiless(answer.status)) return std::nullopt;
  return answer.body_text().size();
}

// kong/pdk/response.lua
int grpc_status_of(int http_status) {
  switch (http_status) {
    case 200:
      return 0;
    case 400:
      return 3;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 5;
    case 409:
      return 6;
    case 429:
      return 8;
    case 499:
      return 1;
    case 500:
      return 13;
    case 501:
      return 12;
    case 503:
      return 14;
    case 504:
      return 4;
    default:
      return http_status >= 500 ? 13 : http_status >= 400 ? 3 : http_status / 100 == 2 ? 0 : 2;
  }
}

// Of an answer of our own: the message of {"message":"…"}, or a text without a type.
std::optional<std::string> message_in(const local_response& answer) {
  if (answer.content_type.empty() && !answer.body.empty()) return answer.body;
  const auto body = cjson_decode(answer.body);
  const auto* object = body ? body->if_object() : nullptr;
  const auto* message = object ? object->if_contains("message") : nullptr;
  if (!message || !message->is_string()) return std::nullopt;
  return std::string(message->get_string());
}

// An answer of our own, for a client that looks at fields alone.
void speak_grpc(local_response& answer, header_edits& fields) {
  if (!fields.find("grpc-status")) fields.set("grpc-status", std::to_string(grpc_status_of(answer.status)));
  if (const auto said = message_in(answer); said && !fields.find("grpc-message"))
    fields.set("grpc-message", runtime::grpc_message(*said));
  answer.content_type = "application/grpc";
  answer.body.clear();
}

}  // namespace

bool client_exchange::refuse(int status) {
  if (_x->holding) drop_held_response();
  if (_x->head_received) {  // too late for another answer: the client sees that this one is cut off
    abort();
    return true;
  }
  // What nginx finds out goes by Accept, then by the request's type, then as plain text.
  const header_table& headers = _x->request.headers;
  std::string_view type = headers.get(field_id::content_type);
  _x->service_failed = _x->tries > 0 && (status == 502 || status == 504);
  if (is_grpc(_x->request)) type = "application/json";
  error_text text = make_error(message_of(status), headers.get(field_id::accept), type.empty() ? "text/plain" : type);
  return respond(status, text.body, text.content_type);
}

bool client_exchange::refuse(int status, std::string_view message, std::string_view upgrade) {
  error_text text = make_error(message, _x->request.headers.get(field_id::accept), "application/json");
  return respond(status, text.body, text.content_type, upgrade);
}

// After a short circuit the later plugins run their header phase too; what no route takes has the global ones.
void client_exchange::filter_headers() {
  exchange& x = *_x;
  if (x.filtered) return;
  x.filtered = true;
  x.end_part();  // of a plugin that has not answered in time
  const auto& chain = x.route ? x.route->chain : x.plan->current->global_chain();
  for (const plugin_slot& slot : chain)
    if (const plugin* p = slot.choose(x.context.who)) {
      if (x.timed.plugin_header_filter) x.begin_part("kong.header_filter.plugin.", slot.name);
      p->header_filter(x.context);
      x.end_part();
    }
}

bool client_exchange::respond(int status, std::string_view body, std::string_view content_type,
                              std::string_view upgrade, std::string_view location) {
  return respond({.status = status, .body = std::string(body), .content_type = content_type}, upgrade, location);
}

bool client_exchange::respond(local_response answer, std::string_view upgrade, std::string_view location) {
  exchange& x = *_x;
  release_upstream(false);
  x.context.response = nullptr;
  x.context.response_status = answer.status;
  x.context.local_content_type = answer.content_type;
  if (is_grpc(x.request) && !answer.as_from_service) speak_grpc(answer, x.context.response_headers);
  filter_headers();
  if (x.context.replace_status) answer = {.status = *x.context.replace_status};
  if (x.context.hold_body) hold_answer(answer);
  if (!x.request_body.done) leave_request_body();
  x.totals.status = answer.status;
  x.totals.from_service = answer.as_from_service;
  x.answered_us = net_loop::clock_us();
  const bool to_head = x.request.method == "HEAD", head_only = to_head || is_bodiless(answer.status);
  if (answer.status < 200) x.keep_alive = false;  // a client goes on to wait
  std::size_t before = _out.size();
  write_local({.status = answer.status,
               .content_type = answer.content_type,
               .body_bytes = length_to_tell(answer, to_head, x.context.response_headers),
               .date = _worker.http_date(),
               .latency_ms = (x.answered_us - x.started_us) / 1000,
               .upstream_ms = x.service_failed ? (x.answered_us - std::max(x.sent_us, x.started_us)) / 1000 : 0,
               .keep_alive = x.keep_alive,
               .edits = &x.context.response_headers,
               .upgrade = upgrade,
               .location = location,
               .service_failed = x.service_failed,
               .as_from_service = answer.as_from_service},
              !head_only && !answer.body_text().empty());
  keep_sent_head(before);
  if (x.context.watch_body) watch_body(answer.body_text(), true);
  if (!head_only) _out.append(answer.body);
  if (!head_only) x.rest = std::move(answer.shared_body);
  _state = state::answering;
  return true;
}

// A plugin changes a body of its own; one that others share is copied, within the bound of what is held.
void client_exchange::hold_answer(local_response& answer) {
  if (answer.shared_body && !_worker.hold(*_x, answer.shared_body->size())) {
    _x->context.response_headers.reset();
    error_text text = make_error("The gateway holds as many bodies as it may already",
                                 _x->request.headers.get(field_id::accept), "application/json");
    answer = {.status = 503, .body = std::move(text.body), .content_type = text.content_type};
    return;
  }
  if (answer.shared_body) answer.body = *answer.shared_body;
  answer.shared_body = nullptr;
  transform_body(answer.body);
}

}  // namespace mes::gateway
