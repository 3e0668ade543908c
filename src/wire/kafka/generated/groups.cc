// Made by tools/generate_kafka.py of contracts/kafka/groups.txt: change that, not this. The broker's direction.
#include "wire/kafka/generated/groups.h"

// NOLINTBEGIN
namespace mes::wire::kafka {

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, offset_commit_request::offset_commit_request_partition& out) {
  out.partition_index = in.int32();
  out.committed_offset = in.int64();
  if (version >= 6) {
    out.committed_leader_epoch = in.int32();
  }
  out.committed_metadata = in.nullable_string(version >= 8, true);
  if (version >= 8) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_commit_request::offset_commit_request_topic& out) {
  if (version <= 9) {
    out.name = in.string(version >= 8);
  }
  if (version >= 10) {
    out.topic_id = in.uuid();
  }
  {
    const auto count = in.array(version >= 8, false, sizeof(offset_commit_request::offset_commit_request_partition));
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

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_commit_request& out) {
  out.group_id = in.string(version >= 8);
  out.generation_id_or_member_epoch = in.int32();
  out.member_id = in.string(version >= 8);
  if (version >= 7) {
    out.group_instance_id = in.nullable_string(version >= 8, true);
  }
  if (version <= 4) {
    out.retention_time_ms = in.int64();
  }
  {
    const auto count = in.array(version >= 8, false, sizeof(offset_commit_request::offset_commit_request_topic));
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
bool decode(reader& in, std::int16_t version, offset_commit_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_commit_response::offset_commit_response_partition& value) {
  out.int32(value.partition_index);
  out.int16(value.error_code);
  if (version >= 8) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_commit_response::offset_commit_response_topic& value) {
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

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_commit_response& value) {
  if (version >= 3) {
    out.int32(value.throttle_time_ms);
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
void encode(writer& out, std::int16_t version, const offset_commit_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, offset_fetch_request::offset_fetch_request_topic& out) {
  if (version <= 7) {
    out.name = in.string(version >= 6);
  }
  if (version <= 7) {
    {
      const auto count = in.array(version >= 6, false, sizeof(std::int32_t));
      if (count < 0) {
        out.partition_indexes.clear();
      } else {
        out.partition_indexes.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          out.partition_indexes.push_back(in.int32());
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

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_fetch_request::offset_fetch_request_topics& out) {
  if (version >= 8 && version <= 9) {
    out.name = in.string(version >= 6);
  }
  if (version >= 10) {
    out.topic_id = in.uuid();
  }
  if (version >= 8) {
    {
      const auto count = in.array(version >= 6, false, sizeof(std::int32_t));
      if (count < 0) {
        out.partition_indexes.clear();
      } else {
        out.partition_indexes.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          out.partition_indexes.push_back(in.int32());
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

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_fetch_request::offset_fetch_request_group& out) {
  if (version >= 8) {
    out.group_id = in.string(version >= 6);
  }
  if (version >= 9) {
    out.member_id = in.nullable_string(version >= 6, true);
  }
  if (version >= 9) {
    out.member_epoch = in.int32();
  }
  if (version >= 8) {
    {
      const auto count = in.array(version >= 6, true, sizeof(offset_fetch_request::offset_fetch_request_topics));
      if (count < 0) {
        out.topics.reset();
      } else {
        out.topics.emplace();
        out.topics->reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.topics->emplace_back());
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

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_fetch_request& out) {
  if (version <= 7) {
    out.group_id = in.string(version >= 6);
  }
  if (version <= 7) {
    {
      const auto count = in.array(version >= 6, version >= 2, sizeof(offset_fetch_request::offset_fetch_request_topic));
      if (count < 0) {
        out.topics.reset();
      } else {
        out.topics.emplace();
        out.topics->reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.topics->emplace_back());
        }
      }
    }
  }
  if (version >= 8) {
    {
      const auto count = in.array(version >= 6, false, sizeof(offset_fetch_request::offset_fetch_request_group));
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
  if (version >= 7) {
    out.require_stable = in.boolean();
  }
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, offset_fetch_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_fetch_response::offset_fetch_response_partition& value) {
  if (version <= 7) {
    out.int32(value.partition_index);
  }
  if (version <= 7) {
    out.int64(value.committed_offset);
  }
  if (version >= 5 && version <= 7) {
    out.int32(value.committed_leader_epoch);
  }
  if (version <= 7) {
    out.nullable_string(version >= 6, value.metadata);
  }
  if (version <= 7) {
    out.int16(value.error_code);
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_fetch_response::offset_fetch_response_topic& value) {
  if (version <= 7) {
    out.string(version >= 6, value.name);
  }
  if (version <= 7) {
    out.array(version >= 6, static_cast<std::int64_t>(value.partitions.size()));
    for (const auto& item : value.partitions) {
      write(out, version, item);
    }
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_fetch_response::offset_fetch_response_partitions& value) {
  if (version >= 8) {
    out.int32(value.partition_index);
  }
  if (version >= 8) {
    out.int64(value.committed_offset);
  }
  if (version >= 8) {
    out.int32(value.committed_leader_epoch);
  }
  if (version >= 8) {
    out.nullable_string(version >= 6, value.metadata);
  }
  if (version >= 8) {
    out.int16(value.error_code);
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_fetch_response::offset_fetch_response_topics& value) {
  if (version >= 8 && version <= 9) {
    out.string(version >= 6, value.name);
  }
  if (version >= 10) {
    out.uuid(value.topic_id);
  }
  if (version >= 8) {
    out.array(version >= 6, static_cast<std::int64_t>(value.partitions.size()));
    for (const auto& item : value.partitions) {
      write(out, version, item);
    }
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_fetch_response::offset_fetch_response_group& value) {
  if (version >= 8) {
    out.string(version >= 6, value.group_id);
  }
  if (version >= 8) {
    out.array(version >= 6, static_cast<std::int64_t>(value.topics.size()));
    for (const auto& item : value.topics) {
      write(out, version, item);
    }
  }
  if (version >= 8) {
    out.int16(value.error_code);
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_fetch_response& value) {
  if (version >= 3) {
    out.int32(value.throttle_time_ms);
  }
  if (version <= 7) {
    out.array(version >= 6, static_cast<std::int64_t>(value.topics.size()));
    for (const auto& item : value.topics) {
      write(out, version, item);
    }
  }
  if (version >= 2 && version <= 7) {
    out.int16(value.error_code);
  }
  if (version >= 8) {
    out.array(version >= 6, static_cast<std::int64_t>(value.groups.size()));
    for (const auto& item : value.groups) {
      write(out, version, item);
    }
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const offset_fetch_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, find_coordinator_request& out) {
  if (version <= 3) {
    out.key = in.string(version >= 3);
  }
  if (version >= 1) {
    out.key_type = in.int8();
  }
  if (version >= 4) {
    {
      const auto count = in.array(version >= 3, false, sizeof(std::string_view));
      if (count < 0) {
        out.coordinator_keys.clear();
      } else {
        out.coordinator_keys.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          out.coordinator_keys.emplace_back(in.string(version >= 3));
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
bool decode(reader& in, std::int16_t version, find_coordinator_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const find_coordinator_response::coordinator& value) {
  if (version >= 4) {
    out.string(version >= 3, value.key);
  }
  if (version >= 4) {
    out.int32(value.node_id);
  }
  if (version >= 4) {
    out.string(version >= 3, value.host);
  }
  if (version >= 4) {
    out.int32(value.port);
  }
  if (version >= 4) {
    out.int16(value.error_code);
  }
  if (version >= 4) {
    out.nullable_string(version >= 3, value.error_message);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const find_coordinator_response& value) {
  if (version >= 1) {
    out.int32(value.throttle_time_ms);
  }
  if (version <= 3) {
    out.int16(value.error_code);
  }
  if (version >= 1 && version <= 3) {
    out.nullable_string(version >= 3, value.error_message);
  }
  if (version <= 3) {
    out.int32(value.node_id);
  }
  if (version <= 3) {
    out.string(version >= 3, value.host);
  }
  if (version <= 3) {
    out.int32(value.port);
  }
  if (version >= 4) {
    out.array(version >= 3, static_cast<std::int64_t>(value.coordinators.size()));
    for (const auto& item : value.coordinators) {
      write(out, version, item);
    }
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const find_coordinator_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, join_group_request::join_group_request_protocol& out) {
  out.name = in.string(version >= 6);
  out.metadata = in.bytes(version >= 6);
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, join_group_request& out) {
  out.group_id = in.string(version >= 6);
  out.session_timeout_ms = in.int32();
  if (version >= 1) {
    out.rebalance_timeout_ms = in.int32();
  }
  out.member_id = in.string(version >= 6);
  if (version >= 5) {
    out.group_instance_id = in.nullable_string(version >= 6, true);
  }
  out.protocol_type = in.string(version >= 6);
  {
    const auto count = in.array(version >= 6, false, sizeof(join_group_request::join_group_request_protocol));
    if (count < 0) {
      out.protocols.clear();
    } else {
      out.protocols.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.protocols.emplace_back());
      }
    }
  }
  if (version >= 8) {
    out.reason = in.nullable_string(version >= 6, true);
  }
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, join_group_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const join_group_response::join_group_response_member& value) {
  out.string(version >= 6, value.member_id);
  if (version >= 5) {
    out.nullable_string(version >= 6, value.group_instance_id);
  }
  out.bytes(version >= 6, value.metadata);
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const join_group_response& value) {
  if (version >= 2) {
    out.int32(value.throttle_time_ms);
  }
  out.int16(value.error_code);
  out.int32(value.generation_id);
  if (version >= 7) {
    out.nullable_string(version >= 6, value.protocol_type);
  }
  if (value.protocol_name || version >= 7) {
    out.nullable_string(version >= 6, value.protocol_name);
  } else {
    out.string(version >= 6, std::string{});
  }
  out.string(version >= 6, value.leader);
  if (version >= 9) {
    out.boolean(value.skip_assignment);
  }
  out.string(version >= 6, value.member_id);
  out.array(version >= 6, static_cast<std::int64_t>(value.members.size()));
  for (const auto& item : value.members) {
    write(out, version, item);
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const join_group_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, heartbeat_request& out) {
  out.group_id = in.string(version >= 4);
  out.generation_id = in.int32();
  out.member_id = in.string(version >= 4);
  if (version >= 3) {
    out.group_instance_id = in.nullable_string(version >= 4, true);
  }
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, heartbeat_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const heartbeat_response& value) {
  if (version >= 1) {
    out.int32(value.throttle_time_ms);
  }
  out.int16(value.error_code);
  if (version >= 4) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const heartbeat_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, leave_group_request::member_identity& out) {
  if (version >= 3) {
    out.member_id = in.string(version >= 4);
  }
  if (version >= 3) {
    out.group_instance_id = in.nullable_string(version >= 4, true);
  }
  if (version >= 5) {
    out.reason = in.nullable_string(version >= 4, true);
  }
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, leave_group_request& out) {
  out.group_id = in.string(version >= 4);
  if (version <= 2) {
    out.member_id = in.string(version >= 4);
  }
  if (version >= 3) {
    {
      const auto count = in.array(version >= 4, false, sizeof(leave_group_request::member_identity));
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
bool decode(reader& in, std::int16_t version, leave_group_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const leave_group_response::member_response& value) {
  if (version >= 3) {
    out.string(version >= 4, value.member_id);
  }
  if (version >= 3) {
    out.nullable_string(version >= 4, value.group_instance_id);
  }
  if (version >= 3) {
    out.int16(value.error_code);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const leave_group_response& value) {
  if (version >= 1) {
    out.int32(value.throttle_time_ms);
  }
  out.int16(value.error_code);
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
void encode(writer& out, std::int16_t version, const leave_group_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, sync_group_request::sync_group_request_assignment& out) {
  out.member_id = in.string(version >= 4);
  out.assignment = in.bytes(version >= 4);
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, sync_group_request& out) {
  out.group_id = in.string(version >= 4);
  out.generation_id = in.int32();
  out.member_id = in.string(version >= 4);
  if (version >= 3) {
    out.group_instance_id = in.nullable_string(version >= 4, true);
  }
  if (version >= 5) {
    out.protocol_type = in.nullable_string(version >= 4, true);
  }
  if (version >= 5) {
    out.protocol_name = in.nullable_string(version >= 4, true);
  }
  {
    const auto count = in.array(version >= 4, false, sizeof(sync_group_request::sync_group_request_assignment));
    if (count < 0) {
      out.assignments.clear();
    } else {
      out.assignments.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.assignments.emplace_back());
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
bool decode(reader& in, std::int16_t version, sync_group_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const sync_group_response& value) {
  if (version >= 1) {
    out.int32(value.throttle_time_ms);
  }
  out.int16(value.error_code);
  if (version >= 5) {
    out.nullable_string(version >= 4, value.protocol_type);
  }
  if (version >= 5) {
    out.nullable_string(version >= 4, value.protocol_name);
  }
  out.bytes(version >= 4, value.assignment);
  if (version >= 4) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const sync_group_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_groups_request& out) {
  {
    const auto count = in.array(version >= 5, false, sizeof(std::string_view));
    if (count < 0) {
      out.groups.clear();
    } else {
      out.groups.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.groups.emplace_back(in.string(version >= 5));
      }
    }
  }
  if (version >= 3) {
    out.include_authorized_operations = in.boolean();
  }
  if (version >= 5) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_groups_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_groups_response::described_group_member& value) {
  out.string(version >= 5, value.member_id);
  if (version >= 4) {
    out.nullable_string(version >= 5, value.group_instance_id);
  }
  out.string(version >= 5, value.client_id);
  out.string(version >= 5, value.client_host);
  out.bytes(version >= 5, value.member_metadata);
  out.bytes(version >= 5, value.member_assignment);
  if (version >= 5) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_groups_response::described_group& value) {
  out.int16(value.error_code);
  if (version >= 6) {
    out.nullable_string(version >= 5, value.error_message);
  }
  out.string(version >= 5, value.group_id);
  out.string(version >= 5, value.group_state);
  out.string(version >= 5, value.protocol_type);
  out.string(version >= 5, value.protocol_data);
  out.array(version >= 5, static_cast<std::int64_t>(value.members.size()));
  for (const auto& item : value.members) {
    write(out, version, item);
  }
  if (version >= 3) {
    out.int32(value.authorized_operations);
  }
  if (version >= 5) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_groups_response& value) {
  if (version >= 1) {
    out.int32(value.throttle_time_ms);
  }
  out.array(version >= 5, static_cast<std::int64_t>(value.groups.size()));
  for (const auto& item : value.groups) {
    write(out, version, item);
  }
  if (version >= 5) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_groups_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, list_groups_request& out) {
  if (version >= 4) {
    {
      const auto count = in.array(version >= 3, false, sizeof(std::string_view));
      if (count < 0) {
        out.states_filter.clear();
      } else {
        out.states_filter.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          out.states_filter.emplace_back(in.string(version >= 3));
        }
      }
    }
  }
  if (version >= 5) {
    {
      const auto count = in.array(version >= 3, false, sizeof(std::string_view));
      if (count < 0) {
        out.types_filter.clear();
      } else {
        out.types_filter.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          out.types_filter.emplace_back(in.string(version >= 3));
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
bool decode(reader& in, std::int16_t version, list_groups_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_groups_response::listed_group& value) {
  out.string(version >= 3, value.group_id);
  out.string(version >= 3, value.protocol_type);
  if (version >= 4) {
    out.string(version >= 3, value.group_state);
  }
  if (version >= 5) {
    out.string(version >= 3, value.group_type);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_groups_response& value) {
  if (version >= 1) {
    out.int32(value.throttle_time_ms);
  }
  out.int16(value.error_code);
  out.array(version >= 3, static_cast<std::int64_t>(value.groups.size()));
  for (const auto& item : value.groups) {
    write(out, version, item);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const list_groups_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, delete_groups_request& out) {
  {
    const auto count = in.array(version >= 2, false, sizeof(std::string_view));
    if (count < 0) {
      out.groups_names.clear();
    } else {
      out.groups_names.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.groups_names.emplace_back(in.string(version >= 2));
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
bool decode(reader& in, std::int16_t version, delete_groups_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_groups_response::deletable_group_result& value) {
  out.string(version >= 2, value.group_id);
  out.int16(value.error_code);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_groups_response& value) {
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
void encode(writer& out, std::int16_t version, const delete_groups_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, offset_delete_request::offset_delete_request_partition& out) {
  out.partition_index = in.int32();
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_delete_request::offset_delete_request_topic& out) {
  out.name = in.string(false);
  {
    const auto count = in.array(false, false, sizeof(offset_delete_request::offset_delete_request_partition));
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

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_delete_request& out) {
  out.group_id = in.string(false);
  {
    const auto count = in.array(false, false, sizeof(offset_delete_request::offset_delete_request_topic));
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
bool decode(reader& in, std::int16_t version, offset_delete_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_delete_response::offset_delete_response_partition& value) {
  out.int32(value.partition_index);
  out.int16(value.error_code);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_delete_response::offset_delete_response_topic& value) {
  out.string(false, value.name);
  out.array(false, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_delete_response& value) {
  out.int16(value.error_code);
  out.int32(value.throttle_time_ms);
  out.array(false, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const offset_delete_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_group_heartbeat_request::topic_partitions_item& out) {
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

void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_group_heartbeat_request& out) {
  out.group_id = in.string(true);
  out.member_id = in.string(true);
  out.member_epoch = in.int32();
  out.instance_id = in.nullable_string(true, true);
  out.rack_id = in.nullable_string(true, true);
  out.rebalance_timeout_ms = in.int32();
  {
    const auto count = in.array(true, true, sizeof(std::string_view));
    if (count < 0) {
      out.subscribed_topic_names.reset();
    } else {
      out.subscribed_topic_names.emplace();
      out.subscribed_topic_names->reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.subscribed_topic_names->emplace_back(in.string(true));
      }
    }
  }
  if (version >= 1) {
    out.subscribed_topic_regex = in.nullable_string(true, true);
  }
  out.server_assignor = in.nullable_string(true, true);
  {
    const auto count = in.array(true, true, sizeof(consumer_group_heartbeat_request::topic_partitions_item));
    if (count < 0) {
      out.topic_partitions.reset();
    } else {
      out.topic_partitions.emplace();
      out.topic_partitions->reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topic_partitions->emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, consumer_group_heartbeat_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_group_heartbeat_response::topic_partitions_item& value) {
  out.uuid(value.topic_id);
  out.array(true, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    out.int32(item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_group_heartbeat_response::assignment_item& value) {
  out.array(true, static_cast<std::int64_t>(value.topic_partitions.size()));
  for (const auto& item : value.topic_partitions) {
    write(out, version, item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_group_heartbeat_response& value) {
  out.int32(value.throttle_time_ms);
  out.int16(value.error_code);
  out.nullable_string(true, value.error_message);
  out.nullable_string(true, value.member_id);
  out.int32(value.member_epoch);
  out.int32(value.heartbeat_interval_ms);
  out.int8(value.assignment ? 1 : -1);
  if (value.assignment) {
    write(out, version, *value.assignment);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const consumer_group_heartbeat_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_group_describe_request& out) {
  {
    const auto count = in.array(true, false, sizeof(std::string_view));
    if (count < 0) {
      out.group_ids.clear();
    } else {
      out.group_ids.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.group_ids.emplace_back(in.string(true));
      }
    }
  }
  out.include_authorized_operations = in.boolean();
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, consumer_group_describe_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_group_describe_response::topic_partitions_item& value) {
  out.uuid(value.topic_id);
  out.string(true, value.topic_name);
  out.array(true, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    out.int32(item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_group_describe_response::assignment_item& value) {
  out.array(true, static_cast<std::int64_t>(value.topic_partitions.size()));
  for (const auto& item : value.topic_partitions) {
    write(out, version, item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_group_describe_response::member& value) {
  out.string(true, value.member_id);
  out.nullable_string(true, value.instance_id);
  out.nullable_string(true, value.rack_id);
  out.int32(value.member_epoch);
  out.string(true, value.client_id);
  out.string(true, value.client_host);
  out.array(true, static_cast<std::int64_t>(value.subscribed_topic_names.size()));
  for (const auto& item : value.subscribed_topic_names) {
    out.string(true, item);
  }
  out.nullable_string(true, value.subscribed_topic_regex);
  write(out, version, value.assignment);
  write(out, version, value.target_assignment);
  if (version >= 1) {
    out.int8(value.member_type);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_group_describe_response::described_group& value) {
  out.int16(value.error_code);
  out.nullable_string(true, value.error_message);
  out.string(true, value.group_id);
  out.string(true, value.group_state);
  out.int32(value.group_epoch);
  out.int32(value.assignment_epoch);
  out.string(true, value.assignor_name);
  out.array(true, static_cast<std::int64_t>(value.members.size()));
  for (const auto& item : value.members) {
    write(out, version, item);
  }
  out.int32(value.authorized_operations);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_group_describe_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(true, static_cast<std::int64_t>(value.groups.size()));
  for (const auto& item : value.groups) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const consumer_group_describe_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_protocol_subscription::topic_partition& out) {
  if (version >= 1) {
    out.topic = in.string(false);
  }
  if (version >= 1) {
    {
      const auto count = in.array(false, false, sizeof(std::int32_t));
      if (count < 0) {
        out.partitions.clear();
      } else {
        out.partitions.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          out.partitions.push_back(in.int32());
        }
      }
    }
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_protocol_subscription& out) {
  {
    const auto count = in.array(false, false, sizeof(std::string_view));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.topics.emplace_back(in.string(false));
      }
    }
  }
  out.user_data = in.nullable_bytes(false, true);
  if (version >= 1) {
    {
      const auto count = in.array(false, false, sizeof(consumer_protocol_subscription::topic_partition));
      if (count < 0) {
        out.owned_partitions.clear();
      } else {
        out.owned_partitions.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.owned_partitions.emplace_back());
        }
      }
    }
  }
  if (version >= 2) {
    out.generation_id = in.int32();
  }
  if (version >= 3) {
    out.rack_id = in.nullable_string(false, true);
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, consumer_protocol_subscription& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_protocol_subscription::topic_partition& value) {
  if (version >= 1) {
    out.string(false, value.topic);
  }
  if (version >= 1) {
    out.array(false, static_cast<std::int64_t>(value.partitions.size()));
    for (const auto& item : value.partitions) {
      out.int32(item);
    }
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_protocol_subscription& value) {
  out.array(false, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    out.string(false, item);
  }
  out.nullable_bytes(false, value.user_data);
  if (version >= 1) {
    out.array(false, static_cast<std::int64_t>(value.owned_partitions.size()));
    for (const auto& item : value.owned_partitions) {
      write(out, version, item);
    }
  }
  if (version >= 2) {
    out.int32(value.generation_id);
  }
  if (version >= 3) {
    out.nullable_string(false, value.rack_id);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const consumer_protocol_subscription& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_protocol_assignment::topic_partition& out) {
  out.topic = in.string(false);
  {
    const auto count = in.array(false, false, sizeof(std::int32_t));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.partitions.push_back(in.int32());
      }
    }
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, consumer_protocol_assignment& out) {
  {
    const auto count = in.array(false, false, sizeof(consumer_protocol_assignment::topic_partition));
    if (count < 0) {
      out.assigned_partitions.clear();
    } else {
      out.assigned_partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.assigned_partitions.emplace_back());
      }
    }
  }
  out.user_data = in.nullable_bytes(false, true);
}

}  // namespace
bool decode(reader& in, std::int16_t version, consumer_protocol_assignment& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_protocol_assignment::topic_partition& value) {
  out.string(false, value.topic);
  out.array(false, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    out.int32(item);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const consumer_protocol_assignment& value) {
  out.array(false, static_cast<std::int64_t>(value.assigned_partitions.size()));
  for (const auto& item : value.assigned_partitions) {
    write(out, version, item);
  }
  out.nullable_bytes(false, value.user_data);
}

}  // namespace
void encode(writer& out, std::int16_t version, const consumer_protocol_assignment& value) {
  write(out, version, value);
}

}  // namespace mes::wire::kafka
// NOLINTEND
