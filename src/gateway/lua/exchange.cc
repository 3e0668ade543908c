#include "gateway/lua/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <lua.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/base64.h"
#include "base/instant.h"
#include "base/lower_case.h"
#include "gateway/lua/sandbox.h"
#include "gateway/lua/values.h"
#include "gateway/plugins/form_arguments.h"
#include "gateway/plugins/log_edits.h"
#include "gateway/plugins/log_record.h"
#include "gateway/plugins/node.h"
#include "gateway/plugins/plugin.h"
#include "gateway/plugins/request_views.h"
#include "gateway/plugins/uri_captures.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;
using std::string_view;

string_view scheme_of(const plugin_context& c) { return c.link->tls ? "https" : "http"; }
int status_of(const plugin_context& c) { return c.totals ? c.totals->status : c.response_status; }
string_view raw_path_of(const plugin_context& c) { return c.request->target.substr(0, c.request->target.find('?')); }

std::string header_name(string_view name) {
  std::string out = lower_case(name);
  std::ranges::replace(out, '_', '-');
  return out;
}

// The value of a field, of several the first.
json::value member(const json::object& fields, string_view name) {
  const json::value* found = fields.if_contains(header_name(name));
  if (!found) return nullptr;
  return found->is_array() ? found->get_array().front() : *found;
}

json::value argument_named(const plugin_context& c, string_view name) {
  const form_arguments query = form_arguments::parse(c.current_query());
  const auto* found = query.find(name);
  return found ? json::value(found->value.value_or("")) : json::value(nullptr);
}

// Entities as the configuration has them.
template <class Entity>
json::value entity(const Entity* which) {
  return which ? json::value(which->source.values) : json::value(nullptr);
}

json::value credential_of(const plugin_context& c) {
  if (c.credential_id.empty()) return nullptr;
  json::object out = {{"id", c.credential_id}};
  if (c.who) {
    out["consumer_id"] = c.who->id;
    out["consumer"] = json::object{{"id", c.who->id}};
  }
  return out;
}

string_view source_of(const plugin_context& c) {
  if (c.totals && c.totals->from_service) return "service";
  return c.answer ? "exit" : "error";
}

json::value record_of(const plugin_context& c) {
  auto made = log_record_of(c);
  return made ? json::value(std::move(*made)) : json::value(nullptr);
}

using reader = json::value (*)(const plugin_context&, string_view argument);
struct named_reader {
  string_view name;
  reader read;
};

// nginx' variables, of those that a gateway has. They are texts.
constexpr named_reader variables[] = {
    {"args", [](const plugin_context& c, string_view) { return json::value(c.current_query()); }},
    {"bytes_sent",
     [](const plugin_context& c, string_view) { return json::value(std::to_string(c.totals->bytes_out)); }},
    {"connection", [](const plugin_context& c, string_view) { return json::value(std::to_string(c.link->number)); }},
    {"connection_requests",
     [](const plugin_context& c, string_view) { return json::value(std::to_string(c.request_number)); }},
    {"host", [](const plugin_context& c, string_view) { return json::value(host_of(c)); }},
    {"is_args", [](const plugin_context& c, string_view) { return json::value(c.current_query().empty() ? "" : "?"); }},
    {"query_string", [](const plugin_context& c, string_view) { return json::value(c.current_query()); }},
    {"remote_addr", [](const plugin_context& c, string_view) { return json::value(c.client_address); }},
    {"request_id", [](const plugin_context& c, string_view) { return json::value(c.request_id); }},
    {"request_length",
     [](const plugin_context& c, string_view) { return json::value(std::to_string(c.totals->bytes_in)); }},
    {"request_method", [](const plugin_context& c, string_view) { return json::value(c.current_method()); }},
    {"request_time", [](const plugin_context& c,
                        string_view) { return json::value(fmt::format("{:.3f}", c.totals->request_ms / 1000)); }},
    {"request_uri", [](const plugin_context& c, string_view) { return json::value(c.request->target); }},
    {"scheme", [](const plugin_context& c, string_view) { return json::value(scheme_of(c)); }},
    {"server_addr", [](const plugin_context& c, string_view) { return json::value(c.link->own_address); }},
    {"server_port", [](const plugin_context& c, string_view) { return json::value(std::to_string(c.link->port)); }},
    {"status", [](const plugin_context& c, string_view) { return json::value(std::to_string(status_of(c))); }},
    {"upstream_uri", [](const plugin_context& c, string_view) { return json::value(c.upstream_target); }},
    {"uri", [](const plugin_context& c, string_view) { return json::value(c.path); }},
};

json::value variable(const plugin_context& c, string_view name) {
  for (const named_reader& one : variables)
    if (one.name == name) return one.read(c, {});
  auto rest = [&](string_view prefix) { return name.substr(prefix.size()); };
  if (name.starts_with("http_")) return member(headers_as_json(c), rest("http_"));
  if (name.starts_with("sent_http_")) return member(sent_head_as_json(c.sent_head), rest("sent_http_"));
  if (name.starts_with("arg_")) return argument_named(c, rest("arg_"));
  return nullptr;
}

