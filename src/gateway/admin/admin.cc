#include "gateway/admin/admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "gateway/admin/cached_responses.h"
#include "gateway/admin/entity_api.h"
#include "gateway/admin/entity_place.h"
#include "gateway/admin/flattened_errors.h"
#include "gateway/admin/node_api.h"
#include "gateway/admin/paging.h"
#include "gateway/admin/refusal.h"
#include "gateway/admin/schema_text.h"
#include "gateway/admin/upstream_health.h"
#include "gateway/http/field_id.h"
#include "gateway/plugins/plugin.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;
using runtime::http_request;
using runtime::http_response;
using segments = std::vector<std::string>;

// The configuration in the body: as JSON {"config": "<text>"}, as a form's part or field "config", or as it stands.
std::string posted_config(const http_request& request) {
  std::string_view type = request.headers.get("Content-Type");
  std::string_view body = request.body;
  if (type.starts_with("application/json")) {
    boost::system::error_code failure;
    json::value value = json::parse(json::string_view(body.data(), body.size()), failure);
    const json::value* text = !failure && value.is_object() ? value.get_object().if_contains("config") : nullptr;
    return text && text->is_string() ? std::string(text->get_string().c_str()) : std::string(body);
  }
  if (type.starts_with("application/x-www-form-urlencoded")) {
    for (const auto& [name, value] : runtime::parse_query(body))
      if (name == "config") return value;
    return std::string(body);
  }
  if (type.starts_with("multipart/form-data")) {
    std::size_t head = body.find("name=\"config\""),
                text = head == std::string_view::npos ? head : body.find("\r\n\r\n", head);
    if (text == std::string_view::npos) return {};
    std::string_view boundary = body.substr(0, body.find("\r\n"));
    std::size_t end = body.find(fmt::format("\r\n{}", boundary), text);
    return std::string(body.substr(text + 4, end == std::string_view::npos ? end : end - text - 4));
  }
  return std::string(body);
}

http_response refuse_config(const error& why) {
  if (why.code != error_code::invalid_argument) return reply(plain(http_status_of(why.code), why.message));
  json::array findings;
  for (const field_error& f : why.fields) findings.push_back(json::string(f.message));
  return reply(400, json::object{{"code", 14},
                                 {"name", "invalid declarative configuration"},
                                 {"message", why.message},
                                 {"findings", std::move(findings)}});
}

// As Kong's truthy() (kong/api/routes/config.lua).
bool is_true(std::string_view value) {
  constexpr std::string_view words[] = {"1", "true", "on", "yes"};
  return std::ranges::any_of(words, [&](std::string_view w) { return equals_ignoring_case(w, value); });
}

http_response refuse_config_by_entity(const error& why, const std::string& text) {
  flattened_errors found = flatten_errors(text);
  std::string message = found.fields.empty() && found.entities.empty() ? why.message : lua_text(found.fields);
  return reply(400, json::object{{"code", 14},
                                 {"name", "invalid declarative configuration"},
                                 {"message", fmt::format("declarative config is invalid: {}", message)},
                                 {"fields", std::move(found.fields)},
                                 {"flattened_errors", std::move(found.entities)}});
}

http_response post_config(const admin_view& view, const http_request& request, const segments&) {
  std::string text = posted_config(request);
  if (text.empty()) return reply(plain(400, "expected a declarative configuration"));
  if (request.query_value("check_hash") == "1" && text == view.store.config_text())
    return http_response{.status = 304, .headers = {}, .body = {}};
  const auto posted = view.store.post(text);
  view.posted(posted);
  if (!posted) {
    bool by_entity =
        posted.error().code == error_code::invalid_argument && is_true(request.query_value("flatten_errors"));
    return by_entity ? refuse_config_by_entity(posted.error(), text) : refuse_config(posted.error());
  }
  json::object all;
  const auto document = view.store.entities();
  for (const entity_kind& kind : entity_kinds())
    for (const auto& [id, entity] : document->of(kind)) {
      json::value& of_kind = all[kind.name];
      if (of_kind.is_null()) of_kind.emplace_object();
      of_kind.get_object()[id] = *entity;
    }
  return reply(201, all);
}

http_response show_config(const admin_view& view, const http_request&, const segments&) {
  return reply(200, json::object{{"config", view.store.config_text()}});
}

// Ours: how many entities the Admin API has written over the file, and where a later file says otherwise.
http_response show_writes(const admin_view& view, const http_request&, const segments&) {
  json::array conflicts;
  for (const write_conflict& c : view.store.conflicts())
    conflicts.push_back({{"entity_name", c.kind}, {"entity_id", c.id}, {"message", c.what}});
  return reply(200, json::object{{"written", view.store.writes()}, {"conflicts", std::move(conflicts)}});
}

