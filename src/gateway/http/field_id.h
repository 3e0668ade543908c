// Header fields that the gateway itself looks at, told apart once, while parsing.
#pragma once

#include <cstdint>
#include <string_view>

namespace mes::gateway {

enum class field_id : std::uint8_t {
  other,
  host,
  connection,
  keep_alive,
  proxy,
  proxy_connection,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  content_length,
  content_type,
  expect,
  accept,
  authorization,
  cookie,
  origin,
  date,
  server,
  via,
  x_request_id,
  traceparent,
  idempotency_key,
  x_real_ip,
  x_forwarded_for,
  x_forwarded_proto,
  x_forwarded_host,
  x_forwarded_port,
  x_forwarded_path,
  x_forwarded_prefix,
  x_consumer_id,
  x_consumer_custom_id,
  x_consumer_username,
  x_credential_identifier,
  x_anonymous_consumer,
  count
};

field_id field_id_of(std::string_view name);  // without case

bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII

// Calls visit(token) for each element of a comma-separated list, without its blanks; empty ones are left out.
template <class Visit>
void for_each_token(std::string_view list, Visit visit) {
  while (!list.empty()) {
    auto comma = list.find(',');
    std::string_view token = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    while (!token.empty() && (token.front() == ' ' || token.front() == '\t')) token.remove_prefix(1);
    while (!token.empty() && (token.back() == ' ' || token.back() == '\t')) token.remove_suffix(1);
    if (!token.empty()) visit(token);
  }
}

}  // namespace mes::gateway
