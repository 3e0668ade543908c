// Made by tools/generate_kafka.py of contracts/kafka/transactions.txt: change that, not this. The broker's direction.
#include "wire/kafka/generated/transactions.h"

// NOLINTBEGIN
namespace mes::wire::kafka {

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, init_producer_id_request& out) {
  out.transactional_id = in.nullable_string(version >= 2, true);
  out.transaction_timeout_ms = in.int32();
  if (version >= 3) {
    out.producer_id = in.int64();
  }
  if (version >= 3) {
    out.producer_epoch = in.int16();
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, init_producer_id_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const init_producer_id_response& value) {
  out.int32(value.throttle_time_ms);
  out.int16(value.error_code);
  out.int64(value.producer_id);
  out.int16(value.producer_epoch);
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const init_producer_id_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, add_partitions_to_txn_request::add_partitions_to_txn_topic& out) {
  out.name = in.string(version >= 3);
  {
    const auto count = in.array(version >= 3, false, sizeof(std::int32_t));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.partitions.push_back(in.int32());
      }
    }
  }
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, add_partitions_to_txn_request::add_partitions_to_txn_transaction& out) {
  if (version >= 4) {
    out.transactional_id = in.string(version >= 3);
  }
  if (version >= 4) {
    out.producer_id = in.int64();
  }
  if (version >= 4) {
    out.producer_epoch = in.int16();
  }
  if (version >= 4) {
    out.verify_only = in.boolean();
  }
  if (version >= 4) {
    {
      const auto count = in.array(version >= 3, false, sizeof(add_partitions_to_txn_request::add_partitions_to_txn_topic));
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
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, add_partitions_to_txn_request& out) {
  if (version >= 4) {
    {
      const auto count = in.array(version >= 3, false, sizeof(add_partitions_to_txn_request::add_partitions_to_txn_transaction));
      if (count < 0) {
        out.transactions.clear();
      } else {
        out.transactions.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.transactions.emplace_back());
        }
      }
    }
  }
  if (version <= 3) {
    out.v3_and_below_transactional_id = in.string(version >= 3);
  }
  if (version <= 3) {
    out.v3_and_below_producer_id = in.int64();
  }
  if (version <= 3) {
    out.v3_and_below_producer_epoch = in.int16();
  }
  if (version <= 3) {
    {
      const auto count = in.array(version >= 3, false, sizeof(add_partitions_to_txn_request::add_partitions_to_txn_topic));
      if (count < 0) {
        out.v3_and_below_topics.clear();
      } else {
        out.v3_and_below_topics.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.v3_and_below_topics.emplace_back());
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
bool decode(reader& in, std::int16_t version, add_partitions_to_txn_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const add_partitions_to_txn_response::add_partitions_to_txn_partition_result& value) {
  out.int32(value.partition_index);
  out.int16(value.partition_error_code);
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const add_partitions_to_txn_response::add_partitions_to_txn_topic_result& value) {
  out.string(version >= 3, value.name);
  out.array(version >= 3, static_cast<std::int64_t>(value.results_by_partition.size()));
  for (const auto& item : value.results_by_partition) {
    write(out, version, item);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const add_partitions_to_txn_response::add_partitions_to_txn_result& value) {
  if (version >= 4) {
    out.string(version >= 3, value.transactional_id);
  }
  if (version >= 4) {
    out.array(version >= 3, static_cast<std::int64_t>(value.topic_results.size()));
    for (const auto& item : value.topic_results) {
      write(out, version, item);
    }
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const add_partitions_to_txn_response& value) {
  out.int32(value.throttle_time_ms);
  if (version >= 4) {
    out.int16(value.error_code);
  }
  if (version >= 4) {
    out.array(version >= 3, static_cast<std::int64_t>(value.results_by_transaction.size()));
    for (const auto& item : value.results_by_transaction) {
      write(out, version, item);
    }
  }
  if (version <= 3) {
    out.array(version >= 3, static_cast<std::int64_t>(value.results_by_topic_v3_and_below.size()));
    for (const auto& item : value.results_by_topic_v3_and_below) {
      write(out, version, item);
    }
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const add_partitions_to_txn_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, add_offsets_to_txn_request& out) {
  out.transactional_id = in.string(version >= 3);
  out.producer_id = in.int64();
  out.producer_epoch = in.int16();
  out.group_id = in.string(version >= 3);
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, add_offsets_to_txn_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const add_offsets_to_txn_response& value) {
  out.int32(value.throttle_time_ms);
  out.int16(value.error_code);
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const add_offsets_to_txn_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, end_txn_request& out) {
  out.transactional_id = in.string(version >= 3);
  out.producer_id = in.int64();
  out.producer_epoch = in.int16();
  out.committed = in.boolean();
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, end_txn_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const end_txn_response& value) {
  out.int32(value.throttle_time_ms);
  out.int16(value.error_code);
  if (version >= 5) {
    out.int64(value.producer_id);
  }
  if (version >= 5) {
    out.int16(value.producer_epoch);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const end_txn_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, write_txn_markers_request::writable_txn_marker_topic& out) {
  out.name = in.string(true);
  {
    const auto count = in.array(true, false, sizeof(std::int32_t));
    if (count < 0) {
      out.partition_indexes.clear();
    } else {
      out.partition_indexes.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.partition_indexes.push_back(in.int32());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, write_txn_markers_request::writable_txn_marker& out) {
  out.producer_id = in.int64();
  out.producer_epoch = in.int16();
  out.transaction_result = in.boolean();
  {
    const auto count = in.array(true, false, sizeof(write_txn_markers_request::writable_txn_marker_topic));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
  out.coordinator_epoch = in.int32();
  if (version >= 2) {
    out.transaction_version = in.int8();
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, write_txn_markers_request& out) {
  {
    const auto count = in.array(true, false, sizeof(write_txn_markers_request::writable_txn_marker));
    if (count < 0) {
      out.markers.clear();
    } else {
      out.markers.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.markers.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, write_txn_markers_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const write_txn_markers_response::writable_txn_marker_partition_result& value) {
  out.int32(value.partition_index);
  out.int16(value.error_code);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const write_txn_markers_response::writable_txn_marker_topic_result& value) {
  out.string(true, value.name);
  out.array(true, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const write_txn_markers_response::writable_txn_marker_result& value) {
  out.int64(value.producer_id);
  out.array(true, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const write_txn_markers_response& value) {
  out.array(true, static_cast<std::int64_t>(value.markers.size()));
  for (const auto& item : value.markers) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const write_txn_markers_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, txn_offset_commit_request::txn_offset_commit_request_partition& out) {
  out.partition_index = in.int32();
  out.committed_offset = in.int64();
  if (version >= 2) {
    out.committed_leader_epoch = in.int32();
  }
  out.committed_metadata = in.nullable_string(version >= 3, true);
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, txn_offset_commit_request::txn_offset_commit_request_topic& out) {
  out.name = in.string(version >= 3);
  {
    const auto count = in.array(version >= 3, false, sizeof(txn_offset_commit_request::txn_offset_commit_request_partition));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partitions.emplace_back());
      }
    }
  }
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, txn_offset_commit_request& out) {
  out.transactional_id = in.string(version >= 3);
  out.group_id = in.string(version >= 3);
  out.producer_id = in.int64();
  out.producer_epoch = in.int16();
  if (version >= 3) {
    out.generation_id = in.int32();
  }
  if (version >= 3) {
    out.member_id = in.string(version >= 3);
  }
  if (version >= 3) {
    out.group_instance_id = in.nullable_string(version >= 3, true);
  }
  {
    const auto count = in.array(version >= 3, false, sizeof(txn_offset_commit_request::txn_offset_commit_request_topic));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
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
bool decode(reader& in, std::int16_t version, txn_offset_commit_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const txn_offset_commit_response::txn_offset_commit_response_partition& value) {
  out.int32(value.partition_index);
  out.int16(value.error_code);
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const txn_offset_commit_response::txn_offset_commit_response_topic& value) {
  out.string(version >= 3, value.name);
  out.array(version >= 3, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const txn_offset_commit_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(version >= 3, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const txn_offset_commit_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_transactions_request& out) {
  {
    const auto count = in.array(true, false, sizeof(std::string_view));
    if (count < 0) {
      out.transactional_ids.clear();
    } else {
      out.transactional_ids.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.transactional_ids.emplace_back(in.string(true));
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_transactions_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_transactions_response::topic_data& value) {
  out.string(true, value.topic);
  out.array(true, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    out.int32(item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_transactions_response::transaction_state_item& value) {
  out.int16(value.error_code);
  out.string(true, value.transactional_id);
  out.string(true, value.transaction_state);
  out.int32(value.transaction_timeout_ms);
  out.int64(value.transaction_start_time_ms);
  out.int64(value.producer_id);
  out.int16(value.producer_epoch);
  out.array(true, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_transactions_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(true, static_cast<std::int64_t>(value.transaction_states.size()));
  for (const auto& item : value.transaction_states) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_transactions_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, list_transactions_request& out) {
  {
    const auto count = in.array(true, false, sizeof(std::string_view));
    if (count < 0) {
      out.state_filters.clear();
    } else {
      out.state_filters.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.state_filters.emplace_back(in.string(true));
      }
    }
  }
  {
    const auto count = in.array(true, false, sizeof(std::int64_t));
    if (count < 0) {
      out.producer_id_filters.clear();
    } else {
      out.producer_id_filters.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.producer_id_filters.push_back(in.int64());
      }
    }
  }
  if (version >= 1) {
    out.duration_filter = in.int64();
  }
  if (version >= 2) {
    out.transactional_id_pattern = in.nullable_string(true, true);
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, list_transactions_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_transactions_response::transaction_state_item& value) {
  out.string(true, value.transactional_id);
  out.int64(value.producer_id);
  out.string(true, value.transaction_state);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_transactions_response& value) {
  out.int32(value.throttle_time_ms);
  out.int16(value.error_code);
  out.array(true, static_cast<std::int64_t>(value.unknown_state_filters.size()));
  for (const auto& item : value.unknown_state_filters) {
    out.string(true, item);
  }
  out.array(true, static_cast<std::int64_t>(value.transaction_states.size()));
  for (const auto& item : value.transaction_states) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const list_transactions_response& value) {
  write(out, version, value);
}

}  // namespace mes::wire::kafka
// NOLINTEND
