#include "service/context.h"

namespace mes::service {

void command::emit(std::string type, std::string aggregate_id, std::int64_t aggregate_version, json::object data) {
  event e;
  e.type = std::move(type);
  e.aggregate_id = std::move(aggregate_id);
  e.aggregate_version = aggregate_version;
  e.data = std::move(data);
  e.id = uuid::make_v7();
  e.time = why.now;
  e.request_id = why.request_id;
  e.user = why.user.user_id;
  e.trace = why.trace;
  _events.push_back(std::move(e));
}

result<void> http_command::check_if_match(std::int64_t current_version) const {
  std::string_view given = request.headers.get("If-Match");
  if (given.empty())
    return fail(error_code::precondition_required, "If-Match is required: the ETag of the version that you change");
  if (given == "*" || given == '"' + std::to_string(current_version) + '"') return {};
  return fail(error_code::precondition_failed, "If-Match is " + std::string(given) + ", the version now is \"" +
                                                   std::to_string(current_version) + "\": read it again");
}

}  // namespace mes::service
