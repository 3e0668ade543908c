#include "gateway/admin/schema_text.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <cmath>

#include "gateway/config/document.h"

namespace mes::gateway {
namespace {

namespace json = boost::json;

json::array describe_fields(const schema& fields);

std::string_view element_type(field_type type) {
  return type == field_type::integers ? "integer" : type == field_type::records ? "record" : "string";
}

void put_type(json::object& out, const field& f) {
  switch (f.type) {
    case field_type::string:
      out["type"] = "string";
      break;
    case field_type::integer:
      out["type"] = "integer";
      break;
    case field_type::number:
      out["type"] = "number";
      break;
    case field_type::boolean:
      out["type"] = "boolean";
      break;
    case field_type::strings:
    case field_type::integers:
    case field_type::records:
      out["type"] = f.set ? "set" : "array";
      out["elements"] = {{"type", element_type(f.type)}};
      if (f.fields) out["elements"].get_object()["fields"] = describe_fields(*f.fields);
      break;
    case field_type::string_map:
    case field_type::text_map:
      out["type"] = "map";
      out["keys"] = {{"type", "string"}};
      out["values"] = {{"type", f.type == field_type::text_map ? "string" : "array"}};
      if (f.type == field_type::string_map) out["values"].get_object()["elements"] = {{"type", "string"}};
      break;
    case field_type::mapping:
      out["type"] = "record";
      if (f.fields) out["fields"] = describe_fields(*f.fields);
      out["required"] = f.fallback.value.is_null() && f.fields != nullptr;  // its own defaults are always there
      break;
    case field_type::reference:
      out["type"] = "foreign";
      out["reference"] = f.to;
      break;
    case field_type::anything:
      out["type"] = "record";
      break;
  }
}

json::array choices_of(const field& f) {
  json::array out;
  for (std::string_view choice : f.one_of)
    out.push_back(f.type == field_type::integer ? json::parse(choice) : json::value(choice));
  return out;
}

json::object describe(const field& f) {
  json::object out;
  put_type(out, f);
  json::object& valued = out.contains("elements") ? out["elements"].get_object() : out;
  if (!f.one_of.empty()) valued["one_of"] = choices_of(f);
  if (std::isfinite(f.min) && std::isfinite(f.max)) valued["between"] = json::array{f.min, f.max};
  if (f.required) out["required"] = true;
  if (f.unique) out["unique"] = true;
  if (f.cascade) out["on_delete"] = "cascade";
  if (f.referenceable) out["referenceable"] = true;
  if (f.length_min > 0) out["len_min"] = f.length_min;
  if (f.name == "created_at" || f.name == "updated_at") out["auto"] = out["timestamp"] = true;
  if (f.name == "id") out["auto"] = out["uuid"] = true;
  if (!f.fallback.value.is_null()) out["default"] = f.fallback.value;
  return out;
}

json::array describe_fields(const schema& fields) {
  json::array out;
  for (const field& f : fields)
    if (!f.shorthand) out.push_back(json::object{{f.name, describe(f)}});
  return out;
}

}  // namespace

// As a Kong of the router's flavour traditional_compatible: what others send with every route may not be the defaults
// of the other flavour.
json::object describe_entity(const entity_kind& kind) {
  schema fields = kind.fields();
  if (kind.name == "routes") std::erase_if(fields, [](const field& f) { return is_for_expressions(f.name); });
  return {{"entity_checks", json::array()}, {"fields", describe_fields(fields)}};
}

json::object describe_plugin_config(const plugin_kind& kind) {
  return {{"entity_checks", json::array()}, {"fields", describe_fields(kind.config_fields())}};
}

json::object describe_plugin(const plugin_kind& kind) {
  const schema& entity = find_entity_kind("plugins")->fields();
  json::object consumer{{"type", "foreign"}, {"reference", "consumers"}};
  if (!kind.per_consumer) consumer["eq"] = nullptr;
  json::object config{{"type", "record"}, {"required", true}, {"fields", describe_fields(kind.config_fields())}};
  json::array fields{json::object{{"protocols", describe(*std::ranges::find(entity, "protocols", &field::name))}},
                     json::object{{"consumer", std::move(consumer)}}, json::object{{"config", std::move(config)}}};
  return {{"entity_checks", json::array()}, {"fields", std::move(fields)}};
}

}  // namespace mes::gateway
