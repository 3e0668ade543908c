// Changes answers on their way (K:kong/plugins/response-transformer): headers, and the members of JSON bodies.
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "gateway/http/head.h"
#include "gateway/plugins/json_text.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/media_type.h"
#include "gateway/plugins/name_value.h"

namespace mes::gateway {
namespace {

using enum field_type;
namespace json = boost::json;

constexpr std::string_view none = "[]";
const schema remove_fields = {
    {.name = "json", .type = strings, .fallback = none},
    {.name = "headers", .type = strings, .fallback = none},
};
const schema rename_fields = {
    {.name = "headers", .type = strings, .fallback = none, .check = check_two_headers},
};
const schema value_fields = {
    {.name = "json", .type = strings, .fallback = none, .check = check_colon},
    {.name = "json_types", .type = strings, .fallback = none, .one_of = {"boolean", "number", "string"}},
    {.name = "headers", .type = strings, .fallback = none, .check = check_colon},
};

const schema& config_fields() {
  static const schema fields = {
      {.name = "remove", .type = mapping, .fields = &remove_fields},
      {.name = "rename", .type = mapping, .fields = &rename_fields},
      {.name = "replace", .type = mapping, .fields = &value_fields},
      {.name = "add", .type = mapping, .fields = &value_fields},
      {.name = "append", .type = mapping, .fields = &value_fields},
  };
  return fields;
}

// A value as Kong makes one of a configured text: encoded as JSON and stripped of the quotes, escaped quotes and
// slashes back as they were; then of the type asked for. Null: it cannot be had, and the entry does nothing.
json::value json_value(const std::string& text, std::string_view type) {
  std::string encoded = text.empty() ? "\"null\"" : cjson_encode(std::string_view(text)), out;
  for (std::size_t i = 1; i + 1 < encoded.size(); ++i) {
    if (encoded[i] == '\\' && i + 2 < encoded.size() && (encoded[i + 1] == '"' || encoded[i + 1] == '/')) ++i;
    out += encoded[i];
  }
  if (type == "boolean") return out == "true";
  if (type != "number") return json::value(std::string_view(out));
  char* end = nullptr;
  double number = std::strtod(out.c_str(), &end);
  bool is_number = end != out.c_str() && std::isfinite(number);
  while (*end == ' ') ++end;
  return is_number && *end == '\0' ? json::value(number) : json::value(nullptr);
}

struct json_step {
  std::string name;
  json::value value;
};

std::vector<json_step> json_steps(const record& config, std::string_view action) {
  std::vector<json_step> out;
  auto types = config.strings(fmt::format("{}.json_types", action));
  for (name_value& pair : name_values(config, fmt::format("{}.json", action))) {
    std::string_view type = out.size() < types.size() ? std::string_view(types[out.size()]) : std::string_view{};
    out.push_back({std::move(pair.name), json_value(pair.value, type)});
  }
  return out;
}

bool is_truthy(const json::object& in, std::string_view name) {
  const json::value* v = in.if_contains(name);
  return v && !(v->is_bool() && !v->get_bool());
}

bool is_json_type(std::string_view field) {
  static const media_type wanted{.type = "application", .subtype = "json", .parameters = {}};
  bool found = false;
  for_each_token(field, [&](std::string_view token) {
    auto type = media_type::parse(token);
    found |= type && includes(wanted, *type);
  });
  return found;
}

class response_transformer final : public plugin {
 public:
  explicit response_transformer(const record& config)
      : _remove_headers(name_values(config, "remove.headers")),
        _rename_headers(name_values(config, "rename.headers")),
        _replace_headers(name_values(config, "replace.headers")),
        _add_headers(name_values(config, "add.headers")),
        _append_headers(name_values(config, "append.headers")),
        _remove(name_values(config, "remove.json")),
        _replace(json_steps(config, "replace")),
        _add(json_steps(config, "add")),
        _append(json_steps(config, "append")) {}

  // What a step asks about is the answer as it came to this plugin, whatever the steps before have done.
  void header_filter(plugin_context& c) const override {
    std::vector<std::pair<const name_value*, std::vector<std::string_view>>> renamed;
    for (const name_value& h : _rename_headers)
      if (c.response_header(h.name) && !h.value.empty()) renamed.emplace_back(&h, c.response_header_values(h.name));
    std::vector<const name_value*> replaced, added;
    for (const name_value& h : _replace_headers)
      if (c.response_header(h.name) && !h.value.empty()) replaced.push_back(&h);
    for (const name_value& h : _add_headers)
      if (!c.response_header(h.name) && !h.value.empty()) added.push_back(&h);
    bool json_body = changes_bodies() && is_json_type(c.response_header("content-type").value_or(""));
    header_edits& to = c.response_headers;
    for (const name_value& h : _remove_headers) to.clear(h.name);
    for (const auto& [h, values] : renamed) to.rename(h->name, h->value, values);
    for (const name_value* h : replaced) to.set(h->name, h->value);
    for (const name_value* h : added) to.set(h->name, h->value);
    for (const name_value& h : _append_headers) to.add(h.name, h.value);
    if (!json_body) return;
    c.hold_body = true;
    if (c.request->method == "HEAD" || c.response_status == 304)
      to.clear("Content-Length");  // nobody knows what GET's would be
  }

  void transform_body(plugin_context& c, std::string& body) const override {
    if (!changes_bodies() || !is_json_type(c.response_header("content-type").value_or(""))) return;
    auto parsed = cjson_decode(body);
    if (!parsed || !parsed->is_object()) return;  // Kong passes it on, too
    json::object& members = parsed->get_object();
    for (const name_value& r : _remove) members.erase(r.name);
    for (const json_step& s : _replace)
      if (!s.value.is_null() && is_truthy(members, s.name)) members[s.name] = s.value;
    for (const json_step& s : _add)
      if (!s.value.is_null() && !is_truthy(members, s.name)) members[s.name] = s.value;
    for (const json_step& s : _append)
      if (!s.value.is_null()) append(members[s.name], s.value);
    body = cjson_encode(*parsed);
  }

 private:
  bool changes_bodies() const { return !_remove.empty() || !_replace.empty() || !_add.empty() || !_append.empty(); }

  static void append(json::value& to, const json::value& value) {
    if (to.is_string())
      to = json::array{to, value};
    else if (to.is_array())
      to.get_array().push_back(value);
    else if (to.is_object() && !to.get_object().empty())
      append_member(to.get_object(), value);
    else
      to = json::array{value};
  }

  // Under the next free number, as Lua's table.insert does.
  static void append_member(json::object& to, const json::value& value) {
    for (std::size_t i = 1; !to.emplace(std::to_string(i), value).second; ++i) {
    }
  }

  std::vector<name_value> _remove_headers, _rename_headers, _replace_headers, _add_headers, _append_headers, _remove;
  std::vector<json_step> _replace, _add, _append;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration&, const plugin_parts&) {
  return std::make_unique<response_transformer>(entry.config);
}

}  // namespace

plugin_kind response_transformer_kind() {
  return {.name = "response-transformer",
          .priority = 800,
          .config_fields = config_fields,
          .per_consumer = true,
          .protocols = http_protocols,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
