// HTTP messages as plain values: what servers hand to handlers and clients get back. No Beast in here.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"

namespace mes::runtime {

// Header fields in the order they came; names compare without case (RFC 9110, section 5.1).
class http_headers {
 public:
  std::string_view get(std::string_view name) const;  // first value, "" if there is none
  bool has(std::string_view name) const;
  void set(std::string_view name, std::string_view value);  // replaces all of that name
  void add(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  auto begin() const { return _fields.begin(); }
  auto end() const { return _fields.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> _fields;
};

using query_parameters = std::vector<std::pair<std::string, std::string>>;

struct http_request {
  std::string method;      // "GET"
  std::string target;      // as sent: "/api/v1/parts?limit=5"
  std::string path;        // decoded, without the query
  query_parameters query;  // decoded, in order
  http_headers headers;
  std::string body;
  std::string remote_address;  // "127.0.0.1"
  instant received;

  std::string_view query_value(std::string_view name) const;  // first one, "" if there is none
};

struct http_response {
  int status = 200;
  http_headers headers;
  std::string body;

  static http_response text(int status, std::string body);
  static http_response json(int status, std::string body);  // application/json
  // RFC 9457: {"type":"about:blank","title":"Not Found","status":404,"detail":…}
  static http_response problem(int status, std::string_view detail);
};

bool equal_ignoring_case(std::string_view a, std::string_view b);  // of ASCII letters
std::string_view reason_phrase(int status);                        // "Not Found"; "" if unknown

// Decodes %XX and, with plus_as_space, '+' (application/x-www-form-urlencoded). Malformed escapes stay as they are.
std::string percent_decode(std::string_view text, bool plus_as_space = false);
std::string percent_encode(std::string_view text);  // everything but RFC 3986's unreserved characters
query_parameters parse_query(std::string_view query);

}  // namespace mes::runtime
