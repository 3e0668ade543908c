// Header fields that the gateway itself looks at, told apart once, while parsing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
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

// Who the client is, is for the plugins to say, never for the client.
constexpr bool says_who(field_id id) { return id >= field_id::x_consumer_id && id <= field_id::x_anonymous_consumer; }

struct known_field {
  std::string_view name;  // in lower case
  field_id id;
};
inline constexpr auto known_fields = std::to_array<known_field>({
    {"host", field_id::host},
    {"connection", field_id::connection},
    {"keep-alive", field_id::keep_alive},
    {"proxy", field_id::proxy},
    {"proxy-connection", field_id::proxy_connection},
    {"te", field_id::te},
    {"trailer", field_id::trailer},
    {"transfer-encoding", field_id::transfer_encoding},
    {"upgrade", field_id::upgrade},
    {"content-length", field_id::content_length},
    {"content-type", field_id::content_type},
    {"expect", field_id::expect},
    {"accept", field_id::accept},
    {"authorization", field_id::authorization},
    {"cookie", field_id::cookie},
    {"origin", field_id::origin},
    {"date", field_id::date},
    {"server", field_id::server},
    {"via", field_id::via},
    {"x-request-id", field_id::x_request_id},
    {"traceparent", field_id::traceparent},
    {"x-real-ip", field_id::x_real_ip},
    {"x-forwarded-for", field_id::x_forwarded_for},
    {"x-forwarded-proto", field_id::x_forwarded_proto},
    {"x-forwarded-host", field_id::x_forwarded_host},
    {"x-forwarded-port", field_id::x_forwarded_port},
    {"x-forwarded-path", field_id::x_forwarded_path},
    {"x-forwarded-prefix", field_id::x_forwarded_prefix},
    {"x-consumer-id", field_id::x_consumer_id},
    {"x-consumer-custom-id", field_id::x_consumer_custom_id},
    {"x-consumer-username", field_id::x_consumer_username},
    {"x-credential-identifier", field_id::x_credential_identifier},
    {"x-anonymous-consumer", field_id::x_anonymous_consumer},
});
static_assert(known_fields.size() + 1 == static_cast<std::size_t>(field_id::count));

// A name with its id. That of a literal is found by the compiler, that of a name from a configuration when this is
// made: not for each request.
struct field_name {
  std::string_view text;  // outlived by what it was made from
  field_id id = field_id::other;

  // NOLINTNEXTLINE(google-explicit-constructor): a literal is a name
  consteval field_name(const char* literal) : text(literal) {
    auto same = [](std::string_view a, std::string_view b) {
      if (a.size() != b.size()) return false;
      for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != (b[i] >= 'A' && b[i] <= 'Z' ? b[i] + 32 : b[i])) return false;
      return true;
    };
    for (const known_field& known : known_fields)
      if (same(known.name, text)) id = known.id;
  }
  constexpr field_name(std::string_view name, field_id known) : text(name), id(known) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as above
  field_name(std::string_view name) : text(name), id(field_id_of(name)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as above
  field_name(const std::string& name) : field_name(std::string_view(name)) {}

  bool operator==(const field_name& other) const {
    return id == other.id &&
           (id != field_id::other || (text.size() == other.text.size() && equals_ignoring_case(text, other.text)));
  }
};

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
