// Made by tools/generate_kafka.py of contracts/kafka/security.txt: change that, not this. The broker's direction.
#include "wire/kafka/generated/security.h"

// NOLINTBEGIN
namespace mes::wire::kafka {

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, sasl_handshake_request& out) {
  out.mechanism = in.string(false);
}

}  // namespace
bool decode(reader& in, std::int16_t version, sasl_handshake_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const sasl_handshake_response& value) {
  out.int16(value.error_code);
  out.array(false, static_cast<std::int64_t>(value.mechanisms.size()));
  for (const auto& item : value.mechanisms) {
    out.string(false, item);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const sasl_handshake_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, sasl_authenticate_request& out) {
  out.auth_bytes = in.bytes(version >= 2);
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, sasl_authenticate_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const sasl_authenticate_response& value) {
  out.int16(value.error_code);
  out.nullable_string(version >= 2, value.error_message);
  out.bytes(version >= 2, value.auth_bytes);
  if (version >= 1) {
    out.int64(value.session_lifetime_ms);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const sasl_authenticate_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_acls_request& out) {
  out.resource_type_filter = in.int8();
  out.resource_name_filter = in.nullable_string(version >= 2, true);
  out.pattern_type_filter = in.int8();
  out.principal_filter = in.nullable_string(version >= 2, true);
  out.host_filter = in.nullable_string(version >= 2, true);
  out.operation = in.int8();
  out.permission_type = in.int8();
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_acls_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_acls_response::acl_description& value) {
  out.string(version >= 2, value.principal);
  out.string(version >= 2, value.host);
  out.int8(value.operation);
  out.int8(value.permission_type);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_acls_response::describe_acls_resource& value) {
  out.int8(value.resource_type);
  out.string(version >= 2, value.resource_name);
  out.int8(value.pattern_type);
  out.array(version >= 2, static_cast<std::int64_t>(value.acls.size()));
  for (const auto& item : value.acls) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_acls_response& value) {
  out.int32(value.throttle_time_ms);
  out.int16(value.error_code);
  out.nullable_string(version >= 2, value.error_message);
  out.array(version >= 2, static_cast<std::int64_t>(value.resources.size()));
  for (const auto& item : value.resources) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_acls_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, create_acls_request::acl_creation& out) {
  out.resource_type = in.int8();
  out.resource_name = in.string(version >= 2);
  out.resource_pattern_type = in.int8();
  out.principal = in.string(version >= 2);
  out.host = in.string(version >= 2);
  out.operation = in.int8();
  out.permission_type = in.int8();
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, create_acls_request& out) {
  {
    const auto count = in.array(version >= 2, false, sizeof(create_acls_request::acl_creation));
    if (count < 0) {
      out.creations.clear();
    } else {
      out.creations.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.creations.emplace_back());
      }
    }
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, create_acls_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_acls_response::acl_creation_result& value) {
  out.int16(value.error_code);
  out.nullable_string(version >= 2, value.error_message);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_acls_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(version >= 2, static_cast<std::int64_t>(value.results.size()));
  for (const auto& item : value.results) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const create_acls_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, delete_acls_request::delete_acls_filter& out) {
  out.resource_type_filter = in.int8();
  out.resource_name_filter = in.nullable_string(version >= 2, true);
  out.pattern_type_filter = in.int8();
  out.principal_filter = in.nullable_string(version >= 2, true);
  out.host_filter = in.nullable_string(version >= 2, true);
  out.operation = in.int8();
  out.permission_type = in.int8();
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, delete_acls_request& out) {
  {
    const auto count = in.array(version >= 2, false, sizeof(delete_acls_request::delete_acls_filter));
    if (count < 0) {
      out.filters.clear();
    } else {
      out.filters.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.filters.emplace_back());
      }
    }
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, delete_acls_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_acls_response::delete_acls_matching_acl& value) {
  out.int16(value.error_code);
  out.nullable_string(version >= 2, value.error_message);
  out.int8(value.resource_type);
  out.string(version >= 2, value.resource_name);
  out.int8(value.pattern_type);
  out.string(version >= 2, value.principal);
  out.string(version >= 2, value.host);
  out.int8(value.operation);
  out.int8(value.permission_type);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_acls_response::delete_acls_filter_result& value) {
  out.int16(value.error_code);
  out.nullable_string(version >= 2, value.error_message);
  out.array(version >= 2, static_cast<std::int64_t>(value.matching_acls.size()));
  for (const auto& item : value.matching_acls) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_acls_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(version >= 2, static_cast<std::int64_t>(value.filter_results.size()));
  for (const auto& item : value.filter_results) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const delete_acls_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_user_scram_credentials_request::user_name& out) {
  out.name = in.string(true);
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_user_scram_credentials_request& out) {
  {
    const auto count = in.array(true, true, sizeof(describe_user_scram_credentials_request::user_name));
    if (count < 0) {
      out.users.reset();
    } else {
      out.users.emplace();
      out.users->reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.users->emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_user_scram_credentials_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_user_scram_credentials_response::credential_info& value) {
  out.int8(value.mechanism);
  out.int32(value.iterations);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_user_scram_credentials_response::describe_user_scram_credentials_result& value) {
  out.string(true, value.user);
  out.int16(value.error_code);
  out.nullable_string(true, value.error_message);
  out.array(true, static_cast<std::int64_t>(value.credential_infos.size()));
  for (const auto& item : value.credential_infos) {
    write(out, version, item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_user_scram_credentials_response& value) {
  out.int32(value.throttle_time_ms);
  out.int16(value.error_code);
  out.nullable_string(true, value.error_message);
  out.array(true, static_cast<std::int64_t>(value.results.size()));
  for (const auto& item : value.results) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_user_scram_credentials_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, alter_user_scram_credentials_request::scram_credential_deletion& out) {
  out.name = in.string(true);
  out.mechanism = in.int8();
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_user_scram_credentials_request::scram_credential_upsertion& out) {
  out.name = in.string(true);
  out.mechanism = in.int8();
  out.iterations = in.int32();
  out.salt = in.bytes(true);
  out.salted_password = in.bytes(true);
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_user_scram_credentials_request& out) {
  {
    const auto count = in.array(true, false, sizeof(alter_user_scram_credentials_request::scram_credential_deletion));
    if (count < 0) {
      out.deletions.clear();
    } else {
      out.deletions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.deletions.emplace_back());
      }
    }
  }
  {
    const auto count = in.array(true, false, sizeof(alter_user_scram_credentials_request::scram_credential_upsertion));
    if (count < 0) {
      out.upsertions.clear();
    } else {
      out.upsertions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.upsertions.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, alter_user_scram_credentials_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_user_scram_credentials_response::alter_user_scram_credentials_result& value) {
  out.string(true, value.user);
  out.int16(value.error_code);
  out.nullable_string(true, value.error_message);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_user_scram_credentials_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(true, static_cast<std::int64_t>(value.results.size()));
  for (const auto& item : value.results) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const alter_user_scram_credentials_response& value) {
  write(out, version, value);
}

}  // namespace mes::wire::kafka
// NOLINTEND