http_response forget_writes(const admin_view& view, const http_request&, const segments&) {
  if (auto done = view.store.forget_writes(); !done) return refuse_config(done.error());
  return {.status = 204, .headers = {}, .body = {}};
}

http_response show_metrics(const admin_view& view, const http_request&, const segments&) {
  http_response r = http_response::text(200, view.metrics());
  r.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  return r;
}

http_response health(bool fine) { return reply(fine ? 200 : 503, json::object{{"status", fine ? "ok" : "starting"}}); }
http_response show_live(const admin_view&, const http_request&, const segments&) { return health(true); }
http_response show_ready(const admin_view& view, const http_request&, const segments&) { return health(view.ready()); }

http_response show_plugin_names(const admin_view&, const http_request&, const segments&) {
  json::array names;
  for (const plugin_kind& kind : all_plugins()) names.push_back(json::value(kind.name));
  return reply(200, json::object{{"enabled_plugins", std::move(names)}});
}

http_response show_plugin_schema(const admin_view&, const http_request&, const segments& path) {
  const plugin_kind* kind = find_plugin_kind(path[2]);
  if (!kind) return reply(plain(404, fmt::format("No plugin named '{}'", path[2])));
  return reply(200, path[0] == "schemas" ? describe_plugin(*kind) : describe_plugin_config(*kind));
}

refusal no_entity(const std::string& name) { return plain(404, fmt::format("No entity named '{}'", name)); }

http_response show_entity_schema(const admin_view&, const http_request&, const segments& path) {
  const entity_kind* kind = find_entity_kind(path[1]);
  return kind ? reply(200, describe_entity(*kind)) : reply(no_entity(path[1]));
}

http_response validate(const admin_view& view, const http_request& request, const segments& path) {
  const entity_kind* kind = find_entity_kind(path[1]);
  if (!kind) return reply(no_entity(path[1]));
  if (auto refused = validate_entity(*view.store.entities(), *kind, request)) return reply(*refused);
  return reply(200, json::object{{"message", "schema validation successful"}});
}

// /tags, /tags/{tag}: one entry for each tag of each entity.
http_response list_tags(const admin_view& view, const http_request& request, const segments& path) {
  auto query = read_page_query(request);
  if (!query) return reply(query.error());
  std::vector<entity_ptr> entries;
  const auto all = view.store.entities();
  for (const entity_kind& kind : entity_kinds())
    for (const auto& [id, entity] : all->of(kind)) {
      const json::value* tags = entity->if_contains("tags");
      if (!tags || !tags->is_array()) continue;
      for (const json::value& tag : tags->get_array())
        if (path.size() == 1 || tag == json::value(path[1]))
          entries.push_back(std::make_shared<json::object>(
              json::object{{"entity_name", kind.name}, {"entity_id", id}, {"tag", tag}}));
    }
  std::string here = path.size() == 1 ? "/tags" : fmt::format("/tags/{}", path[1]);
  return reply(200, page_of(entries, *query, here, false, [](const json::object& entry) { return entry; }));
}

http_response list_endpoints(const admin_view& view, const http_request& request, const segments& path);

struct endpoint {
  std::string_view method, path;  // "{}" is any one part
  http_response (*answer)(const admin_view&, const http_request&, const segments&);
};

constexpr auto endpoints = std::to_array<endpoint>({
    {"GET", "/", show_information},
    {"GET", "/config", show_config},
    {"POST", "/config", post_config},
    {"GET", "/config/writes", show_writes},
    {"DELETE", "/config/writes", forget_writes},
    {"GET", "/debug/node/log-level", show_log_level},
    {"PUT", "/debug/node/log-level/{}", set_log_level},
    {"GET", "/endpoints", list_endpoints},
    {"GET", "/health/live", show_live},
    {"GET", "/health/ready", show_ready},
    {"GET", "/metrics", show_metrics},
    {"GET", "/plugins/enabled", show_plugin_names},
    {"GET", "/plugins/schema/{}", show_plugin_schema},
    {"DELETE", "/proxy-cache", forget_all_cached},
    {"GET", "/proxy-cache/{}", show_cached},
    {"DELETE", "/proxy-cache/{}", forget_cached},
    {"GET", "/proxy-cache/{}/caches/{}", show_cached},
    {"DELETE", "/proxy-cache/{}/caches/{}", forget_cached},
    {"POST", "/schemas/{}/validate", validate},
    {"GET", "/schemas/plugins/{}", show_plugin_schema},
    {"GET", "/schemas/{}", show_entity_schema},
    {"GET", "/status", show_status},
    {"GET", "/tags", list_tags},
    {"GET", "/tags/{}", list_tags},
    {"GET", "/upstreams/{}/health", show_health},
    {"PUT", "/upstreams/{}/targets/{}/healthy", set_health},
    {"PUT", "/upstreams/{}/targets/{}/unhealthy", set_health},
    {"PUT", "/upstreams/{}/targets/{}/{}/healthy", set_health},
    {"PUT", "/upstreams/{}/targets/{}/{}/unhealthy", set_health},
});

