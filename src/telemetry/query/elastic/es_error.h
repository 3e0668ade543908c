// Errors as Elasticsearch words them: a type, a reason, a status, sometimes more fields.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace mes::telemetry::elastic {

struct [[nodiscard]] es_error {
  int status = 400;
  std::string type;
  std::string reason;
  std::string more;  // further fields of the error, as ",\"key\":value"

  // {"error":{"root_cause":[{…}],"type":…,"reason":…},"status":…}
  std::string body() const;
  std::string cause() const;  // {"type":…,"reason":…}, for one item of many
};

template <class T>
using es_result = std::expected<T, es_error>;

std::unexpected<es_error> parsing_error(std::string reason);     // parsing_exception, 400
std::unexpected<es_error> illegal_argument(std::string reason);  // illegal_argument_exception, 400
std::unexpected<es_error> unknown_query(std::string_view name);
std::unexpected<es_error> unknown_field(std::string_view query, std::string_view field);  // of a query's body
es_error no_such_index(std::string_view name);
es_error failed_to_parse(std::string reason);  // document_parsing_exception, 400

}  // namespace mes::telemetry::elastic
