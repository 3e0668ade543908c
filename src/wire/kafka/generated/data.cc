// Made by tools/generate_kafka.py of contracts/kafka/data.txt: change that, not this. The broker's direction.
#include "wire/kafka/generated/data.h"

// NOLINTBEGIN
namespace mes::wire::kafka {

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, produce_request::partition_produce_data& out) {
  out.index = in.int32();
  out.records = in.nullable_bytes(version >= 9, true);
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, produce_request::topic_produce_data& out) {
  if (version <= 12) {
    out.name = in.string(version >= 9);
  }
  if (version >= 13) {
    out.topic_id = in.uuid();
  }
  {
    const auto count = in.array(version >= 9, false, sizeof(produce_request::partition_produce_data));
    if (count < 0) {
      out.partition_data.clear();
    } else {
      out.partition_data.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partition_data.emplace_back());
      }
    }
  }
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, produce_request& out) {
  out.transactional_id = in.nullable_string(version >= 9, true);
  out.acks = in.int16();
  out.timeout_ms = in.int32();
  {
    const auto count = in.array(version >= 9, false, sizeof(produce_request::topic_produce_data));
    if (count < 0) {
      out.topic_data.clear();
    } else {
      out.topic_data.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topic_data.emplace_back());
      }
    }
  }
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, produce_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const produce_response::batch_index_and_error_message& value) {
  if (version >= 8) {
    out.int32(value.batch_index);
  }
  if (version >= 8) {
    out.nullable_string(version >= 9, value.batch_index_error_message);
  }
  if (version >= 9) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const produce_response::leader_id_and_epoch& value) {
  if (version >= 10) {
    out.int32(value.leader_id);
  }
  if (version >= 10) {
    out.int32(value.leader_epoch);
  }
  if (version >= 9) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const produce_response::partition_produce_response& value) {
  out.int32(value.index);
  out.int16(value.error_code);
  out.int64(value.base_offset);
  out.int64(value.log_append_time_ms);
  if (version >= 5) {
    out.int64(value.log_start_offset);
  }
  if (version >= 8) {
    out.array(version >= 9, static_cast<std::int64_t>(value.record_errors.size()));
    for (const auto& item : value.record_errors) {
      write(out, version, item);
    }
  }
  if (version >= 8) {
    out.nullable_string(version >= 9, value.error_message);
  }
  if (version >= 9) {
    tag_list tags;
    if (((value.current_leader.leader_id != -1) || (value.current_leader.leader_epoch != -1)) && version >= 10) {
      tags.add(0, [&](writer& to) {
        write(to, version, value.current_leader);
      });
    }
    tags.write_to(out);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const produce_response::topic_produce_response& value) {
  if (version <= 12) {
    out.string(version >= 9, value.name);
  }
  if (version >= 13) {
    out.uuid(value.topic_id);
  }
  out.array(version >= 9, static_cast<std::int64_t>(value.partition_responses.size()));
  for (const auto& item : value.partition_responses) {
    write(out, version, item);
  }
  if (version >= 9) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const produce_response::node_endpoint& value) {
  if (version >= 10) {
    out.int32(value.node_id);
  }
  if (version >= 10) {
    out.string(version >= 9, value.host);
  }
  if (version >= 10) {
    out.int32(value.port);
  }
  if (version >= 10) {
    out.nullable_string(version >= 9, value.rack);
  }
  if (version >= 9) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const produce_response& value) {
  out.array(version >= 9, static_cast<std::int64_t>(value.responses.size()));
  for (const auto& item : value.responses) {
    write(out, version, item);
  }
  out.int32(value.throttle_time_ms);
  if (version >= 9) {
    tag_list tags;
    if ((!value.node_endpoints.empty()) && version >= 10) {
      tags.add(0, [&](writer& to) {
        to.array(version >= 9, static_cast<std::int64_t>(value.node_endpoints.size()));
        for (const auto& item : value.node_endpoints) {
          write(to, version, item);
        }
      });
    }
    tags.write_to(out);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const produce_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_request::replica_state_item& out) {
  if (version >= 15) {
    out.replica_id = in.int32();
  }
  if (version >= 15) {
    out.replica_epoch = in.int64();
  }
  if (version >= 12) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_request::fetch_partition& out) {
  out.partition = in.int32();
  if (version >= 9) {
    out.current_leader_epoch = in.int32();
  }
  out.fetch_offset = in.int64();
  if (version >= 12) {
    out.last_fetched_epoch = in.int32();
  }
  if (version >= 5) {
    out.log_start_offset = in.int64();
  }
  out.partition_max_bytes = in.int32();
  if (version >= 12) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      if (tag == 0 && version >= 17) {
        out.replica_directory_id = in.uuid();
        return true;
      }
      if (tag == 1 && version >= 18) {
        out.high_watermark = in.int64();
        return true;
      }
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_request::fetch_topic& out) {
  if (version <= 12) {
    out.topic = in.string(version >= 12);
  }
  if (version >= 13) {
    out.topic_id = in.uuid();
  }
  {
    const auto count = in.array(version >= 12, false, sizeof(fetch_request::fetch_partition));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partitions.emplace_back());
      }
    }
  }
  if (version >= 12) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_request::forgotten_topic& out) {
  if (version >= 7 && version <= 12) {
    out.topic = in.string(version >= 12);
  }
  if (version >= 13) {
    out.topic_id = in.uuid();
  }
  if (version >= 7) {
    {
      const auto count = in.array(version >= 12, false, sizeof(std::int32_t));
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
  if (version >= 12) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_request& out) {
  if (version <= 14) {
    out.replica_id = in.int32();
  }
  out.max_wait_ms = in.int32();
  out.min_bytes = in.int32();
  out.max_bytes = in.int32();
  out.isolation_level = in.int8();
  if (version >= 7) {
    out.session_id = in.int32();
  }
  if (version >= 7) {
    out.session_epoch = in.int32();
  }
  {
    const auto count = in.array(version >= 12, false, sizeof(fetch_request::fetch_topic));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
  if (version >= 7) {
    {
      const auto count = in.array(version >= 12, false, sizeof(fetch_request::forgotten_topic));
      if (count < 0) {
        out.forgotten_topics_data.clear();
      } else {
        out.forgotten_topics_data.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.forgotten_topics_data.emplace_back());
        }
      }
    }
  }
  if (version >= 11) {
    out.rack_id = in.string(version >= 12);
  }
  if (version >= 12) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      if (tag == 0) {
        out.cluster_id = in.nullable_string(version >= 12, version >= 12);
        return true;
      }
      if (tag == 1 && version >= 15) {
        read(in, version, out.replica_state);
        return true;
      }
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, fetch_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_response::epoch_end_offset& value) {
  if (version >= 12) {
    out.int32(value.epoch);
  }
  if (version >= 12) {
    out.int64(value.end_offset);
  }
  if (version >= 12) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_response::leader_id_and_epoch& value) {
  if (version >= 12) {
    out.int32(value.leader_id);
  }
  if (version >= 12) {
    out.int32(value.leader_epoch);
  }
  if (version >= 12) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_response::snapshot_id_item& value) {
  out.int64(value.end_offset);
  out.int32(value.epoch);
  if (version >= 12) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_response::aborted_transaction& value) {
  out.int64(value.producer_id);
  out.int64(value.first_offset);
  if (version >= 12) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_response::partition_data& value) {
  out.int32(value.partition_index);
  out.int16(value.error_code);
  out.int64(value.high_watermark);
  out.int64(value.last_stable_offset);
  if (version >= 5) {
    out.int64(value.log_start_offset);
  }
  out.array(version >= 12, value.aborted_transactions ? static_cast<std::int64_t>(value.aborted_transactions->size()) : -1);
  if (value.aborted_transactions) {
    for (const auto& item : *value.aborted_transactions) {
      write(out, version, item);
    }
  }
  if (version >= 11) {
    out.int32(value.preferred_read_replica);
  }
  out.records(version >= 12, value.records);
  if (version >= 12) {
    tag_list tags;
    if (((value.diverging_epoch.epoch != -1) || (value.diverging_epoch.end_offset != -1))) {
      tags.add(0, [&](writer& to) {
        write(to, version, value.diverging_epoch);
      });
    }
    if (((value.current_leader.leader_id != -1) || (value.current_leader.leader_epoch != -1))) {
      tags.add(1, [&](writer& to) {
        write(to, version, value.current_leader);
      });
    }
    if (((value.snapshot_id.end_offset != -1) || (value.snapshot_id.epoch != -1))) {
      tags.add(2, [&](writer& to) {
        write(to, version, value.snapshot_id);
      });
    }
    tags.write_to(out);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_response::fetchable_topic_response& value) {
  if (version <= 12) {
    out.string(version >= 12, value.topic);
  }
  if (version >= 13) {
    out.uuid(value.topic_id);
  }
  out.array(version >= 12, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  if (version >= 12) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_response::node_endpoint& value) {
  if (version >= 16) {
    out.int32(value.node_id);
  }
  if (version >= 16) {
    out.string(version >= 12, value.host);
  }
  if (version >= 16) {
    out.int32(value.port);
  }
  if (version >= 16) {
    out.nullable_string(version >= 12, value.rack);
  }
  if (version >= 12) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_response& value) {
  out.int32(value.throttle_time_ms);
  if (version >= 7) {
    out.int16(value.error_code);
  }
  if (version >= 7) {
    out.int32(value.session_id);
  }
  out.array(version >= 12, static_cast<std::int64_t>(value.responses.size()));
  for (const auto& item : value.responses) {
    write(out, version, item);
  }
  if (version >= 12) {
    tag_list tags;
    if ((!value.node_endpoints.empty()) && version >= 16) {
      tags.add(0, [&](writer& to) {
        to.array(version >= 12, static_cast<std::int64_t>(value.node_endpoints.size()));
        for (const auto& item : value.node_endpoints) {
          write(to, version, item);
        }
      });
    }
    tags.write_to(out);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const fetch_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, list_offsets_request::list_offsets_partition& out) {
  out.partition_index = in.int32();
  if (version >= 4) {
    out.current_leader_epoch = in.int32();
  }
  out.timestamp = in.int64();
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, list_offsets_request::list_offsets_topic& out) {
  out.name = in.string(version >= 6);
  {
    const auto count = in.array(version >= 6, false, sizeof(list_offsets_request::list_offsets_partition));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partitions.emplace_back());
      }
    }
  }
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, list_offsets_request& out) {
  out.replica_id = in.int32();
  if (version >= 2) {
    out.isolation_level = in.int8();
  }
  {
    const auto count = in.array(version >= 6, false, sizeof(list_offsets_request::list_offsets_topic));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
  if (version >= 10) {
    out.timeout_ms = in.int32();
  }
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, list_offsets_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_offsets_response::list_offsets_partition_response& value) {
  out.int32(value.partition_index);
  out.int16(value.error_code);
  out.int64(value.timestamp);
  out.int64(value.offset);
  if (version >= 4) {
    out.int32(value.leader_epoch);
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_offsets_response::list_offsets_topic_response& value) {
  out.string(version >= 6, value.name);
  out.array(version >= 6, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_offsets_response& value) {
  if (version >= 2) {
    out.int32(value.throttle_time_ms);
  }
  out.array(version >= 6, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const list_offsets_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, metadata_request::metadata_request_topic& out) {
  if (version >= 10) {
    out.topic_id = in.uuid();
  }
  out.name = in.nullable_string(version >= 9, version >= 10);
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, metadata_request& out) {
  {
    const auto count = in.array(version >= 9, version >= 1, sizeof(metadata_request::metadata_request_topic));
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
  if (version >= 4) {
    out.allow_auto_topic_creation = in.boolean();
  }
  if (version >= 8 && version <= 10) {
    out.include_cluster_authorized_operations = in.boolean();
  }
  if (version >= 8) {
    out.include_topic_authorized_operations = in.boolean();
  }
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, metadata_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const metadata_response::metadata_response_broker& value) {
  out.int32(value.node_id);
  out.string(version >= 9, value.host);
  out.int32(value.port);
  if (version >= 1) {
    out.nullable_string(version >= 9, value.rack);
  }
  if (version >= 9) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const metadata_response::metadata_response_partition& value) {
  out.int16(value.error_code);
  out.int32(value.partition_index);
  out.int32(value.leader_id);
  if (version >= 7) {
    out.int32(value.leader_epoch);
  }
  out.array(version >= 9, static_cast<std::int64_t>(value.replica_nodes.size()));
  for (const auto& item : value.replica_nodes) {
    out.int32(item);
  }
  out.array(version >= 9, static_cast<std::int64_t>(value.isr_nodes.size()));
  for (const auto& item : value.isr_nodes) {
    out.int32(item);
  }
  if (version >= 5) {
    out.array(version >= 9, static_cast<std::int64_t>(value.offline_replicas.size()));
    for (const auto& item : value.offline_replicas) {
      out.int32(item);
    }
  }
  if (version >= 9) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const metadata_response::metadata_response_topic& value) {
  out.int16(value.error_code);
  if (value.name || version >= 12) {
    out.nullable_string(version >= 9, value.name);
  } else {
    out.string(version >= 9, std::string{});
  }
  if (version >= 10) {
    out.uuid(value.topic_id);
  }
  if (version >= 1) {
    out.boolean(value.is_internal);
  }
  out.array(version >= 9, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  if (version >= 8) {
    out.int32(value.topic_authorized_operations);
  }
  if (version >= 9) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const metadata_response& value) {
  if (version >= 3) {
    out.int32(value.throttle_time_ms);
  }
  out.array(version >= 9, static_cast<std::int64_t>(value.brokers.size()));
  for (const auto& item : value.brokers) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.nullable_string(version >= 9, value.cluster_id);
  }
  if (version >= 1) {
    out.int32(value.controller_id);
  }
  out.array(version >= 9, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  if (version >= 8 && version <= 10) {
    out.int32(value.cluster_authorized_operations);
  }
  if (version >= 13) {
    out.int16(value.error_code);
  }
  if (version >= 9) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const metadata_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, offset_for_leader_epoch_request::offset_for_leader_partition& out) {
  out.partition = in.int32();
  out.current_leader_epoch = in.int32();
  out.leader_epoch = in.int32();
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_for_leader_epoch_request::offset_for_leader_topic& out) {
  out.topic = in.string(version >= 4);
  {
    const auto count = in.array(version >= 4, false, sizeof(offset_for_leader_epoch_request::offset_for_leader_partition));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partitions.emplace_back());
      }
    }
  }
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_for_leader_epoch_request& out) {
  if (version >= 3) {
    out.replica_id = in.int32();
  }
  {
    const auto count = in.array(version >= 4, false, sizeof(offset_for_leader_epoch_request::offset_for_leader_topic));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
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
bool decode(reader& in, std::int16_t version, offset_for_leader_epoch_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_for_leader_epoch_response::epoch_end_offset& value) {
  out.int16(value.error_code);
  out.int32(value.partition);
  out.int32(value.leader_epoch);
  out.int64(value.end_offset);
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_for_leader_epoch_response::offset_for_leader_topic_result& value) {
  out.string(version >= 4, value.topic);
  out.array(version >= 4, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_for_leader_epoch_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(version >= 4, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const offset_for_leader_epoch_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, api_versions_request& out) {
  if (version >= 3) {
    out.client_software_name = in.string(version >= 3);
  }
  if (version >= 3) {
    out.client_software_version = in.string(version >= 3);
  }
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, api_versions_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const api_versions_response::api_version& value) {
  out.int16(value.api_key);
  out.int16(value.min_version);
  out.int16(value.max_version);
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const api_versions_response::supported_feature_key& value) {
  if (version >= 3) {
    out.string(version >= 3, value.name);
  }
  if (version >= 3) {
    out.int16(value.min_version);
  }
  if (version >= 3) {
    out.int16(value.max_version);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const api_versions_response::finalized_feature_key& value) {
  if (version >= 3) {
    out.string(version >= 3, value.name);
  }
  if (version >= 3) {
    out.int16(value.max_version_level);
  }
  if (version >= 3) {
    out.int16(value.min_version_level);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const api_versions_response& value) {
  out.int16(value.error_code);
  out.array(version >= 3, static_cast<std::int64_t>(value.api_keys.size()));
  for (const auto& item : value.api_keys) {
    write(out, version, item);
  }
  if (version >= 1) {
    out.int32(value.throttle_time_ms);
  }
  if (version >= 3) {
    tag_list tags;
    if ((!value.supported_features.empty())) {
      tags.add(0, [&](writer& to) {
        to.array(version >= 3, static_cast<std::int64_t>(value.supported_features.size()));
        for (const auto& item : value.supported_features) {
          write(to, version, item);
        }
      });
    }
    if ((value.finalized_features_epoch != -1)) {
      tags.add(1, [&](writer& to) {
        to.int64(value.finalized_features_epoch);
      });
    }
    if ((!value.finalized_features.empty())) {
      tags.add(2, [&](writer& to) {
        to.array(version >= 3, static_cast<std::int64_t>(value.finalized_features.size()));
        for (const auto& item : value.finalized_features) {
          write(to, version, item);
        }
      });
    }
    if ((value.zk_migration_ready != false)) {
      tags.add(3, [&](writer& to) {
        to.boolean(value.zk_migration_ready);
      });
    }
    tags.write_to(out);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const api_versions_response& value) {
  write(out, version, value);
}

}  // namespace mes::wire::kafka
// NOLINTEND
