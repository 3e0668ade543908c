// The OpenAPI 3.1 document of a service, from the same table that serves its requests.
#include "service/operation.h"

namespace mes::service {
namespace {

json::object problem_schema() {
  json::object error_item{{"type", "object"},
                          {"properties", json::object{{"pointer", json::object{{"type", "string"}}},
                                                      {"detail", json::object{{"type", "string"}}}}}};
  json::object properties;
  for (const char* name : {"type", "title", "detail", "instance", "request_id"})
    properties[name] = json::object{{"type", "string"}};
  properties["status"] = json::object{{"type", "integer"}};
  properties["errors"] = json::object{{"type", "array"}, {"items", std::move(error_item)}};
  return {{"type", "object"},
          {"description", "RFC 9457 problem document"},
          {"properties", std::move(properties)},
          {"required", json::array{"type", "title", "status"}}};
}

json::object text_parameter(std::string_view name, std::string_view in, std::string_view doc, bool required) {
  return {{"name", name},
          {"in", in},
          {"description", doc},
          {"required", required},
          {"schema", json::object{{"type", "string"}}}};
}

json::array parameters_of(const operation& op) {
  json::array parameters;
  for (const std::string& s : op.segments)
    if (s.starts_with('{')) {
      json::object p = text_parameter(s.substr(1, s.size() - 2), "path", "", true);
      p["schema"] = json::object{{"type", "string"}, {"minLength", 1}};
      parameters.push_back(std::move(p));
    }
  for (const query_parameter& q : op.options.query) {
    json::object p = text_parameter(q.name, "query", q.doc, false);
    if (!q.one_of.empty()) {
      json::array values;
      for (std::string_view v : q.one_of) values.push_back(json::string(v));
      p["schema"] = json::object{{"type", "string"}, {"enum", std::move(values)}};
    }
    parameters.push_back(std::move(p));
  }
  if (op.options.paged) {
    parameters.push_back(text_parameter("cursor", "query", "next_cursor of the page before", false));
    json::object limit = text_parameter("limit", "query", "Items a page", false);
    limit["schema"] = json::object{{"type", "integer"}, {"minimum", 1}, {"maximum", 500}, {"default", 50}};
    parameters.push_back(std::move(limit));
  }
  if (op.method == "POST")
    parameters.push_back(text_parameter("Idempotency-Key", "header", "Makes a repeated request safe", false));
  return parameters;
}

json::object json_content(json::object schema, std::string_view type = "application/json") {
  return {{type, json::object{{"schema", std::move(schema)}}}};
}

json::object page_schema(json::object item) {
  return {{"type", "object"},
          {"properties", json::object{{"data", json::object{{"type", "array"}, {"items", std::move(item)}}},
                                      {"next_cursor", json::object{{"type", "string"}}}}},
          {"required", json::array{"data"}}};
}

json::object operation_object(const operation& op, wire::schema_components& components) {
  json::object success{{"description", op.options.summary}};
  if (op.output.json_schema) {
    json::object schema = op.output.json_schema(components);
    success["content"] = json_content(op.options.paged ? page_schema(std::move(schema)) : std::move(schema));
  }
  json::object responses;
  responses[std::to_string(op.options.success_status)] = std::move(success);
  responses["default"] =
      json::object{{"description", "A problem document that says what is wrong"},
                   {"content", json_content({{"$ref", "#/components/schemas/Problem"}}, "application/problem+json")}};

  json::object o{{"operationId", op.options.id}, {"summary", op.options.summary}};
  if (json::array parameters = parameters_of(op); !parameters.empty()) o["parameters"] = std::move(parameters);
  if (op.input.json_schema)
    o["requestBody"] = json::object{{"required", true}, {"content", json_content(op.input.json_schema(components))}};
  o["responses"] = std::move(responses);
  if (op.options.permission == "public")
    o["security"] = json::array{};
  else if (!op.options.permission.empty())
    o["x-permission"] = op.options.permission;
  return o;
}

}  // namespace

json::object build_openapi(const api::state& state) {
  wire::schema_components components;
  components["Problem"] = problem_schema();
  json::object paths;
  for (const operation& op : state.operations) {
    std::string path(state.definition->base_path);
    if (op.path != "/") path += op.path;
    std::string method = op.method;
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    json::value& item = paths[path];
    if (item.is_null()) item = json::object();
    item.get_object()[method] = operation_object(op, components);
  }
  json::object bearer{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}};
  return {{"openapi", "3.1.0"},
          {"info", json::object{{"title", std::string(state.definition->name) + "-service"}, {"version", "1"}}},
          {"servers", json::array{json::object{{"url", "/"}}}},
          {"security", json::array{json::object{{"bearer", json::array{}}}}},
          {"paths", std::move(paths)},
          {"components", json::object{{"securitySchemes", json::object{{"bearer", std::move(bearer)}}},
                                      {"schemas", std::move(components)}}}};
}

}  // namespace mes::service
