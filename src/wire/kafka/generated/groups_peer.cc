// Made by tools/generate_kafka.py of contracts/kafka/groups.txt: change that, not this. The client's direction.
#include "wire/kafka/generated/groups.h"

// NOLINTBEGIN
namespace mes::wire::kafka {

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_commit_request::offset_commit_request_partition& value) {
  out.int32(value.partition_index);
  out.int64(value.committed_offset);
  if (version >= 6) {
    out.int32(value.committed_leader_epoch);
  }
  out.nullable_string(version >= 8, value.committed_metadata);
  if (version >= 8) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_commit_request::offset_commit_request_topic& value) {
  if (version <= 9) {
    out.string(version >= 8, value.name);
  }
  if (version >= 10) {
    out.uuid(value.topic_id);
  }
  out.array(version >= 8, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  if (version >= 8) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_commit_request& value) {
  out.string(version >= 8, value.group_id);
  out.int32(value.generation_id_or_member_epoch);
  out.string(version >= 8, value.member_id);
  if (version >= 7) {
    out.nullable_string(version >= 8, value.group_instance_id);
  }
  if (version <= 4) {
    out.int64(value.retention_time_ms);
  }
  out.array(version >= 8, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  if (version >= 8) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const offset_commit_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, offset_commit_response::offset_commit_response_partition& out) {
  out.partition_index = in.int32();
  out.error_code = in.int16();
  if (version >= 8) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_commit_response::offset_commit_response_topic& out) {
  if (version <= 9) {
    out.name = in.string(version >= 8);
  }
  if (version >= 10) {
    out.topic_id = in.uuid();
  }
  {
    const auto count = in.array(version >= 8, false, sizeof(offset_commit_response::offset_commit_response_partition));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partitions.emplace_back());
      }
    }
  }
  if (version >= 8) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_commit_response& out) {
  if (version >= 3) {
    out.throttle_time_ms = in.int32();
  }
  {
    const auto count = in.array(version >= 8, false, sizeof(offset_commit_response::offset_commit_response_topic));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
  if (version >= 8) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, offset_commit_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_fetch_request::offset_fetch_request_topic& value) {
  if (version <= 7) {
    out.string(version >= 6, value.name);
  }
  if (version <= 7) {
    out.array(version >= 6, static_cast<std::int64_t>(value.partition_indexes.size()));
    for (const auto& item : value.partition_indexes) {
      out.int32(item);
    }
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_fetch_request::offset_fetch_request_topics& value) {
  if (version >= 8 && version <= 9) {
    out.string(version >= 6, value.name);
  }
  if (version >= 10) {
    out.uuid(value.topic_id);
  }
  if (version >= 8) {
    out.array(version >= 6, static_cast<std::int64_t>(value.partition_indexes.size()));
    for (const auto& item : value.partition_indexes) {
      out.int32(item);
    }
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_fetch_request::offset_fetch_request_group& value) {
  if (version >= 8) {
    out.string(version >= 6, value.group_id);
  }
  if (version >= 9) {
    out.nullable_string(version >= 6, value.member_id);
  }
  if (version >= 9) {
    out.int32(value.member_epoch);
  }
  if (version >= 8) {
    out.array(version >= 6, value.topics ? static_cast<std::int64_t>(value.topics->size()) : -1);
    if (value.topics) {
      for (const auto& item : *value.topics) {
        write(out, version, item);
      }
    }
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_fetch_request& value) {
  if (version <= 7) {
    out.string(version >= 6, value.group_id);
  }
  if (version <= 7) {
    out.array(version >= 6, value.topics ? static_cast<std::int64_t>(value.topics->size()) : (version >= 2 ? -1 : 0));
    if (value.topics) {
      for (const auto& item : *value.topics) {
        write(out, version, item);
      }
    }
  }
  if (version >= 8) {
    out.array(version >= 6, static_cast<std::int64_t>(value.groups.size()));
    for (const auto& item : value.groups) {
      write(out, version, item);
    }
  }
  if (version >= 7) {
    out.boolean(value.require_stable);
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const offset_fetch_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, offset_fetch_response::offset_fetch_response_partition& out) {
  if (version <= 7) {
    out.partition_index = in.int32();
  }
  if (version <= 7) {
    out.committed_offset = in.int64();
  }
  if (version >= 5 && version <= 7) {
    out.committed_leader_epoch = in.int32();
  }
  if (version <= 7) {
    out.metadata = in.nullable_string(version >= 6, true);
  }
  if (version <= 7) {
    out.error_code = in.int16();
  }
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_fetch_response::offset_fetch_response_topic& out) {
  if (version <= 7) {
    out.name = in.string(version >= 6);
  }
  if (version <= 7) {
    {
      const auto count = in.array(version >= 6, false, sizeof(offset_fetch_response::offset_fetch_response_partition));
      if (count < 0) {
        out.partitions.clear();
      } else {
        out.partitions.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.partitions.emplace_back());
        }
      }
    }
  }
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_fetch_response::offset_fetch_response_partitions& out) {
  if (version >= 8) {
    out.partition_index = in.int32();
  }
  if (version >= 8) {
    out.committed_offset = in.int64();
  }
  if (version >= 8) {
    out.committed_leader_epoch = in.int32();
  }
  if (version >= 8) {
    out.metadata = in.nullable_string(version >= 6, true);
  }
  if (version >= 8) {
    out.error_code = in.int16();
  }
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_fetch_response::offset_fetch_response_topics& out) {
  if (version >= 8 && version <= 9) {
    out.name = in.string(version >= 6);
  }
  if (version >= 10) {
    out.topic_id = in.uuid();
  }
  if (version >= 8) {
    {
      const auto count = in.array(version >= 6, false, sizeof(offset_fetch_response::offset_fetch_response_partitions));
      if (count < 0) {
        out.partitions.clear();
      } else {
        out.partitions.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.partitions.emplace_back());
        }
      }
    }
  }
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_fetch_response::offset_fetch_response_group& out) {
  if (version >= 8) {
    out.group_id = in.string(version >= 6);
  }
  if (version >= 8) {
    {
      const auto count = in.array(version >= 6, false, sizeof(offset_fetch_response::offset_fetch_response_topics));
      if (count < 0) {
        out.topics.clear();
      } else {
        out.topics.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.topics.emplace_back());
        }
      }
    }
  }
  if (version >= 8) {
    out.error_code = in.int16();
  }
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_fetch_response& out) {
  if (version >= 3) {
    out.throttle_time_ms = in.int32();
  }
  if (version <= 7) {
    {
      const auto count = in.array(version >= 6, false, sizeof(offset_fetch_response::offset_fetch_response_topic));
      if (count < 0) {
        out.topics.clear();
      } else {
        out.topics.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.topics.emplace_back());
        }
      }
    }
  }
  if (version >= 2 && version <= 7) {
    out.error_code = in.int16();
  }
  if (version >= 8) {
    {
      const auto count = in.array(version >= 6, false, sizeof(offset_fetch_response::offset_fetch_response_group));
      if (count < 0) {
        out.groups.clear();
      } else {
        out.groups.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.groups.emplace_back());
        }
      }
    }
  }
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, offset_fetch_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const find_coordinator_request& value) {
  if (version <= 3) {
    out.string(version >= 3, value.key);
  }
  if (version >= 1) {
    out.int8(value.key_type);
  }
  if (version >= 4) {
    out.array(version >= 3, static_cast<std::int64_t>(value.coordinator_keys.size()));
    for (const auto& item : value.coordinator_keys) {
      out.string(version >= 3, item);
    }
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const find_coordinator_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, find_coordinator_response::coordinator& out) {
  if (version >= 4) {
    out.key = in.string(version >= 3);
  }
  if (version >= 4) {
    out.node_id = in.int32();
  }
  if (version >= 4) {
    out.host = in.string(version >= 3);
  }
  if (version >= 4) {
    out.port = in.int32();
  }
  if (version >= 4) {
    out.error_code = in.int16();
  }
  if (version >= 4) {
    out.error_message = in.nullable_string(version >= 3, true);
  }
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, find_coordinator_response& out) {
  if (version >= 1) {
    out.throttle_time_ms = in.int32();
  }
  if (version <= 3) {
    out.error_code = in.int16();
  }
  if (version >= 1 && version <= 3) {
    out.error_message = in.nullable_string(version >= 3, true);
  }
  if (version <= 3) {
    out.node_id = in.int32();
  }
  if (version <= 3) {
    out.host = in.string(version >= 3);
  }
  if (version <= 3) {
    out.port = in.int32();
  }
  if (version >= 4) {
    {
      const auto count = in.array(version >= 3, false, sizeof(find_coordinator_response::coordinator));
      if (count < 0) {
        out.coordinators.clear();
      } else {
        out.coordinators.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.coordinators.emplace_back());
        }
      }
    }
  }
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, find_coordinator_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const join_group_request::join_group_request_protocol& value) {
  out.string(version >= 6, value.name);
  out.bytes(version >= 6, value.metadata);
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const join_group_request& value) {
  out.string(version >= 6, value.group_id);
  out.int32(value.session_timeout_ms);
  if (version >= 1) {
    out.int32(value.rebalance_timeout_ms);
  }
  out.string(version >= 6, value.member_id);
  if (version >= 5) {
    out.nullable_string(version >= 6, value.group_instance_id);
  }
  out.string(version >= 6, value.protocol_type);
  out.array(version >= 6, static_cast<std::int64_t>(value.protocols.size()));
  for (const auto& item : value.protocols) {
    write(out, version, item);
  }
  if (version >= 8) {
    out.nullable_string(version >= 6, value.reason);
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const join_group_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, join_group_response::join_group_response_member& out) {
  out.member_id = in.string(version >= 6);
  if (version >= 5) {
    out.group_instance_id = in.nullable_string(version >= 6, true);
  }
  out.metadata = in.bytes(version >= 6);
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, join_group_response& out) {
  if (version >= 2) {
    out.throttle_time_ms = in.int32();
  }
  out.error_code = in.int16();
  out.generation_id = in.int32();
  if (version >= 7) {
    out.protocol_type = in.nullable_string(version >= 6, true);
  }
  out.protocol_name = in.nullable_string(version >= 6, version >= 7);
  out.leader = in.string(version >= 6);
  if (version >= 9) {
    out.skip_assignment = in.boolean();
  }
  out.member_id = in.string(version >= 6);
  {
    const auto count = in.array(version >= 6, false, sizeof(join_group_response::join_group_response_member));
    if (count < 0) {
      out.members.clear();
    } else {
      out.members.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.members.emplace_back());
      }
    }
  }
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, join_group_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const heartbeat_request& value) {
  out.string(version >= 4, value.group_id);
  out.int32(value.generation_id);
  out.string(version >= 4, value.member_id);
  if (version >= 3) {
    out.nullable_string(version >= 4, value.group_instance_id);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const heartbeat_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, heartbeat_response& out) {
  if (version >= 1) {
    out.throttle_time_ms = in.int32();
  }
  out.error_code = in.int16();
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, heartbeat_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const leave_group_request::member_identity& value) {
  if (version >= 3) {
    out.string(version >= 4, value.member_id);
  }
  if (version >= 3) {
    out.nullable_string(version >= 4, value.group_instance_id);
  }
  if (version >= 5) {
    out.nullable_string(version >= 4, value.reason);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const leave_group_request& value) {
  out.string(version >= 4, value.group_id);
  if (version <= 2) {
    out.string(version >= 4, value.member_id);
  }
  if (version >= 3) {
    out.array(version >= 4, static_cast<std::int64_t>(value.members.size()));
    for (const auto& item : value.members) {
      write(out, version, item);
    }
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const leave_group_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, leave_group_response::member_response& out) {
  if (version >= 3) {
    out.member_id = in.string(version >= 4);
  }
  if (version >= 3) {
    out.group_instance_id = in.nullable_string(version >= 4, true);
  }
  if (version >= 3) {
    out.error_code = in.int16();
  }
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, leave_group_response& out) {
  if (version >= 1) {
    out.throttle_time_ms = in.int32();
  }
  out.error_code = in.int16();
  if (version >= 3) {
    {
      const auto count = in.array(version >= 4, false, sizeof(leave_group_response::member_response));
      if (count < 0) {
        out.members.clear();
      } else {
        out.members.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.members.emplace_back());
        }
      }
    }
  }
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, leave_group_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const sync_group_request::sync_group_request_assignment& value) {
  out.string(version >= 4, value.member_id);
  out.bytes(version >= 4, value.assignment);
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const sync_group_request& value) {
  out.string(version >= 4, value.group_id);
  out.int32(value.generation_id);
  out.string(version >= 4, value.member_id);
  if (version >= 3) {
    out.nullable_string(version >= 4, value.group_instance_id);
  }
  if (version >= 5) {
    out.nullable_string(version >= 4, value.protocol_type);
  }
  if (version >= 5) {
    out.nullable_string(version >= 4, value.protocol_name);
  }
  out.array(version >= 4, static_cast<std::int64_t>(value.assignments.size()));
  for (const auto& item : value.assignments) {
    write(out, version, item);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const sync_group_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, sync_group_response& out) {
  if (version >= 1) {
    out.throttle_time_ms = in.int32();
  }
  out.error_code = in.int16();
  if (version >= 5) {
    out.protocol_type = in.nullable_string(version >= 4, true);
  }
  if (version >= 5) {
    out.protocol_name = in.nullable_string(version >= 4, true);
  }
  out.assignment = in.bytes(version >= 4);
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, sync_group_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_groups_request& value) {
  out.array(version >= 5, static_cast<std::int64_t>(value.groups.size()));
  for (const auto& item : value.groups) {
    out.string(version >= 5, item);
  }
  if (version >= 3) {
    out.boolean(value.include_authorized_operations);
  }
  if (version >= 5) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_groups_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_groups_response::described_group_member& out) {
  out.member_id = in.string(version >= 5);
  if (version >= 4) {
    out.group_instance_id = in.nullable_string(version >= 5, true);
  }
  out.client_id = in.string(version >= 5);
  out.client_host = in.string(version >= 5);
  out.member_metadata = in.bytes(version >= 5);
  out.member_assignment = in.bytes(version >= 5);
  if (version >= 5) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_groups_response::described_group& out) {
  out.error_code = in.int16();
  if (version >= 6) {
    out.error_message = in.nullable_string(version >= 5, true);
  }
  out.group_id = in.string(version >= 5);
  out.group_state = in.string(version >= 5);
  out.protocol_type = in.string(version >= 5);
  out.protocol_data = in.string(version >= 5);
  {
    const auto count = in.array(version >= 5, false, sizeof(describe_groups_response::described_group_member));
    if (count < 0) {
      out.members.clear();
    } else {
      out.members.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.members.emplace_back());
      }
    }
  }
  if (version >= 3) {
    out.authorized_operations = in.int32();
  }
  if (version >= 5) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_groups_response& out) {
  if (version >= 1) {
    out.throttle_time_ms = in.int32();
  }
  {
    const auto count = in.array(version >= 5, false, sizeof(describe_groups_response::described_group));
    if (count < 0) {
      out.groups.clear();
    } else {
      out.groups.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.groups.emplace_back());
      }
    }
  }
  if (version >= 5) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_groups_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_groups_request& value) {
  if (version >= 4) {
    out.array(version >= 3, static_cast<std::int64_t>(value.states_filter.size()));
    for (const auto& item : value.states_filter) {
      out.string(version >= 3, item);
    }
  }
  if (version >= 5) {
    out.array(version >= 3, static_cast<std::int64_t>(value.types_filter.size()));
    for (const auto& item : value.types_filter) {
      out.string(version >= 3, item);
    }
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const list_groups_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, list_groups_response::listed_group& out) {
  out.group_id = in.string(version >= 3);
  out.protocol_type = in.string(version >= 3);
  if (version >= 4) {
    out.group_state = in.string(version >= 3);
  }
  if (version >= 5) {
    out.group_type = in.string(version >= 3);
  }
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, list_groups_response& out) {
  if (version >= 1) {
    out.throttle_time_ms = in.int32();
  }
  out.error_code = in.int16();
  {
    const auto count = in.array(version >= 3, false, sizeof(list_groups_response::listed_group));
    if (count < 0) {
      out.groups.clear();
    } else {
      out.groups.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.groups.emplace_back());
      }
    }
  }
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, list_groups_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_groups_request& value) {
  out.array(version >= 2, static_cast<std::int64_t>(value.groups_names.size()));
  for (const auto& item : value.groups_names) {
    out.string(version >= 2, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const delete_groups_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, delete_groups_response::deletable_group_result& out) {
  out.group_id = in.string(version >= 2);
  out.error_code = in.int16();
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, delete_groups_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 2, false, sizeof(delete_groups_response::deletable_group_result));
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
bool decode(reader& in, std::int16_t version, delete_groups_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_delete_request::offset_delete_request_partition& value) {
  out.int32(value.partition_index);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_delete_request::offset_delete_request_topic& value) {
  out.string(false, value.name);
  out.array(false, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_delete_request& value) {
  out.string(false, value.group_id);
  out.array(false, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const offset_delete_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, offset_delete_response::offset_delete_response_partition& out) {
  out.partition_index = in.int32();
  out.error_code = in.int16();
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_delete_response::offset_delete_response_topic& out) {
  out.name = in.string(false);
  {
    const auto count = in.array(false, false, sizeof(offset_delete_response::offset_delete_response_partition));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partitions.emplace_back());
      }
    }
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_delete_response& out) {
  out.error_code = in.int16();
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(false, false, sizeof(offset_delete_response::offset_delete_response_topic));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, offset_delete_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_group_heartbeat_request::topic_partitions_item& value) {
  out.uuid(value.topic_id);
  out.array(true, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    out.int32(item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_group_heartbeat_request& value) {
  out.string(true, value.group_id);
  out.string(true, value.member_id);
  out.int32(value.member_epoch);
  out.nullable_string(true, value.instance_id);
  out.nullable_string(true, value.rack_id);
  out.int32(value.rebalance_timeout_ms);
  out.array(true, value.subscribed_topic_names ? static_cast<std::int64_t>(value.subscribed_topic_names->size()) : -1);
  if (value.subscribed_topic_names) {
    for (const auto& item : *value.subscribed_topic_names) {
      out.string(true, item);
    }
  }
  if (version >= 1) {
    out.nullable_string(true, value.subscribed_topic_regex);
  }
  out.nullable_string(true, value.server_assignor);
  out.array(true, value.topic_partitions ? static_cast<std::int64_t>(value.topic_partitions->size()) : -1);
  if (value.topic_partitions) {
    for (const auto& item : *value.topic_partitions) {
      write(out, version, item);
    }
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const consumer_group_heartbeat_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_group_heartbeat_response::topic_partitions_item& out) {
  out.topic_id = in.uuid();
  {
    const auto count = in.array(true, false, sizeof(std::int32_t));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.partitions.push_back(in.int32());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_group_heartbeat_response::assignment_item& out) {
  {
    const auto count = in.array(true, false, sizeof(consumer_group_heartbeat_response::topic_partitions_item));
    if (count < 0) {
      out.topic_partitions.clear();
    } else {
      out.topic_partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topic_partitions.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_group_heartbeat_response& out) {
  out.throttle_time_ms = in.int32();
  out.error_code = in.int16();
  out.error_message = in.nullable_string(true, true);
  out.member_id = in.nullable_string(true, true);
  out.member_epoch = in.int32();
  out.heartbeat_interval_ms = in.int32();
  if (in.int8() < 0) {
    out.assignment.reset();
  } else {
    read(in, version, out.assignment.emplace(consumer_group_heartbeat_response::assignment_item{}));
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, consumer_group_heartbeat_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_group_describe_request& value) {
  out.array(true, static_cast<std::int64_t>(value.group_ids.size()));
  for (const auto& item : value.group_ids) {
    out.string(true, item);
  }
  out.boolean(value.include_authorized_operations);
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const consumer_group_describe_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_group_describe_response::topic_partitions_item& out) {
  out.topic_id = in.uuid();
  out.topic_name = in.string(true);
  {
    const auto count = in.array(true, false, sizeof(std::int32_t));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.partitions.push_back(in.int32());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_group_describe_response::assignment_item& out) {
  {
    const auto count = in.array(true, false, sizeof(consumer_group_describe_response::topic_partitions_item));
    if (count < 0) {
      out.topic_partitions.clear();
    } else {
      out.topic_partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topic_partitions.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_group_describe_response::member& out) {
  out.member_id = in.string(true);
  out.instance_id = in.nullable_string(true, true);
  out.rack_id = in.nullable_string(true, true);
  out.member_epoch = in.int32();
  out.client_id = in.string(true);
  out.client_host = in.string(true);
  {
    const auto count = in.array(true, false, sizeof(std::string));
    if (count < 0) {
      out.subscribed_topic_names.clear();
    } else {
      out.subscribed_topic_names.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.subscribed_topic_names.emplace_back(in.string(true));
      }
    }
  }
  out.subscribed_topic_regex = in.nullable_string(true, true);
  read(in, version, out.assignment);
  read(in, version, out.target_assignment);
  if (version >= 1) {
    out.member_type = in.int8();
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_group_describe_response::described_group& out) {
  out.error_code = in.int16();
  out.error_message = in.nullable_string(true, true);
  out.group_id = in.string(true);
  out.group_state = in.string(true);
  out.group_epoch = in.int32();
  out.assignment_epoch = in.int32();
  out.assignor_name = in.string(true);
  {
    const auto count = in.array(true, false, sizeof(consumer_group_describe_response::member));
    if (count < 0) {
      out.members.clear();
    } else {
      out.members.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.members.emplace_back());
      }
    }
  }
  out.authorized_operations = in.int32();
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_group_describe_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(true, false, sizeof(consumer_group_describe_response::described_group));
    if (count < 0) {
      out.groups.clear();
    } else {
      out.groups.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.groups.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, consumer_group_describe_response& out) {
  read(in, version, out);
  return in.ok();
}

}  // namespace mes::wire::kafka
// NOLINTEND
