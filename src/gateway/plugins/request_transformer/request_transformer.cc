// Changes requests on their way (K:kong/plugins/request-transformer/access.lua): remove, rename, replace, add, append,
// of headers, query and body, in that order; in multipart bodies rename comes first.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/config/checks.h"
#include "gateway/plugins/form_arguments.h"
#include "gateway/plugins/json_text.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/multipart.h"
#include "gateway/plugins/name_value.h"
#include "gateway/plugins/request_transformer/value_template.h"
#include "gateway/router/path.h"

namespace mes::gateway {
namespace {

using enum field_type;
namespace json = boost::json;

std::string check_value_entry(std::string_view entry) {
  std::string wrong = check_has_value(entry);
  return wrong.empty() ? check_template(name_value::parse(entry).value) : wrong;
}
std::string check_header_value_entry(std::string_view entry) {
  std::string wrong = check_header_entry(entry);
  return wrong.empty() ? check_template(name_value::parse(entry).value) : wrong;
}

constexpr std::string_view none = "[]";
const schema remove_fields = {
    {.name = "body", .type = strings, .fallback = none},
    {.name = "headers", .type = strings, .fallback = none, .check = check_header_entry_name},
    {.name = "querystring", .type = strings, .fallback = none},
};
const schema rename_fields = {
    {.name = "body", .type = strings, .fallback = none, .check = check_value_entry},
    {.name = "headers", .type = strings, .fallback = none, .check = check_two_headers},
    {.name = "querystring", .type = strings, .fallback = none, .check = check_value_entry},
};
const schema value_fields = {
    {.name = "body", .type = strings, .fallback = none, .check = check_value_entry},
    {.name = "headers", .type = strings, .fallback = none, .check = check_header_value_entry},
    {.name = "querystring", .type = strings, .fallback = none, .check = check_value_entry},
};
const schema replace_fields = {
    {.name = "body", .type = strings, .fallback = none, .check = check_value_entry},
    {.name = "headers", .type = strings, .fallback = none, .check = check_header_value_entry},
    {.name = "querystring", .type = strings, .fallback = none, .check = check_value_entry},
    {.name = "uri", .check = check_template},
};

const schema& config_fields() {
  static const schema fields = {
      {.name = "http_method", .check = check_method},
      {.name = "remove", .type = mapping, .fields = &remove_fields},
      {.name = "rename", .type = mapping, .fields = &rename_fields},
      {.name = "replace", .type = mapping, .fields = &replace_fields},
      {.name = "add", .type = mapping, .fields = &value_fields},
      {.name = "append", .type = mapping, .fields = &value_fields},
  };
  return fields;
}

enum class action : std::uint8_t { remove, rename, replace, add, append };
constexpr std::array<std::string_view, 5> action_names = {"remove", "rename", "replace", "add", "append"};

// What is to be done with one name; what is removed has no value, whatever stands behind its colon.
struct step {
  action what;
  std::string name;
  value_template value;
  std::string new_name;  // of a header that is renamed: it has to live as long as the request
};
using steps = std::vector<step>;

steps steps_of(const record& config, std::string_view part) {
  steps out;
  for (std::size_t i = 0; i < action_names.size(); ++i)
    for (name_value& pair : name_values(config, fmt::format("{}.{}", action_names[i], part))) {
      const auto what = static_cast<action>(i);
      out.push_back({what, std::move(pair.name),
                     what == action::remove ? value_template() : *value_template::parse(pair.value), pair.value});
    }
  return out;
}

// Each `apply` is true if what it is applied to has to be written anew.

bool apply(const step& s, std::string value, form_arguments& to) {
  const bool found = to.find(s.name) != nullptr;
  switch (s.what) {
    case action::remove:
      to.erase(s.name);
      return true;
    case action::rename:
      to.rename(s.name, value);
      return true;
    case action::replace:
      if (found) to.set(s.name, std::move(value));
      return found;
    case action::add:
      if (!found) to.add(s.name, std::move(value));
      return !found;
    case action::append:
      to.add(s.name, std::move(value));
      return true;
  }
  return false;
}

void append(json::value& to, std::string value) {
  if (to.is_string()) {
    to = json::array{std::move(to), std::move(value)};
  } else if (to.is_array()) {
    to.get_array().emplace_back(std::move(value));
  } else {
    to = json::array{std::move(value)};
  }
}

bool is_truthy(const json::object& in, std::string_view name) {
  const json::value* v = in.if_contains(name);
  return v && !(v->is_bool() && !v->get_bool());
}

bool apply(const step& s, std::string value, json::object& to) {
  switch (s.what) {
    case action::remove:
      to.erase(s.name);
      return true;
    case action::rename: {
      json::value moved = to.contains(s.name) ? to.at(s.name) : json::value();
      bool there = to.contains(s.name);
      to.erase(value);
      if (there) to[value] = std::move(moved);
      if (value != s.name) to.erase(s.name);
      return true;
    }
    case action::replace:
      if (!is_truthy(to, s.name)) return false;
      to[s.name] = std::move(value);
      return true;
    case action::add:
      if (is_truthy(to, s.name)) return false;
      to[s.name] = std::move(value);
      return true;
    case action::append:
      append(to[s.name], std::move(value));
      return true;
  }
  return false;
}

bool apply(const step& s, std::string value, multipart_form& to) {
  const auto* found = to.find(s.name);
  switch (s.what) {
    case action::remove:
      to.erase(s.name);
      return true;
    case action::rename: {
      if (!found) return false;
      to.set(value, found->value);
      if (value != s.name) to.erase(s.name);
      return true;
    }
    case action::replace:
      if (!found) return false;
      to.erase(s.name);
      to.set(s.name, std::move(value));
      return true;
    case action::add:
      if (!found) to.set(s.name, std::move(value));
      return !found;
    case action::append:
      return false;  // Kong does not append to multipart bodies
  }
  return false;
}

class request_transformer final : public plugin {
 public:
  request_transformer(const record& config, const configuration& all)
      : _method(config.text("http_method")),
        _headers(steps_of(config, "headers")),
        _query(steps_of(config, "querystring")),
        _body(steps_of(config, "body")) {
    if (!config.is_null("replace.uri")) _uri = *value_template::parse(config.text("replace.uri"));
    _retypes = std::ranges::any_of(_headers, [](const step& s) {
      return equals_ignoring_case(s.name, "content-type") || equals_ignoring_case(s.new_name, "content-type");
    });
    auto catches = [](const step& s) { return s.value.needs_captures(); };
    if ((_uri && _uri->needs_captures()) || std::ranges::any_of(_headers, catches) ||
        std::ranges::any_of(_query, catches) || std::ranges::any_of(_body, catches))
      _captures = uri_captures(all);
  }

