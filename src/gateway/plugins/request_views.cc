#include "gateway/plugins/request_views.h"

#include <boost/json/array.hpp>

#include "base/lower_case.h"
#include "gateway/http/authority.h"
#include "gateway/plugins/form_arguments.h"
#include "gateway/plugins/json_text.h"
#include "gateway/plugins/multipart.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

void put(json::object& out, const std::string& name, json::value value) {
  auto [at, fresh] = out.emplace(name, value);
  if (fresh) return;
  if (!at->value().is_array()) at->value() = json::array{at->value()};
  at->value().get_array().push_back(std::move(value));
}

json::object arguments_as_json(const form_arguments& arguments) {
  json::object out;
  for (const auto& a : arguments)
    put(out, a.name, a.value ? json::value(std::string_view(*a.value)) : json::value(true));
  return out;
}

}  // namespace

json::object headers_as_json(const plugin_context& c) {
  json::object out;
  for (const header_view& h : c.request->headers)
    if (!says_who(h.id) && !c.upstream_headers.replaces(h)) put(out, lower_case(h.name), json::value(h.value));
  for (const header_edit& e : c.upstream_headers)
    if (e.what != header_edit::kind::clear) put(out, lower_case(e.name.text), json::value(std::string_view(e.value)));
  return out;
}

json::object query_as_json(const plugin_context& c) {
  return arguments_as_json(form_arguments::parse(c.current_query()));
}

json::value body_as_json(const plugin_context& c) {
  const std::string_view type = c.request->headers.get(field_id::content_type), text = *c.request_body;
  if (is_urlencoded(type)) {
    const auto read = form_arguments::parse_body(text);
    return read ? json::value(arguments_as_json(*read)) : json::value(nullptr);
  }
  if (is_json(type)) {
    auto read = cjson_decode_body(text);
    return read && (read->is_object() || read->is_array()) ? std::move(*read) : json::value(nullptr);
  }
  if (!is_multipart(type)) return nullptr;
  const auto form = multipart_form::parse(text, type);
  if (!form) return nullptr;
  json::object out;
  for (const auto& part : form->parts()) put(out, part.name, json::value(part.value));
  return out;
}

json::object sent_head_as_json(std::string_view head) {
  json::object out;
  for (std::size_t end = head.find("\r\n"); end != std::string_view::npos; end = head.find("\r\n")) {
    head.remove_prefix(end + 2);
    std::string_view line = head.substr(0, head.find("\r\n"));
    std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos)
      put(out, lower_case(line.substr(0, colon)), json::value(line.substr(colon + 2)));
  }
  return out;
}

std::string host_of(const plugin_context& c) { return normal_host(c.request->authority); }

std::string_view http_version_of(const request_head& head) {
  return head.http2 ? "2.0" : head.minor_version == 1 ? "1.1" : "1.0";
}

int port_of(const plugin_context& c) { return c.link->port; }

}  // namespace mes::gateway
