// RFC 9457 problem documents: every refusal of a service, with the field that is wrong.
#pragma once

#include <string_view>

#include "base/error.h"
#include "runtime/http.h"

namespace mes::service {

// {"type","title","status","detail","instance","errors":[{"pointer","detail"}],"request_id"}. What went wrong inside
// (internal, storage_failed, corrupt) is not told to the outside: it stands in the log under the request's id.
runtime::http_response problem(const error& e, std::string_view instance, std::string_view request_id);

}  // namespace mes::service