  verdict access(plugin_context& c) const override {
    std::string type(c.upstream_header("content-type").value_or(""));
    bool body_as_query = is_urlencoded(type) && (_method == "GET" || _method == "HEAD" || _method == "TRACE");
    bool body = !_body.empty() && (_retypes || is_form(type));
    if ((body || body_as_query) && !c.request_body) return verdict::want_body;
    form_arguments query = form_arguments::parse(c.current_query());
    if (_uri) c.upstream_path = as_path(_uri->render(c, _captures));
    if (!_method.empty()) c.upstream_method = _method;
    if (body_as_query) {
      auto form = form_arguments::parse_body(current_body(c));
      if (!form) return c.exit_error(413, form.error().message);
      for (const auto& a : *form) query.add(a.name, a.value.value_or("true"));
      c.upstream_query = query.encode();
    }
    // All values are made of the request as it is before the steps: Kong reads headers and query once, when first asked
    // for.
    auto headers = render(_headers, c);
    auto arguments = render(_query, c);
    auto members = render(_body, c);
    transform_headers(c, headers);
    type = c.upstream_header("content-type").value_or("");  // the body goes by what the headers now say
    if (body && is_form(type))
      if (auto changed = change_body(c, type, members); !changed) return c.exit_error(413, changed.error().message);
    if (!_query.empty()) {
      for (std::size_t i = 0; i < _query.size(); ++i) apply(_query[i], std::move(arguments[i]), query);
      c.upstream_query = query.encode();
    }
    return verdict::next;
  }

