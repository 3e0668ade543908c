#include "base/error.h"

#include <array>

namespace mes {
namespace {

struct meaning {
  error_code code;
  std::string_view name;
  int http_status;
  bool retryable;
};

constexpr std::array meanings = {
    meaning{error_code::invalid_argument, "invalid_argument", 400, false},
    meaning{error_code::unauthenticated, "unauthenticated", 401, false},
    meaning{error_code::permission_denied, "permission_denied", 403, false},
    meaning{error_code::not_found, "not_found", 404, false},
    meaning{error_code::already_exists, "already_exists", 409, false},
    meaning{error_code::illegal_transition, "illegal_transition", 409, false},
    meaning{error_code::precondition_failed, "precondition_failed", 412, false},
    meaning{error_code::precondition_required, "precondition_required", 428, false},
    meaning{error_code::conflict, "conflict", 409, false},
    meaning{error_code::unprocessable, "unprocessable", 422, false},
    meaning{error_code::too_large, "too_large", 413, false},
    meaning{error_code::too_many_requests, "too_many_requests", 429, true},
    meaning{error_code::unsupported_media_type, "unsupported_media_type", 415, false},
    meaning{error_code::method_not_allowed, "method_not_allowed", 405, false},
    meaning{error_code::unavailable, "unavailable", 503, true},
    meaning{error_code::timed_out, "timed_out", 504, true},
    meaning{error_code::storage_full, "storage_full", 507, true},
    meaning{error_code::storage_failed, "storage_failed", 500, false},
    meaning{error_code::corrupt, "corrupt", 500, false},
    meaning{error_code::cancelled, "cancelled", 503, true},
    meaning{error_code::internal, "internal", 500, false},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < meanings.size(); ++i)
    if (static_cast<std::size_t>(meanings[i].code) != i) return false;
  return meanings.size() == static_cast<std::size_t>(error_code::internal) + 1;
}
static_assert(in_order(), "one row a code, in the order of the enum");

const meaning& meaning_of(error_code code) { return meanings.at(static_cast<std::size_t>(code)); }

}  // namespace

std::string_view name_of(error_code code) { return meaning_of(code).name; }
int http_status_of(error_code code) { return meaning_of(code).http_status; }
bool is_retryable(error_code code) { return meaning_of(code).retryable; }

}  // namespace mes
