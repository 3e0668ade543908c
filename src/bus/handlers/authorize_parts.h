// What the rules of handlers/authorize.h are written with.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/handlers/authorize.h"
#include "bus/handlers/call.h"
#include "bus/security/acl.h"

namespace mes::bus::handlers {

using security::operation;
using security::resource_type;
using wire::kafka::error_code;

inline constexpr std::int32_t no_operations = INT32_MIN;  // they were not asked for

bool allowed(const requester& c, operation what, resource_type resource, std::string_view name);
inline bool allowed_topic(const requester& c, operation what, std::string_view name) {
  return allowed(c, what, resource_type::topic, name);
}
inline bool allowed_group(const requester& c, operation what, std::string_view name) {
  return allowed(c, what, resource_type::group, name);
}
inline bool allowed_transaction(const requester& c, operation what, std::string_view name) {
  return allowed(c, what, resource_type::transactional_id, name);
}
inline bool allowed_cluster(const requester& c, operation what) {
  return allowed(c, what, resource_type::cluster, security::cluster_name);
}
std::int32_t allowed_bits(const requester& c, resource_type resource, std::string_view name);

// The name behind a topic's id; "" if there is none: the handler says so.
std::string name_of_topic(const requester& c, const uuid& id);

// Takes the elements that `is_denied` holds for out of `all`.
template <class T, class Denied>
std::vector<T> take_out(std::vector<T>& all, Denied&& is_denied) {
  std::vector<T> out, kept;
  for (T& t : all) (is_denied(t) ? out : kept).push_back(std::move(t));
  all = std::move(kept);
  return out;
}

// Puts the parts that were refused behind those that were answered, in `Response`'s vector `Where`.
template <auto Where, class Response, class Part>
void append_to_answer(call& c, std::vector<Part> refused) {
  if (refused.empty()) return;
  c.amend<Response>([refused = std::move(refused)](Response& r) {
    (r.*Where).insert((r.*Where).end(), refused.begin(), refused.end());
  });
}

// Answers with one error for the whole.
template <class Response>
bool refuse_whole(const call& c, error_code error) {
  Response response;
  response.error_code = wire::kafka::code(error);
  c.answer(response);
  return false;
}

}  // namespace mes::bus::handlers