bool fits(std::string_view pattern, const segments& path) {
  segments parts = segments_of(pattern);
  return std::ranges::equal(parts, path, [](const auto& a, const auto& b) { return a == "{}" || a == b; });
}

http_response list_endpoints(const admin_view&, const http_request&, const segments&) {
  std::set<std::string> paths;
  for (const endpoint& e : endpoints) paths.emplace(e.path);
  for (const entity_kind& kind : entity_kinds()) {
    if (kind.name == "targets") continue;
    std::string whole = fmt::format("/{}", path_name_of(kind)), one = whole + "/{}";
    paths.insert({whole, one});
    for (const entity_kind* child : nested_kinds(kind)) {
      std::string below = fmt::format("{}/{}", one, nested_name_of(*child));
      paths.insert({below, below + "/{}"});
    }
    for (const field& f : kind.fields())
      if (!f.to.empty() && kind.name != "snis") paths.insert(fmt::format("{}/{}", one, f.name));
  }
  return reply(200, json::object{{"data", json::array(paths.begin(), paths.end())}});
}

bool changes_entities(const http_request& request) {
  static constexpr auto methods = std::to_array<std::string_view>({"POST", "PUT", "PATCH", "DELETE"});
  return std::ranges::find(methods, request.method) != methods.end();
}

// Nothing if it is of those that entities have.
std::optional<http_response> answer_alone(const admin_view& view, const http_request& request, const segments& path) {
  std::string allowed;
  for (const endpoint& e : endpoints) {
    if (!fits(e.path, path)) continue;
    allowed.append(e.method).append(e.method == "GET" ? ", HEAD, " : ", ");
    if (e.method == request.method || (e.method == "GET" && request.method == "HEAD"))
      return e.answer(view, request, path);
  }
  if (allowed.empty()) return std::nullopt;
  return request.method == "OPTIONS" ? options_answer(allowed + "OPTIONS") : reply(plain(405, "Method not allowed"));
}

}  // namespace

std::vector<std::string> segments_of(std::string_view target) {
  std::vector<std::string> out;
  target = target.substr(0, target.find_first_of("?#"));
  while (!target.empty()) {
    std::size_t end = target.find('/');
    if (end != 0) out.push_back(runtime::percent_decode(target.substr(0, end)));
    target = end == std::string_view::npos ? std::string_view() : target.substr(end + 1);
  }
  return out;
}

http_response reply(int status, const json::value& body) {
  http_response out = http_response::json(status, json::serialize(body));
  out.headers.set("Content-Type", "application/json; charset=utf-8");
  return out;
}

http_response options_answer(std::string_view allowed) {
  http_response out{.status = 204, .headers = {}, .body = {}};
  for (const char* name : {"Allow", "Access-Control-Allow-Methods"}) out.headers.set(name, allowed);
  out.headers.set("Access-Control-Allow-Headers", "Content-Type");
  return out;
}

http_response reply(const refusal& refused) {
  if (refused.body.empty()) return {.status = refused.status, .headers = {}, .body = {}};
  return reply(refused.status, refused.body);
}

void answer_admin(const admin_view& view, http_request request, runtime::http_responder responder) {
  auto send = [view, started = instant::now(), responder = std::move(responder)](http_response answer) mutable {
    answer.headers.set("X-Kong-Admin-Latency", fmt::format("{}", instant::now().ms() - started.ms()));
    answer.headers.set("X-Mes-Generation", fmt::format("{}", view.generation()));
    responder.send(std::move(answer));
  };
  segments path = segments_of(request.target);
  // As page_for_upstream_raw of Kong: all targets are there in any case.
  if (path.size() == 4 && path[0] == "upstreams" && path[2] == "targets" && path[3] == "all") path.pop_back();
  if (auto alone = answer_alone(view, request, path)) return send(std::move(*alone));
  auto place = find_place(path);
  if (!place) return send(reply(plain(404, "Not found")));
  if (changes_entities(request)) return view.writes.add(std::move(request), std::move(*place), std::move(send));
  entity_draft draft(view.store);
  send(answer_entities(draft, request, std::move(*place)));
}

}  // namespace mes::gateway