// In the order of their names.
constexpr named_reader values[] = {
    {"base64.decode",
     [](const plugin_context&, string_view text) {
       auto bytes = base64_decode(text);
       return bytes ? json::value(*bytes) : json::value(nullptr);
     }},
    {"base64.encode", [](const plugin_context&, string_view text) { return json::value(base64_encode(text)); }},
    {"client.consumer", [](const plugin_context& c, string_view) { return entity(c.who); }},
    {"client.credential", [](const plugin_context& c, string_view) { return credential_of(c); }},
    {"client.ip", [](const plugin_context& c, string_view) { return json::value(c.client_address); }},
    {"headers", [](const plugin_context& c, string_view) { return json::value(headers_as_json(c)); }},
    {"node.hostname", [](const plugin_context&, string_view) { return json::value(host_name()); }},
    {"node.id", [](const plugin_context&, string_view) { return json::value(node_id()); }},
    {"now",
     [](const plugin_context&, string_view) {
       return json::value(std::floor(static_cast<double>(instant::now().microseconds) / 1000) / 1000);
     }},
    {"query", [](const plugin_context& c, string_view) { return json::value(query_as_json(c)); }},
    {"record", [](const plugin_context& c, string_view) { return record_of(c); }},
    {"request.host", [](const plugin_context& c, string_view) { return json::value(host_of(c)); }},
    {"request.http_version",
     [](const plugin_context& c, string_view) { return json::value(http_version_of(*c.request)); }},
    {"request.method", [](const plugin_context& c, string_view) { return json::value(c.current_method()); }},
    {"request.path", [](const plugin_context& c, string_view) { return json::value(c.path); }},
    {"request.port", [](const plugin_context& c, string_view) { return json::value(port_of(c)); }},
    {"request.raw_path", [](const plugin_context& c, string_view) { return json::value(raw_path_of(c)); }},
    {"request.raw_query", [](const plugin_context& c, string_view) { return json::value(c.current_query()); }},
    {"request.scheme", [](const plugin_context& c, string_view) { return json::value(scheme_of(c)); }},
    {"request.start_time", [](const plugin_context& c, string_view) { return json::value(c.started_us / 1000); }},
    {"request.target", [](const plugin_context& c, string_view) { return json::value(c.request->target); }},
    {"response.headers",
     [](const plugin_context& c, string_view) { return json::value(sent_head_as_json(c.sent_head)); }},
    {"response.source", [](const plugin_context& c, string_view) { return json::value(source_of(c)); }},
    {"response.status", [](const plugin_context& c, string_view) { return json::value(status_of(c)); }},
    {"router.route", [](const plugin_context& c, string_view) { return entity(c.on_route); }},
    {"router.service", [](const plugin_context& c, string_view) { return entity(c.to); }},
    {"service.response.status",
     [](const plugin_context& c, string_view) {
       const bool answered = !c.tries.empty() && c.tries.back().status > 0;
       return answered ? json::value(c.tries.back().status) : json::value(nullptr);
     }},
    {"var", variable},
};
static_assert(std::ranges::is_sorted(values, {}, &named_reader::name));

string_view text_at(lua_State* l, int index) {
  std::size_t bytes = 0;
  const char* text = luaL_optlstring(l, index, "", &bytes);
  return {text, bytes};
}

constexpr std::int64_t steps_of_an_answer = 50;  // it may be a whole record

// The value stays in the sandbox while it is pushed: Lua's errors, of memory here, leave this by a jump.
int ask(lua_State* l) {
  lua_sandbox& in = lua_sandbox::of(l);
  const string_view name = text_at(l, 1), argument = text_at(l, 2);
  const auto* found = std::ranges::lower_bound(values, name, {}, &named_reader::name);
  if (found == std::end(values) || found->name != name) return luaL_error(l, "there is no %s", lua_tostring(l, 1));
  in.spend(l, steps_of_an_answer);
  in.answer() = found->read(in.context(), argument);
  push_value(l, in.answer());
  return 1;
}

int edit(lua_State* l) {
  lua_sandbox& in = lua_sandbox::of(l);
  const string_view key = text_at(l, 1), mode = text_at(l, 3);
  if (is_too_deep(key)) return luaL_error(l, "a key has %d parts at most", static_cast<int>(key_parts_max));
  const char* wrong = nullptr;
  {
    auto& edits = in.context().log_changes;
    if (!edits) edits = std::make_shared<log_edits>();
    log_edit made{.key = std::string(key),
                  .how = mode == "add"       ? log_edit::mode::add
                         : mode == "replace" ? log_edit::mode::replace
                                             : log_edit::mode::set,
                  .value = value_at(l, 2, edits->bytes_left, wrong)};
    if (!wrong) edits->list.push_back(std::move(made));
  }
  if (wrong) return luaL_error(l, "the value of '%s' is, or has in it, %s", lua_tostring(l, 1), wrong);
  return 0;
}

int push_header_name(lua_State* l) {
  lua_sandbox::of(l).answer() = header_name(text_at(l, 1));
  push_value(l, lua_sandbox::of(l).answer());
  return 1;
}

int uri_captures_of(lua_State* l) {
  lua_sandbox& in = lua_sandbox::of(l);
  in.answer() = uri_captures(in.context());
  push_value(l, in.answer());
  return 1;
}

int log(lua_State* l) {
  lua_sandbox::of(l).tell(text_at(l, 1), text_at(l, 2));
  return 0;
}

}  // namespace

void push_exchange_functions(lua_State* l) {
  constexpr std::pair<const char*, lua_CFunction> functions[] = {
      {"ask", ask}, {"edit", edit}, {"header_name", push_header_name}, {"log", log}, {"uri_captures", uri_captures_of}};
  lua_createtable(l, 0, static_cast<int>(std::size(functions)));
  for (const auto& [name, function] : functions) {
    lua_pushcfunction(l, function);
    lua_setfield(l, -2, name);
  }
}

}  // namespace mes::gateway
