// Key authentication (K:kong/plugins/key-auth/handler.lua).
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "gateway/config/checks.h"
#include "gateway/plugins/authentication.h"
#include "gateway/plugins/form_arguments.h"
#include "gateway/plugins/json_text.h"
#include "gateway/plugins/kinds.h"
#include "gateway/plugins/multipart.h"

namespace mes::gateway {
namespace {

using enum field_type;
namespace json = boost::json;

const schema& config_fields() {
  static const schema fields = {
      {.name = "key_names", .type = strings, .fallback = R"(["apikey"])", .check = check_header_name},
      {.name = "hide_credentials", .type = boolean, .fallback = "false"},
      {.name = "anonymous"},
      {.name = "key_in_header", .type = boolean, .fallback = "true"},
      {.name = "key_in_query", .type = boolean, .fallback = "true"},
      {.name = "key_in_body", .type = boolean, .fallback = "false"},
      {.name = "run_on_preflight", .type = boolean, .fallback = "true"},
  };
  return fields;
}

constexpr auth_refusal no_key{
    .message = "No API key found in request",
    .challenge = R"(Key realm="kong")",
};
constexpr auth_refusal duplicate_key{.message = "Duplicate API key found"};
constexpr auth_refusal invalid_key{.message = "Invalid authentication credentials"};

// What a place says of a name: nothing, one key, or several.
struct found_key {
  std::size_t count = 0;
  std::string text;
};

// A name that keys are looked for under. As OpenResty finds fields of a header, "_" also stands for "-".
struct key_name {
  std::string name, with_hyphens;
};

std::vector<key_name> key_names(const record& config) {
  std::vector<key_name> out;
  for (const std::string& name : config.strings("key_names")) {
    out.push_back({name, name});
    std::ranges::replace(out.back().with_hyphens, '_', '-');
  }
  return out;
}

struct known_keys : credential_table {
  explicit known_keys(const configuration& all) {
    for (const keyauth_credential& k : all.keyauth_credentials)
      add({.id = k.id,
           .name = k.key,
           .secret = {},
           .ttl_s = k.source.integer("ttl"),
           .from_s = k.source.integer("created_at"),
           .owner = k.owner});
  }
};

class key_auth final : public plugin {
 public:
  key_auth(const record& config, const configuration& all, const plugin_parts& parts)
      : _frame(config, all),
        _keys(parts.tables->get<known_keys>()),
        _names(key_names(config)),
        _hide(config.flag("hide_credentials")),
        _in_header(config.flag("key_in_header")),
        _in_query(config.flag("key_in_query")),
        _in_body(config.flag("key_in_body")),
        _run_on_preflight(config.flag("run_on_preflight")),
        _clock(parts.clock),
        _ready_s(now_s()) {}

  verdict access(plugin_context& c) const override {
    if (!_run_on_preflight && c.request->method == "OPTIONS") return verdict::next;
    if (_frame.done_already(c)) return verdict::next;
    form_arguments query = form_arguments::parse(c.query);
    for (const key_name& name : _names) {
      found_key key = in_header(c, name.name);
      if (key.count == 0 && name.with_hyphens != name.name) key = in_header(c, name.with_hyphens);
      if (key.count == 0) key = in_query(query, name.name);
      if (key.count == 0 && _in_body) {
        if (!c.request_body) return verdict::want_body;
        key = in_body(c, name.name);
      }
      if (key.count == 0) continue;
      if (key.count > 1) return _frame.refuse(c, duplicate_key);
      if (_hide) {
        if (_in_body && !c.request_body) return verdict::want_body;
        if (!hide(c, std::move(query), name)) return c.exit_error(413, "The body has too many members");
      }
      return check(c, key.text);
    }
    return _frame.refuse(c, no_key);
  }

 private:
  std::int64_t now_s() const { return _clock.now_ms() / 1000; }

