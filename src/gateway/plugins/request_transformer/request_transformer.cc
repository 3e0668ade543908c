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
    {.name = "headers", .type = strings, .fallback = none, .check = check_header_entry},
    {.name = "querystring", .type = strings, .fallback = none, .check = check_value_entry},
};
const schema replace_fields = {
    {.name = "body", .type = strings, .fallback = none, .check = check_value_entry},
    {.name = "headers", .type = strings, .fallback = none, .check = check_header_entry},
    {.name = "querystring", .type = strings, .fallback = none, .check = check_value_entry},
    {.name = "uri"},
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

// Kong's schema looks into the templates of bodies and queries alone. Others that are no Lua are loaded, and each
// request that comes to them is answered with 500.
void check(const record& config, const std::string& what, reporter& report) {
  auto look = [&](std::string_view text, const std::string& name) {
    if (std::string wrong = check_template(text); !wrong.empty())
      report.warning(config.mark_of(name),
                     fmt::format("{}, {}: {}; requests will be answered with 500", what, name, wrong));
  };
  auto look_at_all = [&](const std::string& name) {
    const std::vector<std::string> entries = config.strings(name);
    for (std::size_t i = 0; i < entries.size(); ++i)
      look(name_value::parse(entries[i]).value, fmt::format("{}[{}]", name, i));
  };
  look(config.text("replace.uri"), "replace.uri");
  for (std::string_view part : {"body", "headers", "querystring"}) look_at_all(fmt::format("remove.{}", part));
  for (std::string_view action : {"replace", "add", "append"}) look_at_all(fmt::format("{}.headers", action));
}

// What is to be done with one name. Of what is removed too the value is made, though nobody needs it: it may fail.
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
    for (name_value& pair : name_values(config, fmt::format("{}.{}", action_names[i], part)))
      out.push_back({static_cast<action>(i), std::move(pair.name), value_template(pair.value), pair.value});
  return out;
}

// A template that cannot be made into a text, which the log has been told.
std::unexpected<error> no_value() { return fail(error_code::internal, "An unexpected error occurred"); }

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

void append(json::value& to, const std::string& value) {
  if (to.is_string()) {
    to = json::array{std::move(to), value};
  } else if (to.is_array()) {
    to.get_array().emplace_back(value);
  } else {
    to = json::array{value};
  }
}

bool is_truthy(const json::object& in, std::string_view name) {
  const json::value* v = in.if_contains(name);
  return v && !(v->is_bool() && !v->get_bool());
}

bool apply(const step& s, const std::string& value, json::object& to) {
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
      to[s.name] = value;
      return true;
    case action::add:
      if (is_truthy(to, s.name)) return false;
      to[s.name] = value;
      return true;
    case action::append:
      append(to[s.name], value);
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
      break;  // Kong does not append to multipart bodies
  }
  return false;
}

class request_transformer final : public plugin {
 public:
  explicit request_transformer(const record& config)
      : _method(config.text("http_method")),
        _headers(steps_of(config, "headers")),
        _query(steps_of(config, "querystring")),
        _body(steps_of(config, "body")) {
    if (!config.is_null("replace.uri")) _uri.emplace(config.text("replace.uri"));
    _retypes = std::ranges::any_of(_headers, [](const step& s) {
      return equals_ignoring_case(s.name, "content-type") || equals_ignoring_case(s.new_name, "content-type");
    });
    auto scripted = [](const step& s) { return s.value.script() != nullptr; };
    _scripted = (_uri && _uri->script()) || std::ranges::any_of(_headers, scripted) ||
                std::ranges::any_of(_query, scripted) || std::ranges::any_of(_body, scripted);
  }

  verdict access(plugin_context& c) const override {
    std::string type(c.upstream_header("content-type").value_or(""));
    bool body_as_query = is_urlencoded(type) && (_method == "GET" || _method == "HEAD" || _method == "TRACE");
    bool body = !_body.empty() && (_retypes || is_form(type));
    if ((body || body_as_query) && !c.request_body) return verdict::want_body;
    std::optional<lua_turn> turn;
    if (_scripted) turn.emplace(*c.lua, c);
    if (auto done = transform(c, turn ? &*turn : nullptr, body, body_as_query); !done) {
      const bool too_large = done.error().code == error_code::too_large;
      return too_large ? c.exit_error(413, done.error().message) : c.exit_message(500, done.error().message);
    }
    return verdict::next;
  }

