// Fields and rules of upstreams (kong/db/schema/entities/upstreams.lua).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gateway/config/checks.h"
#include "gateway/config/entities.h"

namespace mes::gateway {
namespace {

using enum field_type;

const schema active_healthy = {
    {.name = "interval", .type = number, .fallback = "0", .min = 0, .max = 65535},
    {.name = "http_statuses", .type = integers, .fallback = "[200,302]", .min = 100, .max = 999},
    {.name = "successes", .type = integer, .fallback = "0", .min = 0, .max = 255},
};

const schema active_unhealthy = {
    {.name = "interval", .type = number, .fallback = "0", .min = 0, .max = 65535},
    {.name = "http_statuses",
     .type = integers,
     .fallback = "[429,404,500,501,502,503,504,505]",
     .min = 100,
     .max = 999},
    {.name = "tcp_failures", .type = integer, .fallback = "0", .min = 0, .max = 255},
    {.name = "timeouts", .type = integer, .fallback = "0", .min = 0, .max = 255},
    {.name = "http_failures", .type = integer, .fallback = "0", .min = 0, .max = 255},
};

const schema passive_healthy = {
    {.name = "http_statuses",
     .type = integers,
     .fallback = "[200,201,202,203,204,205,206,207,208,226,300,301,302,303,304,305,306,307,308]",
     .min = 100,
     .max = 999},
    {.name = "successes", .type = integer, .fallback = "0", .min = 0, .max = 255},
};

const schema passive_unhealthy = {
    {.name = "http_statuses", .type = integers, .fallback = "[429,500,503]", .min = 100, .max = 999},
    {.name = "tcp_failures", .type = integer, .fallback = "0", .min = 0, .max = 255},
    {.name = "timeouts", .type = integer, .fallback = "0", .min = 0, .max = 255},
    {.name = "http_failures", .type = integer, .fallback = "0", .min = 0, .max = 255},
};

const field check_type = {.name = "type", .fallback = "\"http\"", .one_of = {"tcp", "http", "https", "grpc", "grpcs"}};

const schema active_fields = {
    check_type,
    {.name = "timeout", .type = number, .fallback = "1", .min = 0, .max = 65535},
    {.name = "concurrency", .type = integer, .fallback = "10", .min = 1, .max = 2147483648.0},
    {.name = "http_path", .fallback = "\"/\"", .check = check_path},
    {.name = "https_sni", .check = check_sni},
    {.name = "https_verify_certificate", .type = boolean, .fallback = "true"},
    {.name = "headers", .type = string_map, .check_key = check_header_name},
    {.name = "healthy", .type = mapping, .fields = &active_healthy},
    {.name = "unhealthy", .type = mapping, .fields = &active_unhealthy},
};

const schema passive_fields = {
    check_type,
    {.name = "healthy", .type = mapping, .fields = &passive_healthy},
    {.name = "unhealthy", .type = mapping, .fields = &passive_unhealthy},
};

const schema health_check_fields = {
    {.name = "active", .type = mapping, .fields = &active_fields},
    {.name = "passive", .type = mapping, .fields = &passive_fields},
    {.name = "threshold", .type = number, .fallback = "0", .min = 0, .max = 100},
};

// What each way of hashing needs, as the first choice and as the second.
struct hash_need {
  std::string_view way, field, fallback_field;
};
constexpr auto hash_needs = std::to_array<hash_need>({
    {"header", "hash_on_header", "hash_fallback_header"},
    {"cookie", "hash_on_cookie", "hash_on_cookie"},
    {"query_arg", "hash_on_query_arg", "hash_fallback_query_arg"},
    {"uri_capture", "hash_on_uri_capture", "hash_fallback_uri_capture"},
});

}  // namespace

const schema& upstream_fields() {
  static const std::vector<std::string_view> hash_ways = {"none",   "consumer", "ip",        "header",
                                                          "cookie", "path",     "query_arg", "uri_capture"};
  static const schema fields = {
      id_field,
      created_field,
      updated_field,
      {.name = "name", .required = true, .check = check_upstream_name, .unique = true},
      {.name = "algorithm",
       .fallback = "\"round-robin\"",
       .one_of = {"consistent-hashing", "least-connections", "round-robin", "latency"}},
      {.name = "hash_on", .fallback = "\"none\"", .one_of = hash_ways},
      {.name = "hash_fallback", .fallback = "\"none\"", .one_of = hash_ways},
      {.name = "hash_on_header", .check = check_header_name},
      {.name = "hash_fallback_header", .check = check_header_name},
      {.name = "hash_on_cookie", .check = check_cookie_name},
      {.name = "hash_on_cookie_path", .fallback = "\"/\"", .check = check_path},
      {.name = "hash_on_query_arg"},
      {.name = "hash_fallback_query_arg"},
      {.name = "hash_on_uri_capture"},
      {.name = "hash_fallback_uri_capture"},
      {.name = "slots", .type = integer, .fallback = "10000", .min = 10, .max = 65536},
      {.name = "healthchecks", .type = mapping, .fields = &health_check_fields},
      tags_field,
      {.name = "host_header", .check = check_target},
      {.name = "client_certificate", .type = reference, .to = "certificates"},
      {.name = "use_srv_name", .type = boolean, .fallback = "false"},
  };
  return fields;
}

void finish_upstream(record& source, const std::string& what, reporter& report) {
  // Kong's shorthands: hash_on chooses the algorithm, unless the algorithm takes no hash.
  bool hashless = source.text("algorithm") == "least-connections" || source.text("algorithm") == "latency";
  if (hashless && source.given("algorithm"))
    source.values["hash_on"] = "none";
  else if (source.given("hash_on"))
    source.values["algorithm"] = source.text("hash_on") == "none" ? "round-robin" : "consistent-hashing";
  std::string on = source.text("hash_on"), fallback = source.text("hash_fallback");
  auto need = [&](std::string_view way, std::string_view chosen_by, std::string_view member) {
    if (source.is_null(member))
      report.error(source.mark_of(chosen_by), fmt::format("{}: {} {} needs '{}'", what, chosen_by, way, member));
  };
  for (const hash_need& n : hash_needs) {
    if (on == n.way) need(n.way, "hash_on", n.field);
    if (fallback == n.way) need(n.way, "hash_fallback", n.fallback_field);
  }
  bool same = fallback == on && (on == "consumer" || on == "ip" || on == "path");
  if (fallback != "none" && (on == "none" || on == "cookie" || same))
    report.error(source.mark_of("hash_fallback"),
                 fmt::format("{}: hash_fallback {} makes no sense with hash_on {}", what, fallback, on));
  for (const hash_need& n : hash_needs)
    if (n.field != n.fallback_field && !source.is_null(n.field) &&
        source.text(n.field) == source.text(n.fallback_field))
      report.error(
          source.mark_of(n.fallback_field),
          fmt::format("{}: values of these fields must be distinct: '{}', '{}'", what, n.field, n.fallback_field));
}

}  // namespace mes::gateway
