// Made by tools/generate_kafka.py of contracts/kafka/data.txt: change that, not this. The client's direction.
#include "wire/kafka/generated/data.h"

// NOLINTBEGIN
namespace mes::wire::kafka {

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const produce_request::partition_produce_data& value) {
  out.int32(value.index);
  out.nullable_bytes(version >= 9, value.records);
  if (version >= 9) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const produce_request::topic_produce_data& value) {
  if (version <= 12) {
    out.string(version >= 9, value.name);
  }
  if (version >= 13) {
    out.uuid(value.topic_id);
  }
  out.array(version >= 9, static_cast<std::int64_t>(value.partition_data.size()));
  for (const auto& item : value.partition_data) {
    write(out, version, item);
  }
  if (version >= 9) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const produce_request& value) {
  out.nullable_string(version >= 9, value.transactional_id);
  out.int16(value.acks);
  out.int32(value.timeout_ms);
  out.array(version >= 9, static_cast<std::int64_t>(value.topic_data.size()));
  for (const auto& item : value.topic_data) {
    write(out, version, item);
  }
  if (version >= 9) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const produce_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, produce_response::batch_index_and_error_message& out) {
  if (version >= 8) {
    out.batch_index = in.int32();
  }
  if (version >= 8) {
    out.batch_index_error_message = in.nullable_string(version >= 9, true);
  }
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, produce_response::leader_id_and_epoch& out) {
  if (version >= 10) {
    out.leader_id = in.int32();
  }
  if (version >= 10) {
    out.leader_epoch = in.int32();
  }
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, produce_response::partition_produce_response& out) {
  out.index = in.int32();
  out.error_code = in.int16();
  out.base_offset = in.int64();
  out.log_append_time_ms = in.int64();
  if (version >= 5) {
    out.log_start_offset = in.int64();
  }
  if (version >= 8) {
    {
      const auto count = in.array(version >= 9, false, sizeof(produce_response::batch_index_and_error_message));
      if (count < 0) {
        out.record_errors.clear();
      } else {
        out.record_errors.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.record_errors.emplace_back());
        }
      }
    }
  }
  if (version >= 8) {
    out.error_message = in.nullable_string(version >= 9, true);
  }
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      if (tag == 0 && version >= 10) {
        read(in, version, out.current_leader);
        return true;
      }
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, produce_response::topic_produce_response& out) {
  if (version <= 12) {
    out.name = in.string(version >= 9);
  }
  if (version >= 13) {
    out.topic_id = in.uuid();
  }
  {
    const auto count = in.array(version >= 9, false, sizeof(produce_response::partition_produce_response));
    if (count < 0) {
      out.partition_responses.clear();
    } else {
      out.partition_responses.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partition_responses.emplace_back());
      }
    }
  }
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, produce_response::node_endpoint& out) {
  if (version >= 10) {
    out.node_id = in.int32();
  }
  if (version >= 10) {
    out.host = in.string(version >= 9);
  }
  if (version >= 10) {
    out.port = in.int32();
  }
  if (version >= 10) {
    out.rack = in.nullable_string(version >= 9, true);
  }
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, produce_response& out) {
  {
    const auto count = in.array(version >= 9, false, sizeof(produce_response::topic_produce_response));
    if (count < 0) {
      out.responses.clear();
    } else {
      out.responses.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.responses.emplace_back());
      }
    }
  }
  out.throttle_time_ms = in.int32();
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      if (tag == 0 && version >= 10) {
        {
          const auto count = in.array(version >= 9, false, sizeof(produce_response::node_endpoint));
          if (count < 0) {
            out.node_endpoints.clear();
          } else {
            out.node_endpoints.reserve(static_cast<std::size_t>(count));
            for (std::int32_t i = 0; i < count && in.ok(); ++i) {
              read(in, version, out.node_endpoints.emplace_back());
            }
          }
        }
        return true;
      }
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, produce_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_request::replica_state_item& value) {
  if (version >= 15) {
    out.int32(value.replica_id);
  }
  if (version >= 15) {
    out.int64(value.replica_epoch);
  }
  if (version >= 12) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_request::fetch_partition& value) {
  out.int32(value.partition);
  if (version >= 9) {
    out.int32(value.current_leader_epoch);
  }
  out.int64(value.fetch_offset);
  if (version >= 12) {
    out.int32(value.last_fetched_epoch);
  }
  if (version >= 5) {
    out.int64(value.log_start_offset);
  }
  out.int32(value.partition_max_bytes);
  if (version >= 12) {
    tag_list tags;
    if ((value.replica_directory_id != uuid{}) && version >= 17) {
      tags.add(0, [&](writer& to) {
        to.uuid(value.replica_directory_id);
      });
    }
    if ((value.high_watermark != 9223372036854775807) && version >= 18) {
      tags.add(1, [&](writer& to) {
        to.int64(value.high_watermark);
      });
    }
    tags.write_to(out);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_request::fetch_topic& value) {
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

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_request::forgotten_topic& value) {
  if (version >= 7 && version <= 12) {
    out.string(version >= 12, value.topic);
  }
  if (version >= 13) {
    out.uuid(value.topic_id);
  }
  if (version >= 7) {
    out.array(version >= 12, static_cast<std::int64_t>(value.partitions.size()));
    for (const auto& item : value.partitions) {
      out.int32(item);
    }
  }
  if (version >= 12) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const fetch_request& value) {
  if (version <= 14) {
    out.int32(value.replica_id);
  }
  out.int32(value.max_wait_ms);
  out.int32(value.min_bytes);
  out.int32(value.max_bytes);
  out.int8(value.isolation_level);
  if (version >= 7) {
    out.int32(value.session_id);
  }
  if (version >= 7) {
    out.int32(value.session_epoch);
  }
  out.array(version >= 12, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  if (version >= 7) {
    out.array(version >= 12, static_cast<std::int64_t>(value.forgotten_topics_data.size()));
    for (const auto& item : value.forgotten_topics_data) {
      write(out, version, item);
    }
  }
  if (version >= 11) {
    out.string(version >= 12, value.rack_id);
  }
  if (version >= 12) {
    tag_list tags;
    if ((value.cluster_id.has_value())) {
      tags.add(0, [&](writer& to) {
        if (value.cluster_id || version >= 12) {
          to.nullable_string(version >= 12, value.cluster_id);
        } else {
          to.string(version >= 12, std::string_view{});
        }
      });
    }
    if (((value.replica_state.replica_id != -1) || (value.replica_state.replica_epoch != -1)) && version >= 15) {
      tags.add(1, [&](writer& to) {
        write(to, version, value.replica_state);
      });
    }
    tags.write_to(out);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const fetch_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_response::epoch_end_offset& out) {
  if (version >= 12) {
    out.epoch = in.int32();
  }
  if (version >= 12) {
    out.end_offset = in.int64();
  }
  if (version >= 12) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_response::leader_id_and_epoch& out) {
  if (version >= 12) {
    out.leader_id = in.int32();
  }
  if (version >= 12) {
    out.leader_epoch = in.int32();
  }
  if (version >= 12) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_response::snapshot_id_item& out) {
  out.end_offset = in.int64();
  out.epoch = in.int32();
  if (version >= 12) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_response::aborted_transaction& out) {
  out.producer_id = in.int64();
  out.first_offset = in.int64();
  if (version >= 12) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_response::partition_data& out) {
  out.partition_index = in.int32();
  out.error_code = in.int16();
  out.high_watermark = in.int64();
  out.last_stable_offset = in.int64();
  if (version >= 5) {
    out.log_start_offset = in.int64();
  }
  {
    const auto count = in.array(version >= 12, true, sizeof(fetch_response::aborted_transaction));
    if (count < 0) {
      out.aborted_transactions.reset();
    } else {
      out.aborted_transactions.emplace();
      out.aborted_transactions->reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.aborted_transactions->emplace_back());
      }
    }
  }
  if (version >= 11) {
    out.preferred_read_replica = in.int32();
  }
  out.records.assign(in.nullable_bytes(version >= 12));
  if (version >= 12) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      if (tag == 0) {
        read(in, version, out.diverging_epoch);
        return true;
      }
      if (tag == 1) {
        read(in, version, out.current_leader);
        return true;
      }
      if (tag == 2) {
        read(in, version, out.snapshot_id);
        return true;
      }
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_response::fetchable_topic_response& out) {
  if (version <= 12) {
    out.topic = in.string(version >= 12);
  }
  if (version >= 13) {
    out.topic_id = in.uuid();
  }
  {
    const auto count = in.array(version >= 12, false, sizeof(fetch_response::partition_data));
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

void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_response::node_endpoint& out) {
  if (version >= 16) {
    out.node_id = in.int32();
  }
  if (version >= 16) {
    out.host = in.string(version >= 12);
  }
  if (version >= 16) {
    out.port = in.int32();
  }
  if (version >= 16) {
    out.rack = in.nullable_string(version >= 12, true);
  }
  if (version >= 12) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, fetch_response& out) {
  out.throttle_time_ms = in.int32();
  if (version >= 7) {
    out.error_code = in.int16();
  }
  if (version >= 7) {
    out.session_id = in.int32();
  }
  {
    const auto count = in.array(version >= 12, false, sizeof(fetch_response::fetchable_topic_response));
    if (count < 0) {
      out.responses.clear();
    } else {
      out.responses.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.responses.emplace_back());
      }
    }
  }
  if (version >= 12) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      if (tag == 0 && version >= 16) {
        {
          const auto count = in.array(version >= 12, false, sizeof(fetch_response::node_endpoint));
          if (count < 0) {
            out.node_endpoints.clear();
          } else {
            out.node_endpoints.reserve(static_cast<std::size_t>(count));
            for (std::int32_t i = 0; i < count && in.ok(); ++i) {
              read(in, version, out.node_endpoints.emplace_back());
            }
          }
        }
        return true;
      }
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, fetch_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_offsets_request::list_offsets_partition& value) {
  out.int32(value.partition_index);
  if (version >= 4) {
    out.int32(value.current_leader_epoch);
  }
  out.int64(value.timestamp);
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_offsets_request::list_offsets_topic& value) {
  out.string(version >= 6, value.name);
  out.array(version >= 6, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_offsets_request& value) {
  out.int32(value.replica_id);
  if (version >= 2) {
    out.int8(value.isolation_level);
  }
  out.array(version >= 6, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  if (version >= 10) {
    out.int32(value.timeout_ms);
  }
  if (version >= 6) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const list_offsets_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, list_offsets_response::list_offsets_partition_response& out) {
  out.partition_index = in.int32();
  out.error_code = in.int16();
  out.timestamp = in.int64();
  out.offset = in.int64();
  if (version >= 4) {
    out.leader_epoch = in.int32();
  }
  if (version >= 6) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, list_offsets_response::list_offsets_topic_response& out) {
  out.name = in.string(version >= 6);
  {
    const auto count = in.array(version >= 6, false, sizeof(list_offsets_response::list_offsets_partition_response));
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

void read(reader& in, [[maybe_unused]] std::int16_t version, list_offsets_response& out) {
  if (version >= 2) {
    out.throttle_time_ms = in.int32();
  }
  {
    const auto count = in.array(version >= 6, false, sizeof(list_offsets_response::list_offsets_topic_response));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
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
bool decode(reader& in, std::int16_t version, list_offsets_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const metadata_request::metadata_request_topic& value) {
  if (version >= 10) {
    out.uuid(value.topic_id);
  }
  if (value.name || version >= 10) {
    out.nullable_string(version >= 9, value.name);
  } else {
    out.string(version >= 9, std::string_view{});
  }
  if (version >= 9) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const metadata_request& value) {
  out.array(version >= 9, value.topics ? static_cast<std::int64_t>(value.topics->size()) : (version >= 1 ? -1 : 0));
  if (value.topics) {
    for (const auto& item : *value.topics) {
      write(out, version, item);
    }
  }
  if (version >= 4) {
    out.boolean(value.allow_auto_topic_creation);
  }
  if (version >= 8 && version <= 10) {
    out.boolean(value.include_cluster_authorized_operations);
  }
  if (version >= 8) {
    out.boolean(value.include_topic_authorized_operations);
  }
  if (version >= 9) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const metadata_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, metadata_response::metadata_response_broker& out) {
  out.node_id = in.int32();
  out.host = in.string(version >= 9);
  out.port = in.int32();
  if (version >= 1) {
    out.rack = in.nullable_string(version >= 9, true);
  }
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, metadata_response::metadata_response_partition& out) {
  out.error_code = in.int16();
  out.partition_index = in.int32();
  out.leader_id = in.int32();
  if (version >= 7) {
    out.leader_epoch = in.int32();
  }
  {
    const auto count = in.array(version >= 9, false, sizeof(std::int32_t));
    if (count < 0) {
      out.replica_nodes.clear();
    } else {
      out.replica_nodes.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.replica_nodes.push_back(in.int32());
      }
    }
  }
  {
    const auto count = in.array(version >= 9, false, sizeof(std::int32_t));
    if (count < 0) {
      out.isr_nodes.clear();
    } else {
      out.isr_nodes.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.isr_nodes.push_back(in.int32());
      }
    }
  }
  if (version >= 5) {
    {
      const auto count = in.array(version >= 9, false, sizeof(std::int32_t));
      if (count < 0) {
        out.offline_replicas.clear();
      } else {
        out.offline_replicas.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          out.offline_replicas.push_back(in.int32());
        }
      }
    }
  }
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, metadata_response::metadata_response_topic& out) {
  out.error_code = in.int16();
  out.name = in.nullable_string(version >= 9, version >= 12);
  if (version >= 10) {
    out.topic_id = in.uuid();
  }
  if (version >= 1) {
    out.is_internal = in.boolean();
  }
  {
    const auto count = in.array(version >= 9, false, sizeof(metadata_response::metadata_response_partition));
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
    out.topic_authorized_operations = in.int32();
  }
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, metadata_response& out) {
  if (version >= 3) {
    out.throttle_time_ms = in.int32();
  }
  {
    const auto count = in.array(version >= 9, false, sizeof(metadata_response::metadata_response_broker));
    if (count < 0) {
      out.brokers.clear();
    } else {
      out.brokers.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.brokers.emplace_back());
      }
    }
  }
  if (version >= 2) {
    out.cluster_id = in.nullable_string(version >= 9, true);
  }
  if (version >= 1) {
    out.controller_id = in.int32();
  }
  {
    const auto count = in.array(version >= 9, false, sizeof(metadata_response::metadata_response_topic));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
  if (version >= 8 && version <= 10) {
    out.cluster_authorized_operations = in.int32();
  }
  if (version >= 13) {
    out.error_code = in.int16();
  }
  if (version >= 9) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, metadata_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_for_leader_epoch_request::offset_for_leader_partition& value) {
  out.int32(value.partition);
  out.int32(value.current_leader_epoch);
  out.int32(value.leader_epoch);
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_for_leader_epoch_request::offset_for_leader_topic& value) {
  out.string(version >= 4, value.topic);
  out.array(version >= 4, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const offset_for_leader_epoch_request& value) {
  if (version >= 3) {
    out.int32(value.replica_id);
  }
  out.array(version >= 4, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const offset_for_leader_epoch_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, offset_for_leader_epoch_response::epoch_end_offset& out) {
  out.error_code = in.int16();
  out.partition = in.int32();
  out.leader_epoch = in.int32();
  out.end_offset = in.int64();
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_for_leader_epoch_response::offset_for_leader_topic_result& out) {
  out.topic = in.string(version >= 4);
  {
    const auto count = in.array(version >= 4, false, sizeof(offset_for_leader_epoch_response::epoch_end_offset));
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

void read(reader& in, [[maybe_unused]] std::int16_t version, offset_for_leader_epoch_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 4, false, sizeof(offset_for_leader_epoch_response::offset_for_leader_topic_result));
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
bool decode(reader& in, std::int16_t version, offset_for_leader_epoch_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const api_versions_request& value) {
  if (version >= 3) {
    out.string(version >= 3, value.client_software_name);
  }
  if (version >= 3) {
    out.string(version >= 3, value.client_software_version);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const api_versions_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, api_versions_response::api_version& out) {
  out.api_key = in.int16();
  out.min_version = in.int16();
  out.max_version = in.int16();
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, api_versions_response::supported_feature_key& out) {
  if (version >= 3) {
    out.name = in.string(version >= 3);
  }
  if (version >= 3) {
    out.min_version = in.int16();
  }
  if (version >= 3) {
    out.max_version = in.int16();
  }
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, api_versions_response::finalized_feature_key& out) {
  if (version >= 3) {
    out.name = in.string(version >= 3);
  }
  if (version >= 3) {
    out.max_version_level = in.int16();
  }
  if (version >= 3) {
    out.min_version_level = in.int16();
  }
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, api_versions_response& out) {
  out.error_code = in.int16();
  {
    const auto count = in.array(version >= 3, false, sizeof(api_versions_response::api_version));
    if (count < 0) {
      out.api_keys.clear();
    } else {
      out.api_keys.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.api_keys.emplace_back());
      }
    }
  }
  if (version >= 1) {
    out.throttle_time_ms = in.int32();
  }
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      if (tag == 0) {
        {
          const auto count = in.array(version >= 3, false, sizeof(api_versions_response::supported_feature_key));
          if (count < 0) {
            out.supported_features.clear();
          } else {
            out.supported_features.reserve(static_cast<std::size_t>(count));
            for (std::int32_t i = 0; i < count && in.ok(); ++i) {
              read(in, version, out.supported_features.emplace_back());
            }
          }
        }
        return true;
      }
      if (tag == 1) {
        out.finalized_features_epoch = in.int64();
        return true;
      }
      if (tag == 2) {
        {
          const auto count = in.array(version >= 3, false, sizeof(api_versions_response::finalized_feature_key));
          if (count < 0) {
            out.finalized_features.clear();
          } else {
            out.finalized_features.reserve(static_cast<std::size_t>(count));
            for (std::int32_t i = 0; i < count && in.ok(); ++i) {
              read(in, version, out.finalized_features.emplace_back());
            }
          }
        }
        return true;
      }
      if (tag == 3) {
        out.zk_migration_ready = in.boolean();
        return true;
      }
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, api_versions_response& out) {
  read(in, version, out);
  return in.ok();
}

}  // namespace mes::wire::kafka
// NOLINTEND