  bool has_ended(const credential& key) const {
    return key.ttl_s > 0 && (key.from_s > 0 ? key.from_s : _ready_s) + key.ttl_s <= now_s();
  }

  verdict check(plugin_context& c, const std::string& key) const {
    if (key.empty()) return _frame.refuse(c, no_key);
    const credential* known = _keys.find(key);
    if (!known || has_ended(*known)) return _frame.refuse(c, invalid_key);
    authenticate(c, known->owner, known->id, known->id);
    return verdict::next;
  }

  found_key in_header(const plugin_context& c, std::string_view name) const {
    found_key out;
    if (!_in_header) return out;
    for (const header_view& h : c.request->headers)
      if (equals_ignoring_case(h.name, name) && out.count++ == 0) out.text = h.value;
    return out;
  }

  found_key in_query(const form_arguments& query, std::string_view name) const {
    found_key out;
    if (!_in_query) return out;
    for (const auto& a : query)
      if (a.name == name && a.value && out.count++ == 0) out.text = *a.value;
    return out;
  }

  static std::string_view type_of(const plugin_context& c) { return c.request->headers.get(field_id::content_type); }

  static found_key in_body(const plugin_context& c, std::string_view name) {
    found_key out;
    if (is_json(type_of(c))) {
      auto body = cjson_decode_body(*c.request_body);
      const json::object* members = body ? body->if_object() : nullptr;
      const json::value* key = members ? members->if_contains(name) : nullptr;
      if (key && key->is_string())
        out = {1, std::string(std::string_view(key->get_string()))};
      else if (key && (key->is_array() || key->is_object()))
        out.count = 2;
    } else if (is_urlencoded(type_of(c))) {
      if (auto form = form_arguments::parse_body(*c.request_body))
        for (const auto& a : *form)
          if (a.name == name && a.value && out.count++ == 0) out.text = *a.value;
    } else if (is_multipart(type_of(c))) {
      if (auto form = multipart_form::parse(*c.request_body, type_of(c)))
        if (const auto* part = form->find(name)) out = {1, part->value};
    }
    return out;
  }

  // False: the body has more than is read. Its service would find the key in it.
  bool hide(plugin_context& c, form_arguments query, const key_name& hidden) const {
    const std::string& name = hidden.name;
    query.erase(name);
    c.upstream_query = query.encode();
    c.upstream_headers.clear(name);
    c.upstream_headers.clear(hidden.with_hyphens);
    const auto is_readable = [](const error& why) { return why.code != error_code::too_large; };
    if (!_in_body || c.request_body->empty()) return true;
    if (is_json(type_of(c))) {
      auto body = cjson_decode_body(*c.request_body);
      if (!body) return is_readable(body.error());
      if (!body->is_object()) return true;
      body->get_object().erase(name);
      c.upstream_body = json::serialize(*body);
    } else if (is_urlencoded(type_of(c))) {
      auto body = form_arguments::parse_body(*c.request_body);
      if (!body) return is_readable(body.error());
      body->erase(name);
      c.upstream_body = body->encode();
    } else if (is_multipart(type_of(c))) {
      auto form = multipart_form::parse(*c.request_body, type_of(c));
      if (!form) return is_readable(form.error());
      form->erase(name);
      c.upstream_body = form->encode();
    }
    return true;
  }

  auth_frame _frame;
  const known_keys& _keys;
  std::vector<key_name> _names;
  bool _hide, _in_header, _in_query, _in_body, _run_on_preflight;
  const wall_clock& _clock;
  const std::int64_t _ready_s;
};

std::unique_ptr<plugin> make(const plugin_entry& entry, const configuration& all, const plugin_parts& parts) {
  return std::make_unique<key_auth>(entry.config, all, parts);
}

}  // namespace

plugin_kind key_auth_kind() {
  return {.name = "key-auth",
          .priority = 1250,
          .config_fields = config_fields,
          .per_consumer = false,
          .protocols = http_protocols,
          .check = nullptr,
          .make = make};
}

}  // namespace mes::gateway
