#include "gateway/admin/admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "gateway/plugins/plugin.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;
using runtime::http_request;
using runtime::http_response;

http_response reply(int status, const json::value& body) { return http_response::json(status, json::serialize(body)); }
http_response message(int status, std::string_view text) { return reply(status, {{"message", text}}); }
http_response not_found() { return message(404, "Not found"); }

// A collection: its entities with the names that they can be asked for by.
template <class Entity>
http_response list_or_one(const std::vector<Entity>& all, std::string_view key,
                          const std::function<bool(const Entity&)>& named) {
  if (key.empty()) {
    json::array data;
    for (const Entity& e : all) data.push_back(e.source.values);
    return reply(200, {{"data", std::move(data)}, {"next", nullptr}});
  }
  auto found = std::ranges::find_if(all, named);
  return found == all.end() ? not_found() : reply(200, found->source.values);
}

http_response entities(const configuration& all, std::string_view name, std::string_view key) {
  if (name == "services")
    return list_or_one<service>(all.services, key, [&](const service& s) { return s.id == key || s.name == key; });
  if (name == "routes")
    return list_or_one<route>(all.routes, key, [&](const route& r) { return r.id == key || r.name == key; });
  if (name == "consumers")
    return list_or_one<consumer>(all.consumers, key,
                                 [&](const consumer& c) { return c.id == key || c.username == key; });
  if (name == "plugins")
    return list_or_one<plugin_entry>(all.plugins, key, [&](const plugin_entry& p) { return p.id == key; });
  if (name == "upstreams")
    return list_or_one<upstream>(all.upstreams, key, [&](const upstream& u) { return u.id == key || u.name == key; });
  return not_found();
}

http_response information(const admin_view& view) {
  json::object available;
  for (const plugin_kind& kind : all_plugins())
    available[kind.name] = {{"version", "3.4.2"}, {"priority", kind.priority}};
  return reply(200, {{"version", "3.4.2"},
                     {"tagline", "mes gateway, a drop-in for Kong 3.4"},
                     {"edition", "community"},
                     {"configuration", {{"database", "off"}, {"router_flavor", "traditional_compatible"}}},
                     {"generation", view.generation()},
                     {"plugins", {{"available_on_server", std::move(available)}}}});
}

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

http_response post_config(const admin_view& view, const http_request& request) {
  std::string text = posted_config(request);
  if (text.empty()) return reply(400, {{"message", "expected a declarative configuration"}});
  if (request.query_value("check_hash") == "1" && text == view.config()->text)
    return http_response{.status = 304, .headers = {}, .body = {}};
  if (auto loaded = view.load(std::move(text)); !loaded) {
    json::array findings;
    for (const field_error& f : loaded.error().fields) findings.push_back(json::string(f.message));
    return reply(400, {{"code", 14},
                       {"name", "invalid declarative configuration"},
                       {"message", loaded.error().message},
                       {"findings", std::move(findings)}});
  }
  const auto all = view.config();
  return reply(201, {{"generation", view.generation()},
                     {"services", all->services.size()},
                     {"routes", all->routes.size()},
                     {"plugins", all->plugins.size()},
                     {"consumers", all->consumers.size()}});
}

http_response health(bool fine) { return reply(fine ? 200 : 503, {{"status", fine ? "ok" : "starting"}}); }

}  // namespace

http_response answer_admin(const admin_view& view, const http_request& request) {
  std::string_view path = request.path;
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  if (path == "/config" && request.method == "POST") return post_config(view, request);
  if (request.method != "GET" && request.method != "HEAD") {
    std::string_view name =
        path.substr(1, path.find('/', 1) == std::string_view::npos ? path.npos : path.find('/', 1) - 1);
    return message(405, fmt::format("cannot create, update or delete '{}' entities when not using a database", name));
  }
  if (path == "/") return information(view);
  if (path == "/status") return http_response::json(200, view.status());
  if (path == "/metrics") {
    http_response r = http_response::text(200, view.metrics());
    r.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return r;
  }
  if (path == "/health/live") return health(true);
  if (path == "/health/ready") return health(view.ready());
  if (path == "/config") return reply(200, {{"config", view.config()->text}});
  std::size_t slash = path.find('/', 1);
  std::string_view name = path.substr(1, slash == std::string_view::npos ? slash : slash - 1);
  std::string_view key = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  return entities(*view.config(), name, key);
}

}  // namespace mes::gateway
