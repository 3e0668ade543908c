#include "service/dispatcher.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/utf8.h"
#include "service/idempotency.h"
#include "service/permissions.h"
#include "service/problem.h"

namespace mes::service {

struct exchange {
  runtime::http_request request;
  runtime::http_responder responder;
  const operation* op = nullptr;
  path_values path;
  cause why;
  observe::span_id parent{};
  json::value body;
  json::value prepared;
  reply answer;
  std::string serialized;  // of a cached answer
  std::string allow;       // for 405: the methods that the path takes
  std::vector<std::function<void()>> after_commit;
};

namespace {

// What both databases can hold as text: UTF-8 as in RFC 3629, without NUL.
bool is_text(std::string_view s) { return is_utf8(s) && s.find('\0') == std::string_view::npos; }

// A caller's request id goes into events, logs and headers: one that is no short visible ASCII is not taken.
bool is_request_id(std::string_view id) {
  constexpr std::size_t length_max = 128;
  return id.size() <= length_max && std::ranges::all_of(id, [](char c) { return c > ' ' && c < 0x7f; });
}

// The request's id and place in its trace: traceparent first, then X-Request-ID as a UUID, else a new one.
void read_cause(exchange& e) {
  e.why.now = e.request.received;
  if (std::string_view id = e.request.headers.get("X-Request-ID"); is_request_id(id)) e.why.request_id = id;
  if (auto parent = observe::trace_context::parse(e.request.headers.get("traceparent"))) {
    e.parent = parent->span;
    e.why.trace = parent->child();
  } else if (auto id = uuid::parse(e.why.request_id)) {
    e.why.trace = observe::trace_context::make_root(*id);
  } else {
    e.why.trace = observe::trace_context::make_root();
  }
  if (e.why.request_id.empty()) e.why.request_id = e.why.trace.request_id().to_string();
}

result<void> check_query(const operation& op, const runtime::http_request& request) {
  std::vector<field_error> wrong;
  for (const auto& [name, value] : request.query) {
    if (op.options.paged && (name == "cursor" || name == "limit")) continue;
    auto known = std::ranges::find(op.options.query, name, &query_parameter::name);
    if (known == op.options.query.end())
      wrong.push_back({"?" + name, "is no parameter of this operation"});
    else if (!known->one_of.empty() && std::ranges::find(known->one_of, value) == known->one_of.end())
      wrong.push_back({"?" + name, "is not one of the values that the operation lists"});
    else if (!is_text(value))
      wrong.push_back({"?" + name, "must be UTF-8 without NUL"});
  }
  if (wrong.empty()) return {};
  return fail({error_code::invalid_argument, "The query is not valid", std::move(wrong)});
}

result<json::value> parse_body(const operation& op, const runtime::http_request& request) {
  if (!op.input.json_schema) {
    if (request.body.empty() || request.body == "{}") return json::value();
    return fail(error_code::invalid_argument, "This operation takes no body");
  }
  // No body is an object without members: most actions have optional ones alone, the others name what is required.
  if (request.body.empty()) return json::object();
  std::string_view type = request.headers.get("Content-Type");
  type = type.substr(0, type.find(';'));
  if (type != "application/json" && !type.ends_with("+json"))
    return fail(error_code::unsupported_media_type, "Content-Type must be application/json");
  return wire::parse_json(request.body);
}

std::string audit_id_of(const exchange& e, const reply& r) {
  if (!r.audit_id.empty()) return r.audit_id;
  if (auto id = e.path.find("id"); id != e.path.end()) return id->second;
  if (const json::object* body = r.body.if_object())
    if (const json::value* id = body->if_contains("id"); id && id->is_string()) return std::string(id->get_string());
  return {};
}

void emit_audit(command& c, const exchange& e, const reply& r, std::string_view service) {
  std::string id = audit_id_of(e, r);
  c.emit("system.audit-log", id.empty() ? std::string(service) : id, 0,
         {{"service", std::string(service) + "-service"},
          {"action", e.op->options.id},
          {"method", e.request.method},
          {"path", e.request.path},
          {"resource_id", id},
          {"user_id", e.why.user.user_id},
          {"username", e.why.user.username},
          {"remote_address", e.request.remote_address},
          {"status", r.status},
          {"request_id", e.why.request_id},
          {"trace_id", e.why.trace.trace_hex()},
          {"time", e.why.now.to_string()}});
}

// The unit of work of a command: inside the writer's transaction.
result<void> apply(exchange& e, store::session& db, const api::state& surface) {
  auto key = read_idempotency_key(e.request, e.why);
  if (!key) return std::unexpected(key.error());
  // Without a user a stored answer would be anybody's, and those of logins are secrets.
  if (e.op->options.permission == "public") key->reset();
  if (*key) {
    auto stored = find_reply(db, **key);
    if (!stored) return std::unexpected(stored.error());
    if (*stored) {
      e.answer = std::move(**stored);
      return {};
    }
  }
  http_command c(db, e.why, e.request, e.path, e.prepared);
  result<reply> r = e.op->change(c, e.body);
  if (!r) return std::unexpected(r.error());
  if (e.op->options.audited) emit_audit(c, e, *r, surface.definition->name);
  write_events(db, c.take_events(), surface.source());
  if (*key) store_reply(db, **key, *r, e.why.now);
  e.after_commit = c.take_after_commit();
  e.answer = std::move(*r);
  return {};
}

std::string route_label(const operation* op, std::string_view base_path) {
  if (!op) return "unknown";
  return op->path == "/" ? std::string(base_path) : std::string(base_path) + op->path;
}

}  // namespace

dispatcher::dispatcher(std::shared_ptr<api::state> surface, authenticator& who, runtime::redis_client& cache)
    : _surface(std::move(surface)),
      _authenticator(who),
      _cache(cache),
      _calls(std::make_unique<runtime::worker_pool>(2, 256)),
      _openapi(json::serialize(build_openapi(*_surface))) {}
dispatcher::~dispatcher() = default;

void dispatcher::stop() { _calls.reset(); }

bool dispatcher::answer_reserved(const runtime::http_request& request, runtime::http_responder& responder) {
  using runtime::http_response;
  if (request.path == "/metrics") {
    http_response r = http_response::text(200, _surface->process->metrics().expose());
    r.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    responder.send(std::move(r));
  } else if (request.path == "/health/live") {
    responder.send(http_response::json(200, R"({"status":"live"})"));
  } else if (request.path == "/health/ready") {
    bool ready = _surface->process->is_ready();
    responder.send(
        http_response::json(ready ? 200 : 503, ready ? R"({"status":"ready"})" : R"({"status":"starting"})"));
  } else if (request.path == "/openapi.json") {
    responder.send(http_response::json(200, _openapi));
  } else {
    return false;
  }
  return true;
}

void dispatcher::handle(runtime::http_request request, runtime::http_responder responder) {
  if (answer_reserved(request, responder)) return;
  auto e = std::make_shared<exchange>(exchange{.request = std::move(request), .responder = std::move(responder)});
  read_cause(*e);
  if (!is_text(e->request.path)) {
    e->request.path = runtime::percent_encode(e->request.path);  // answers and logs are UTF-8
    return finish(*e, fail(error_code::invalid_argument, "The path must be UTF-8 without NUL"));
  }
  route(e);
}

void dispatcher::route(const std::shared_ptr<exchange>& e) {
  std::string_view path = e->request.path, base = _surface->definition->base_path;
  bool ours = path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/');
  match m = ours ? find_operation(_surface->operations, e->request.method, path.substr(base.size())) : match{};
  if (!m.found) {
    if (m.allowed.empty()) return finish(*e, fail(error_code::not_found, "There is no resource " + e->request.path));
    std::string allowed;
    for (const std::string& method : m.allowed) allowed += (allowed.empty() ? "" : ", ") + method;
    e->allow = allowed;
    return finish(*e, fail(error_code::method_not_allowed, e->request.path + " takes " + allowed));
  }
  e->op = m.found;
  e->path = std::move(m.values);
  if (e->op->options.permission == "public") {
    e->why.user = {.user_id = "anonymous", .username = "anonymous", .roles = {}};
    return read_body(e);
  }
  _authenticator.authenticate(e->request.headers.get("Authorization"),
                              [this, e](result<identity> who) { authorize(e, std::move(who)); });
}

void dispatcher::authorize(const std::shared_ptr<exchange>& e, result<identity> who) {
  if (!who) return finish(*e, std::unexpected(who.error()));
  e->why.user = std::move(*who);
  std::string_view wanted = e->op->options.permission;
  if (!wanted.empty() && !allowed(e->why.user.roles, wanted))
    return finish(*e, fail(error_code::permission_denied, "This needs the permission " + std::string(wanted)));
  read_body(e);
}

void dispatcher::read_body(const std::shared_ptr<exchange>& e) {
  if (auto fine = check_query(*e->op, e->request); !fine) return finish(*e, std::unexpected(fine.error()));
  if (!e->op->is_command()) return run_query(e);
  auto body = parse_body(*e->op, e->request);
  if (!body) return finish(*e, std::unexpected(body.error()));
  e->body = std::move(*body);
  if (!e->op->options.prepare) return run_command(e);
  bool queued = _calls->post([this, e] {
    result<json::value> prepared = e->op->options.prepare(e->why, e->request, e->path, e->body);
    if (!prepared) return finish_later(e, std::unexpected(prepared.error()));
    e->prepared = std::move(*prepared);
    run_command(e);
  });
  if (!queued) finish(*e, fail(error_code::unavailable, "Too many requests wait for other services; try again"));
}

void dispatcher::run_command(const std::shared_ptr<exchange>& e) {
  _surface->database->write([this, e](store::session& db) { return apply(*e, db, *_surface); },
                            [this, e](result<void> outcome) {
                              if (!outcome) return finish_later(e, std::unexpected(outcome.error()));
                              for (auto& step : e->after_commit) step();
                              finish_later(e, std::move(e->answer));
                            });
}

void dispatcher::run_query(const std::shared_ptr<exchange>& e) {
  auto ask = [this, e](store::session& db) {
    std::string key;
    if (e->op->options.cache_revision) {
      key = "mes:answer:" + std::string(_surface->definition->name) + ':' + e->request.target + ':' +
            e->op->options.cache_revision(db);
      if (auto cached = _cache.get(key); cached && *cached) {
        e->serialized = std::move(**cached);
        return finish_later(e, reply{});
      }
    }
    result<reply> answer = e->op->ask({db, e->why, e->request, e->path});
    if (answer && !key.empty()) {
      e->serialized = json::serialize(answer->body);
      // A cache that cannot be reached costs only the next reader's time.
      [[maybe_unused]] auto kept = _cache.set(key, e->serialized, std::chrono::seconds(60));
    }
    finish_later(e, std::move(answer));
  };
  _surface->database->read(ask, [this, e](error failure) { finish_later(e, std::unexpected(std::move(failure))); });
}

void dispatcher::finish_later(std::shared_ptr<exchange> e, result<reply> outcome) {
  _surface->process->loop().post(
      [this, e = std::move(e), outcome = std::move(outcome)]() mutable { finish(*e, std::move(outcome)); });
}

void dispatcher::finish(exchange& e, result<reply> outcome) {
  runtime::http_response response;
  if (!outcome) {
    response = problem(outcome.error(), e.request.path, e.why.request_id);
    if (!e.allow.empty()) response.headers.set("Allow", e.allow);  // RFC 9110, section 15.5.6
  } else {
    response.status = outcome->status;
    if (!e.serialized.empty())
      response.body = std::move(e.serialized);
    else if (!outcome->body.is_null())
      response.body = json::serialize(outcome->body);
    if (!response.body.empty())
      response.headers.set("Content-Type", response.status < 400 ? "application/json" : "application/problem+json");
    else if (response.status == 200)
      response.status = 204;
    if (outcome->version) response.headers.set("ETag", '"' + std::to_string(*outcome->version) + '"');
    if (!outcome->location.empty()) response.headers.set("Location", outcome->location);
    bool unchanged = outcome->version && !e.op->is_command() &&
                     e.request.headers.get("If-None-Match") == '"' + std::to_string(*outcome->version) + '"';
    if (unchanged) {
      response.status = 304;
      response.body.clear();
    }
  }
  response.headers.set("X-Request-ID", e.why.request_id);
  record(e, response.status, outcome ? nullptr : &outcome.error());
  e.responder.send(std::move(response));
}

void dispatcher::record(exchange& e, int status, const error* failure) {
  runtime::process& process = *_surface->process;
  instant now = instant::now();
  double seconds = static_cast<double>((now - e.request.received).count()) / 1e6;
  std::string route = route_label(e.op, _surface->definition->base_path);
  std::string method = e.op ? e.op->method : "other";
  observe::labels labels = {{"service", process.service_name()}, {"route", route}, {"method", method}};
  process.metrics()
      .make_histogram("http_request_duration_seconds", "Time from the request's head to its answer", labels)
      .observe(seconds);
  labels.emplace_back("status", std::to_string(status));
  process.metrics().make_counter("http_requests_total", "Requests answered", labels).add();

  bool our_fault = status >= 500;
  if (failure || e.op->is_command()) {
    observe::level level = our_fault ? observe::level::error : failure ? observe::level::warn : observe::level::info;
    process.log().write(level, failure ? failure->message : std::string(e.op->options.summary),
                        {{"method", e.request.method},
                         {"path", e.request.path},
                         {"status", std::int64_t{status}},
                         {"duration_ms", seconds * 1000}},
                        {.trace = &e.why.trace, .request_id = e.why.request_id, .user_id = e.why.user.user_id});
  }
  std::string name = method + ' ' + route, status_text = std::to_string(status);
  const observe::attribute attributes[] = {{"http.request.method", e.request.method},
                                           {"http.route", route},
                                           {"url.path", e.request.path},
                                           {"http.response.status_code", status_text},
                                           {"request.id", e.why.request_id}};
  process.spans().record({.context = e.why.trace,
                          .parent = e.parent,
                          .name = name,
                          .kind = observe::span_kind::server,
                          .start = e.request.received,
                          .end = now,
                          .failed = our_fault,
                          .attributes = attributes});
}

}  // namespace mes::service
