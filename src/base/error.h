// What can go wrong, as values: every fallible function of the data path returns result<T>.
//
// One table (error.cc) says what each code means to the outside: HTTP status, retryable.
// Exceptions are for start-up, allocation and third-party code, converted where they enter.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace mes {

enum class error_code {
  invalid_argument,   // the input is wrong: `fields` says where
  unauthenticated,    // no credentials, or none that hold
  permission_denied,  // known, but not allowed
  not_found,
  already_exists,
  illegal_transition,     // the state machine forbids it
  precondition_failed,    // If-Match names an older version
  precondition_required,  // If-Match is missing
  conflict,               // e.g. an Idempotency-Key used for another request
  unprocessable,          // well-formed, but against a business rule
  too_large,
  too_many_requests,
  unsupported_media_type,
  method_not_allowed,
  unavailable,  // a part that we need is not there now: try again
  timed_out,
  storage_full,
  storage_failed,
  corrupt,  // stored or received bytes do not hold together
  cancelled,
  internal,
};

// One thing that is wrong with one field of an input; `path` is an RFC 6901 pointer, "" for the whole.
struct field_error {
  std::string path;
  std::string message;
  bool operator==(const field_error&) const = default;
};

struct [[nodiscard]] error {
  error_code code = error_code::internal;
  std::string message;              // a sentence for the reader: what, why, what was expected
  std::vector<field_error> fields;  // for invalid_argument and unprocessable

  error(error_code c, std::string m) : code(c), message(std::move(m)) {}
  error(error_code c, std::string m, std::vector<field_error> f)
      : code(c), message(std::move(m)), fields(std::move(f)) {}
};

template <class T>
using result = std::expected<T, error>;

// `return fail(error_code::not_found, "No work order WO-17");`
inline std::unexpected<error> fail(error_code code, std::string message) {
  return std::unexpected<error>(std::in_place, code, std::move(message));
}
inline std::unexpected<error> fail(error e) { return std::unexpected<error>(std::move(e)); }

std::string_view name_of(error_code code);  // "not_found"
int http_status_of(error_code code);        // RFC 9110
bool is_retryable(error_code code);         // the same request may succeed later, unchanged

}  // namespace mes
