#include "telemetry/query/elastic/es_error.h"

#include <fmt/format.h>

#include "observe/log.h"

namespace mes::telemetry::elastic {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  observe::append_json_string(out, text);
  return out;
}

}  // namespace

std::string es_error::cause() const {
  return fmt::format(R"({{"type":{},"reason":{}{}}})", quoted(type), quoted(reason), more);
}

std::string es_error::body() const {
  return fmt::format(R"({{"error":{{"root_cause":[{}],"type":{},"reason":{}{}}},"status":{}}})", cause(), quoted(type),
                     quoted(reason), more, status);
}

std::unexpected<es_error> parsing_error(std::string reason) {
  return std::unexpected(es_error{400, "parsing_exception", std::move(reason), ""});
}

std::unexpected<es_error> illegal_argument(std::string reason) {
  return std::unexpected(es_error{400, "illegal_argument_exception", std::move(reason), ""});
}

std::unexpected<es_error> unknown_query(std::string_view name) {
  std::string cause = fmt::format(R"(,"caused_by":{{"type":"named_object_not_found_exception","reason":{}}})",
                                  quoted(fmt::format("unknown field [{}]", name)));
  return std::unexpected(es_error{400, "parsing_exception", fmt::format("unknown query [{}]", name), cause});
}

std::unexpected<es_error> unknown_field(std::string_view query, std::string_view field) {
  return parsing_error(fmt::format("[{}] query does not support [{}]", query, field));
}

es_error no_such_index(std::string_view name) {
  std::string text = quoted(name);
  return {
      404, "index_not_found_exception", fmt::format("no such index [{}]", name),
      fmt::format(R"(,"resource.type":"index_or_alias","resource.id":{},"index_uuid":"_na_","index":{})", text, text)};
}

es_error failed_to_parse(std::string reason) { return {400, "document_parsing_exception", std::move(reason), ""}; }

}  // namespace mes::telemetry::elastic