 private:
  std::vector<std::string> render(const steps& list, const plugin_context& c) const {
    std::vector<std::string> out;
    for (const step& s : list) out.push_back(s.value.render(c, _captures));
    return out;
  }

  static std::string as_path(std::string path) {
    if (!path.starts_with('/')) path.insert(0, "/");
    return is_plain_path(path) ? path : escape_path(path);
  }

  static bool is_form(std::string_view type) { return is_json(type) || is_multipart(type) || is_urlencoded(type); }

  static const std::string& current_body(const plugin_context& c) {
    return c.upstream_body ? *c.upstream_body : *c.request_body;
  }

  void transform_headers(plugin_context& c, std::vector<std::string>& values) const {
    header_edits& to = c.upstream_headers;
    for (std::size_t i = 0; i < _headers.size(); ++i) {
      const step& s = _headers[i];
      bool host = equals_ignoring_case(s.name, "host");
      auto present = c.upstream_header(s.name);
      switch (s.what) {
        case action::remove:
          if (present && !host) to.clear(s.name);
          break;
        case action::rename:
          if (!present || host) break;
          to.rename(s.name, s.new_name, c.upstream_header_values(s.name));
          break;
        case action::replace:
          if (present || host) to.set(s.name, std::move(values[i]));
          break;
        case action::add:
          if (!present && !host) to.set(s.name, std::move(values[i]));
          break;
        case action::append:
          if (!host) to.add(s.name, std::move(values[i]));
          break;
      }
    }
  }

  // What is no form or JSON goes on as it is. One that has too much to be read does not: its service would understand
  // it, with what is to be removed.
  result<void> change_body(plugin_context& c, std::string_view type, std::vector<std::string>& values) const {
    const std::string& text = current_body(c);
    auto apply_those = [&](auto which, auto& form) {
      bool changed = false;
      for (std::size_t i = 0; i < _body.size(); ++i) {
        const action what = _body[i].what;
        if (which(what) && (!text.empty() || what == action::add || what == action::append))
          changed |= apply(_body[i], std::move(values[i]), form);
      }
      return changed;
    };
    auto applied = [&](auto& form) { return apply_those([](action) { return true; }, form); };
    if (is_json(type)) {
      auto body = text.empty() ? result<json::value>(json::object{}) : cjson_decode_body(text);
      if (!body) return refused_if_too_large(std::move(body.error()));
      if (body->is_object() && applied(body->get_object())) c.upstream_body = cjson_encode(*body);
    } else if (is_multipart(type)) {
      auto form = multipart_form::parse(text, type);
      if (!form) return refused_if_too_large(std::move(form.error()));
      bool changed = apply_those([](action what) { return what == action::rename; }, *form);
      changed |= apply_those([](action what) { return what != action::rename; }, *form);
      if (changed) c.upstream_body = form->encode();
    } else {
      auto form = form_arguments::parse_body(text);
      if (!form) return refused_if_too_large(std::move(form.error()));
      if (applied(*form)) c.upstream_body = form->encode();
    }
    return {};
  }

  static result<void> refused_if_too_large(error why) {
    if (why.code != error_code::too_large) return {};
    return std::unexpected(std::move(why));
  }

  std::string _method;
  steps _headers, _query, _body;
  bool _retypes = false;  // a header step may change Content-Type
  std::optional<value_template> _uri;
  uri_captures _captures;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration& all, const plugin_parts&) {
  return std::make_unique<request_transformer>(entry.config, all);
}

}  // namespace

plugin_kind request_transformer_kind() {
  return {.name = "request-transformer",
          .priority = 801,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