 private:
  // Kong's order: what a template reads is as it is after the steps before.
  result<void> transform(plugin_context& c, lua_turn* turn, bool body, bool body_as_query) const {
    if (_uri)
      if (auto set = set_path(c, turn); !set) return set;
    if (!_method.empty()) c.upstream_method = _method;
    form_arguments query = form_arguments::parse(c.current_query());
    if (body_as_query) {
      auto form = form_arguments::parse_body(current_body(c));
      if (!form) return fail(form.error());
      for (const auto& a : *form) query.add(a.name, a.value.value_or("true"));
      c.upstream_query = query.encode();
    }
    if (auto done = transform_headers(c, turn); !done) return done;
    const std::string type(
        c.upstream_header("content-type").value_or(""));  // the body goes by what the headers now say
    if (body && is_form(type))
      if (auto changed = change_body(c, turn, type); !changed) return changed;
    if (_query.empty()) return {};
    for (const step& s : _query) {
      auto value = render(c, turn, s.value);
      if (!value) return fail(value.error());
      apply(s, std::move(*value), query);
    }
    c.upstream_query = query.encode();
    return {};
  }

  static result<std::string> render(const plugin_context& c, lua_turn* turn, const value_template& value) {
    auto text = value.render(turn);
    if (text) return text;
    c.lua->complain(value.script(), fmt::format("[request-transformer] failed to render the template {}, error:{}",
                                                value.text(), text.error().message));
    return no_value();
  }

  result<void> set_path(plugin_context& c, lua_turn* turn) const {
    auto path = render(c, turn, *_uri);
    if (!path) return fail(path.error());
    if (!path->starts_with('/')) {
      c.lua->complain(&*_uri, fmt::format("[request-transformer] the path '{}' does not start with /", *path));
      return no_value();
    }
    c.upstream_path = is_plain_path(*path) ? std::move(*path) : escape_path(*path);
    return {};
  }

  static bool is_form(std::string_view type) { return is_json(type) || is_multipart(type) || is_urlencoded(type); }

  static const std::string& current_body(const plugin_context& c) {
    return c.upstream_body ? *c.upstream_body : *c.request_body;
  }

  // All values first: templates see the headers as they were.
  result<void> transform_headers(plugin_context& c, lua_turn* turn) const {
    std::vector<std::string> values;
    for (const step& s : _headers) {
      auto value = render(c, turn, s.value);
      if (!value) return fail(value.error());
      values.push_back(std::move(*value));
    }
    header_edits& to = c.upstream_headers;
    for (std::size_t i = 0; i < _headers.size(); ++i) {
      const step& s = _headers[i];
      if (s.value.text().empty() && s.what != action::remove)
        continue;  // "name:" has no value, and nothing comes of it
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
    return {};
  }

  // What is no form or JSON goes on as it is. One that has too much to be read does not: its service would understand
  // it, with what is to be removed.
  result<void> change_body(plugin_context& c, lua_turn* turn, std::string_view type) const {
    const std::string& text = current_body(c);
    result<void> failed;
    auto apply_those = [&](auto which, auto& form) {
      bool changed = false;
      for (const step& s : _body) {
        if (!failed || !which(s.what) || (text.empty() && s.what != action::add && s.what != action::append)) continue;
        if (auto value = render(c, turn, s.value))
          changed |= apply(s, std::move(*value), form);
        else
          failed = fail(value.error());
      }
      return changed && failed;
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
      changed |= apply_those([](action what) { return what != action::rename && what != action::append; }, *form);
      if (changed) c.upstream_body = form->encode();
    } else {
      auto form = form_arguments::parse_body(text);
      if (!form) return refused_if_too_large(std::move(form.error()));
      if (applied(*form)) c.upstream_body = form->encode();
    }
    return failed;
  }

  static result<void> refused_if_too_large(error why) {
    if (why.code != error_code::too_large) return {};
    return std::unexpected(std::move(why));
  }

  std::string _method;
  steps _headers, _query, _body;
  bool _retypes = false;   // a header step may change Content-Type
  bool _scripted = false;  // a template has Lua
  std::optional<value_template> _uri;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts&) {
  return std::make_unique<request_transformer>(entry.config);
}

}  // namespace

plugin_kind request_transformer_kind() {
  return {.name = "request-transformer",
          .priority = 801,
          .config_fields = config_fields,
          .per_consumer = true,
          .check = check,
          .make = make};
}

}  // namespace mes::gateway
