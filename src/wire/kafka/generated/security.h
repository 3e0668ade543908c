// Made by tools/generate_kafka.py of contracts/kafka/security.txt: change that, not this.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::wire::kafka {

struct sasl_handshake_request {
  static constexpr std::int16_t api_key = 17;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 32767;
  std::string_view mechanism;
};
bool decode(reader& in, std::int16_t version, sasl_handshake_request& out);
void encode(writer& out, std::int16_t version, const sasl_handshake_request& value);

struct sasl_handshake_response {
  static constexpr std::int16_t api_key = 17;
  static constexpr std::int16_t version_min = 0, version_max = 1, flexible_from = 32767;
  std::int16_t error_code = 0;
  std::vector<std::string> mechanisms;
};
bool decode(reader& in, std::int16_t version, sasl_handshake_response& out);
void encode(writer& out, std::int16_t version, const sasl_handshake_response& value);

struct sasl_authenticate_request {
  static constexpr std::int16_t api_key = 36;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 2;
  std::string_view auth_bytes;
};
bool decode(reader& in, std::int16_t version, sasl_authenticate_request& out);
void encode(writer& out, std::int16_t version, const sasl_authenticate_request& value);

struct sasl_authenticate_response {
  static constexpr std::int16_t api_key = 36;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 2;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::string auth_bytes;
  std::int64_t session_lifetime_ms = 0;
};
bool decode(reader& in, std::int16_t version, sasl_authenticate_response& out);
void encode(writer& out, std::int16_t version, const sasl_authenticate_response& value);

struct describe_acls_request {
  static constexpr std::int16_t api_key = 29;
  static constexpr std::int16_t version_min = 1, version_max = 3, flexible_from = 2;
  std::int8_t resource_type_filter = 0;
  std::optional<std::string_view> resource_name_filter = std::string_view{};
  std::int8_t pattern_type_filter = 3;
  std::optional<std::string_view> principal_filter = std::string_view{};
  std::optional<std::string_view> host_filter = std::string_view{};
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;
};
bool decode(reader& in, std::int16_t version, describe_acls_request& out);
void encode(writer& out, std::int16_t version, const describe_acls_request& value);

struct describe_acls_response {
  static constexpr std::int16_t api_key = 29;
  static constexpr std::int16_t version_min = 1, version_max = 3, flexible_from = 2;
  struct acl_description {
    std::string principal;
    std::string host;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;
  };
  struct describe_acls_resource {
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::int8_t pattern_type = 3;
    std::vector<acl_description> acls;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<describe_acls_resource> resources;
};
bool decode(reader& in, std::int16_t version, describe_acls_response& out);
void encode(writer& out, std::int16_t version, const describe_acls_response& value);

struct create_acls_request {
  static constexpr std::int16_t api_key = 30;
  static constexpr std::int16_t version_min = 1, version_max = 3, flexible_from = 2;
  struct acl_creation {
    std::int8_t resource_type = 0;
    std::string_view resource_name;
    std::int8_t resource_pattern_type = 3;
    std::string_view principal;
    std::string_view host;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;
  };
  std::vector<acl_creation> creations;
};
bool decode(reader& in, std::int16_t version, create_acls_request& out);
void encode(writer& out, std::int16_t version, const create_acls_request& value);

struct create_acls_response {
  static constexpr std::int16_t api_key = 30;
  static constexpr std::int16_t version_min = 1, version_max = 3, flexible_from = 2;
  struct acl_creation_result {
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<acl_creation_result> results;
};
bool decode(reader& in, std::int16_t version, create_acls_response& out);
void encode(writer& out, std::int16_t version, const create_acls_response& value);

struct delete_acls_request {
  static constexpr std::int16_t api_key = 31;
  static constexpr std::int16_t version_min = 1, version_max = 3, flexible_from = 2;
  struct delete_acls_filter {
    std::int8_t resource_type_filter = 0;
    std::optional<std::string_view> resource_name_filter = std::string_view{};
    std::int8_t pattern_type_filter = 3;
    std::optional<std::string_view> principal_filter = std::string_view{};
    std::optional<std::string_view> host_filter = std::string_view{};
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;
  };
  std::vector<delete_acls_filter> filters;
};
bool decode(reader& in, std::int16_t version, delete_acls_request& out);
void encode(writer& out, std::int16_t version, const delete_acls_request& value);

struct delete_acls_response {
  static constexpr std::int16_t api_key = 31;
  static constexpr std::int16_t version_min = 1, version_max = 3, flexible_from = 2;
  struct delete_acls_matching_acl {
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::int8_t pattern_type = 3;
    std::string principal;
    std::string host;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;
  };
  struct delete_acls_filter_result {
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::vector<delete_acls_matching_acl> matching_acls;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<delete_acls_filter_result> filter_results;
};
bool decode(reader& in, std::int16_t version, delete_acls_response& out);
void encode(writer& out, std::int16_t version, const delete_acls_response& value);

struct describe_user_scram_credentials_request {
  static constexpr std::int16_t api_key = 50;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 0;
  struct user_name {
    std::string_view name;
  };
  std::optional<std::vector<user_name>> users = std::vector<user_name>{};
};
bool decode(reader& in, std::int16_t version, describe_user_scram_credentials_request& out);
void encode(writer& out, std::int16_t version, const describe_user_scram_credentials_request& value);

struct describe_user_scram_credentials_response {
  static constexpr std::int16_t api_key = 50;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 0;
  struct credential_info {
    std::int8_t mechanism = 0;
    std::int32_t iterations = 0;
  };
  struct describe_user_scram_credentials_result {
    std::string user;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::vector<credential_info> credential_infos;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<describe_user_scram_credentials_result> results;
};
bool decode(reader& in, std::int16_t version, describe_user_scram_credentials_response& out);
void encode(writer& out, std::int16_t version, const describe_user_scram_credentials_response& value);

struct alter_user_scram_credentials_request {
  static constexpr std::int16_t api_key = 51;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 0;
  struct scram_credential_deletion {
    std::string_view name;
    std::int8_t mechanism = 0;
  };
  struct scram_credential_upsertion {
    std::string_view name;
    std::int8_t mechanism = 0;
    std::int32_t iterations = 0;
    std::string_view salt;
    std::string_view salted_password;
  };
  std::vector<scram_credential_deletion> deletions;
  std::vector<scram_credential_upsertion> upsertions;
};
bool decode(reader& in, std::int16_t version, alter_user_scram_credentials_request& out);
void encode(writer& out, std::int16_t version, const alter_user_scram_credentials_request& value);

struct alter_user_scram_credentials_response {
  static constexpr std::int16_t api_key = 51;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 0;
  struct alter_user_scram_credentials_result {
    std::string user;
    std::int16_t error_code = 0;
    std::optional<std::string> error_message;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<alter_user_scram_credentials_result> results;
};
bool decode(reader& in, std::int16_t version, alter_user_scram_credentials_response& out);
void encode(writer& out, std::int16_t version, const alter_user_scram_credentials_response& value);

}  // namespace mes::wire::kafka
