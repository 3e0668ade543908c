// Made by tools/generate_kafka.py of contracts/kafka/security.txt: change that, not this. The client's direction.
#include "wire/kafka/generated/security.h"

// NOLINTBEGIN
namespace mes::wire::kafka {

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const sasl_handshake_request& value) {
  out.string(false, value.mechanism);
}

}  // namespace
void encode(writer& out, std::int16_t version, const sasl_handshake_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, sasl_handshake_response& out) {
  out.error_code = in.int16();
  {
    const auto count = in.array(false, false, sizeof(std::string));
    if (count < 0) {
      out.mechanisms.clear();
    } else {
      out.mechanisms.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.mechanisms.emplace_back(in.string(false));
      }
    }
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, sasl_handshake_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const sasl_authenticate_request& value) {
  out.bytes(version >= 2, value.auth_bytes);
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const sasl_authenticate_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, sasl_authenticate_response& out) {
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 2, true);
  out.auth_bytes = in.bytes(version >= 2);
  if (version >= 1) {
    out.session_lifetime_ms = in.int64();
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, sasl_authenticate_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_acls_request& value) {
  out.int8(value.resource_type_filter);
  out.nullable_string(version >= 2, value.resource_name_filter);
  out.int8(value.pattern_type_filter);
  out.nullable_string(version >= 2, value.principal_filter);
  out.nullable_string(version >= 2, value.host_filter);
  out.int8(value.operation);
  out.int8(value.permission_type);
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_acls_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_acls_response::acl_description& out) {
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

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_acls_response::describe_acls_resource& out) {
  out.resource_type = in.int8();
  out.resource_name = in.string(version >= 2);
  out.pattern_type = in.int8();
  {
    const auto count = in.array(version >= 2, false, sizeof(describe_acls_response::acl_description));
    if (count < 0) {
      out.acls.clear();
    } else {
      out.acls.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.acls.emplace_back());
      }
    }
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_acls_response& out) {
  out.throttle_time_ms = in.int32();
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 2, true);
  {
    const auto count = in.array(version >= 2, false, sizeof(describe_acls_response::describe_acls_resource));
    if (count < 0) {
      out.resources.clear();
    } else {
      out.resources.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.resources.emplace_back());
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
bool decode(reader& in, std::int16_t version, describe_acls_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_acls_request::acl_creation& value) {
  out.int8(value.resource_type);
  out.string(version >= 2, value.resource_name);
  out.int8(value.resource_pattern_type);
  out.string(version >= 2, value.principal);
  out.string(version >= 2, value.host);
  out.int8(value.operation);
  out.int8(value.permission_type);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_acls_request& value) {
  out.array(version >= 2, static_cast<std::int64_t>(value.creations.size()));
  for (const auto& item : value.creations) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const create_acls_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, create_acls_response::acl_creation_result& out) {
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 2, true);
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, create_acls_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 2, false, sizeof(create_acls_response::acl_creation_result));
    if (count < 0) {
      out.results.clear();
    } else {
      out.results.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.results.emplace_back());
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
bool decode(reader& in, std::int16_t version, create_acls_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_acls_request::delete_acls_filter& value) {
  out.int8(value.resource_type_filter);
  out.nullable_string(version >= 2, value.resource_name_filter);
  out.int8(value.pattern_type_filter);
  out.nullable_string(version >= 2, value.principal_filter);
  out.nullable_string(version >= 2, value.host_filter);
  out.int8(value.operation);
  out.int8(value.permission_type);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_acls_request& value) {
  out.array(version >= 2, static_cast<std::int64_t>(value.filters.size()));
  for (const auto& item : value.filters) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const delete_acls_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, delete_acls_response::delete_acls_matching_acl& out) {
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 2, true);
  out.resource_type = in.int8();
  out.resource_name = in.string(version >= 2);
  out.pattern_type = in.int8();
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

void read(reader& in, [[maybe_unused]] std::int16_t version, delete_acls_response::delete_acls_filter_result& out) {
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 2, true);
  {
    const auto count = in.array(version >= 2, false, sizeof(delete_acls_response::delete_acls_matching_acl));
    if (count < 0) {
      out.matching_acls.clear();
    } else {
      out.matching_acls.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.matching_acls.emplace_back());
      }
    }
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, delete_acls_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 2, false, sizeof(delete_acls_response::delete_acls_filter_result));
    if (count < 0) {
      out.filter_results.clear();
    } else {
      out.filter_results.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.filter_results.emplace_back());
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
bool decode(reader& in, std::int16_t version, delete_acls_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_user_scram_credentials_request::user_name& value) {
  out.string(true, value.name);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_user_scram_credentials_request& value) {
  out.array(true, value.users ? static_cast<std::int64_t>(value.users->size()) : -1);
  if (value.users) {
    for (const auto& item : *value.users) {
      write(out, version, item);
    }
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_user_scram_credentials_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_user_scram_credentials_response::credential_info& out) {
  out.mechanism = in.int8();
  out.iterations = in.int32();
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_user_scram_credentials_response::describe_user_scram_credentials_result& out) {
  out.user = in.string(true);
  out.error_code = in.int16();
  out.error_message = in.nullable_string(true, true);
  {
    const auto count = in.array(true, false, sizeof(describe_user_scram_credentials_response::credential_info));
    if (count < 0) {
      out.credential_infos.clear();
    } else {
      out.credential_infos.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.credential_infos.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_user_scram_credentials_response& out) {
  out.throttle_time_ms = in.int32();
  out.error_code = in.int16();
  out.error_message = in.nullable_string(true, true);
  {
    const auto count = in.array(true, false, sizeof(describe_user_scram_credentials_response::describe_user_scram_credentials_result));
    if (count < 0) {
      out.results.clear();
    } else {
      out.results.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.results.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_user_scram_credentials_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_user_scram_credentials_request::scram_credential_deletion& value) {
  out.string(true, value.name);
  out.int8(value.mechanism);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_user_scram_credentials_request::scram_credential_upsertion& value) {
  out.string(true, value.name);
  out.int8(value.mechanism);
  out.int32(value.iterations);
  out.bytes(true, value.salt);
  out.bytes(true, value.salted_password);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_user_scram_credentials_request& value) {
  out.array(true, static_cast<std::int64_t>(value.deletions.size()));
  for (const auto& item : value.deletions) {
    write(out, version, item);
  }
  out.array(true, static_cast<std::int64_t>(value.upsertions.size()));
  for (const auto& item : value.upsertions) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const alter_user_scram_credentials_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, alter_user_scram_credentials_response::alter_user_scram_credentials_result& out) {
  out.user = in.string(true);
  out.error_code = in.int16();
  out.error_message = in.nullable_string(true, true);
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_user_scram_credentials_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(true, false, sizeof(alter_user_scram_credentials_response::alter_user_scram_credentials_result));
    if (count < 0) {
      out.results.clear();
    } else {
      out.results.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.results.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, alter_user_scram_credentials_response& out) {
  read(in, version, out);
  return in.ok();
}

}  // namespace mes::wire::kafka
// NOLINTEND
