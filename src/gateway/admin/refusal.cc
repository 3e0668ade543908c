#include "gateway/admin/refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <map>

namespace mes::gateway {
namespace {

namespace json = boost::json;

json::object body_of(int code, std::string_view name, json::value message) {
  return {{"code", code}, {"name", name}, {"message", std::move(message)}};
}

refusal with_fields(int status, int code, std::string_view name, const std::string& message, json::object fields) {
  json::object body = body_of(code, name, json::value(message));
  body["fields"] = std::move(fields);
  return {status, std::move(body)};
}

std::vector<std::string> sorted_names(const json::object& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object) names.emplace_back(name);
  std::ranges::sort(names);
  return names;
}

// With line breaks, where `indent` is not empty; Kong's messages have both forms.
void write_lua(std::string& out, const json::value& value, std::string_view indent, const std::string& margin) {
  std::string inner = margin + std::string(indent);
  std::string_view line = indent.empty() ? "" : "\n", equals = indent.empty() ? "=" : " = ";
  if (const json::object* object = value.if_object()) {
    out += "{";
    bool first = true;
    for (const std::string& name : sorted_names(*object)) {
      out.append(first ? "" : ",").append(line).append(inner).append(name).append(equals);
      write_lua(out, object->at(name), indent, inner);
      first = false;
    }
    out.append(line).append(margin).append("}");
  } else if (const json::array* list = value.if_array()) {
    out += "{";
    for (std::size_t i = 0; i < list->size(); ++i) {
      out.append(i == 0 ? "" : ",").append(line).append(inner);
      write_lua(out, (*list)[i], indent, inner);
    }
    out.append(line).append(margin).append("}");
  } else {
    out += json::serialize(value);
  }
}

std::string text_of(const json::value& reason) {
  if (reason.is_string()) return std::string(reason.get_string().data(), reason.get_string().size());
  std::string out;
  write_lua(out, reason, "  ", "");
  return out;
}

// "name: reason", or one for each member or element.
void describe(std::vector<std::string>& out, const std::string& name, const json::value& reason) {
  if (const json::object* members = reason.if_object()) {
    for (const std::string& member : sorted_names(*members))
      out.push_back(fmt::format("{}.{}: {}", name, member, text_of(members->at(member))));
  } else if (const json::array* elements = reason.if_array()) {
    for (std::size_t i = 0; i < elements->size(); ++i)
      if (!(*elements)[i].is_null()) out.push_back(fmt::format("{}.{}: {}", name, i + 1, text_of((*elements)[i])));
  } else {
    out.push_back(fmt::format("{}: {}", name, text_of(reason)));
  }
}

// The next step of a path: a member, or an index from 0.
struct step {
  std::string_view name;
  std::size_t index = 0;
};

step take_step(std::string_view& path) {
  step out;
  if (path.starts_with('[')) {
    std::size_t close = path.find(']');
    std::from_chars(path.data() + 1, path.data() + close, out.index);
    path.remove_prefix(close + 1);
  } else {
    std::size_t end = path.find_first_of(".[");
    out.name = path.substr(0, end);
    path = end == std::string_view::npos ? std::string_view() : path.substr(end);
  }
  if (path.starts_with('.')) path.remove_prefix(1);
  return out;
}

}  // namespace

void add_reason(json::object& fields, std::string_view path, const std::string& reason) {
  if (path.empty()) {
    json::value& whole = fields["@entity"];
    if (!whole.is_array()) whole = json::array();
    whole.get_array().push_back(json::value(reason));
    return;
  }
  json::value* slot = &fields[take_step(path).name];
  while (!path.empty()) {
    step next = take_step(path);
    if (next.name.empty()) {
      if (!slot->is_array()) *slot = json::array();
      json::array& list = slot->get_array();
      if (list.size() <= next.index) list.resize(next.index + 1);
      slot = &list[next.index];
    } else {
      if (!slot->is_object()) *slot = json::object();
      slot = &slot->get_object()[next.name];
    }
  }
  if (slot->is_null()) *slot = reason;
}

refusal schema_violation(const json::object& fields) {
  std::vector<std::string> reasons;
  if (const json::value* whole = fields.if_contains("@entity"); whole && whole->is_array())
    for (const json::value& reason : whole->get_array()) reasons.push_back(text_of(reason));
  for (const std::string& name : sorted_names(fields))
    if (name != "@entity") describe(reasons, name, fields.at(name));
  std::string all = fmt::format("{}", fmt::join(reasons, "; "));
  return with_fields(400, 2, "schema violation",
                     reasons.size() == 1 ? fmt::format("schema violation ({})", all)
                                         : fmt::format("{} schema violations ({})", reasons.size(), all),
                     fields);
}

refusal primary_key_violation(std::string_view id) {
  return with_fields(400, 3, "primary key violation", fmt::format("primary key violation on key '{{id=\"{}\"}}'", id),
                     {{"id", id}});
}

refusal unique_violation(const json::object& keys) {
  return with_fields(409, 5, "unique constraint violation",
                     fmt::format("UNIQUE violation detected on '{}'", lua_text(keys)), keys);
}

refusal invalid_primary_key() {
  json::object fields{{"id", "expected a valid UUID"}};
  return with_fields(400, 1, "invalid primary key", fmt::format("invalid primary key: '{}'", lua_text(fields)), fields);
}

refusal invalid_reference(std::string_view field, std::string_view id, std::string_view parent) {
  json::object key{{"id", id}};
  return with_fields(
      400, 4, "foreign key violation",
      fmt::format("the foreign key '{}' does not reference an existing '{}' entity.", lua_text(key), parent),
      {{field, key}});
}

refusal unresolved_reference(std::string_view field, std::string_view by, std::string_view value,
                             std::string_view parent) {
  std::string why = fmt::format("the foreign key cannot be resolved with '{}' for an existing '{}' entity",
                                lua_text(json::object{{by, value}}), parent);
  return with_fields(400, 13, "foreign keys unresolved",
                     fmt::format("foreign key unresolved ({}.{}: {})", field, by, why),
                     {{field, json::object{{by, why}}}});
}

refusal still_referenced(std::string_view parent, std::string_view child) {
  return with_fields(400, 4, "foreign key violation",
                     fmt::format("an existing '{}' entity references this '{}' entity", child, parent),
                     {{"@referenced_by", child}});
}

refusal no_such_entity(std::string_view by, std::string_view value) {
  json::object fields{{by, value}};
  return with_fields(
      404, 6, "not found",
      fmt::format("could not find the entity with {}'{}'", by == "id" ? "primary key " : "", lua_text(fields)), fields);
}

refusal invalid_offset(std::string_view offset) {
  return {400, body_of(7, "invalid offset",
                       json::value(fmt::format("'{}' is not a valid offset: bad base64 encoding", offset)))};
}

refusal invalid_size(std::string_view why) { return {400, body_of(9, "invalid size", json::value(why))}; }

refusal invalid_tags(std::string_view why) {
  json::object body = body_of(11, "invalid options", json::value(fmt::format("invalid option (tags: {})", why)));
  body["options"] = json::object{{"tags", why}};
  return {400, std::move(body)};
}

refusal plain(int status, std::string_view message) { return {status, {{"message", message}}}; }

std::string lua_text(const json::value& value) {
  std::string out;
  write_lua(out, value, "", "");
  return out;
}

}  // namespace mes::gateway
