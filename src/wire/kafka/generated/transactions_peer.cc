// Made by tools/generate_kafka.py of contracts/kafka/transactions.txt: change that, not this. The client's direction.
#include "wire/kafka/generated/transactions.h"

// NOLINTBEGIN
namespace mes::wire::kafka {

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const init_producer_id_request& value) {
  out.nullable_string(version >= 2, value.transactional_id);
  out.int32(value.transaction_timeout_ms);
  if (version >= 3) {
    out.int64(value.producer_id);
  }
  if (version >= 3) {
    out.int16(value.producer_epoch);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const init_producer_id_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, init_producer_id_response& out) {
  out.throttle_time_ms = in.int32();
  out.error_code = in.int16();
  out.producer_id = in.int64();
  out.producer_epoch = in.int16();
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, init_producer_id_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const add_partitions_to_txn_request::add_partitions_to_txn_topic& value) {
  out.string(version >= 3, value.name);
  out.array(version >= 3, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    out.int32(item);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const add_partitions_to_txn_request::add_partitions_to_txn_transaction& value) {
  if (version >= 4) {
    out.string(version >= 3, value.transactional_id);
  }
  if (version >= 4) {
    out.int64(value.producer_id);
  }
  if (version >= 4) {
    out.int16(value.producer_epoch);
  }
  if (version >= 4) {
    out.boolean(value.verify_only);
  }
  if (version >= 4) {
    out.array(version >= 3, static_cast<std::int64_t>(value.topics.size()));
    for (const auto& item : value.topics) {
      write(out, version, item);
    }
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const add_partitions_to_txn_request& value) {
  if (version >= 4) {
    out.array(version >= 3, static_cast<std::int64_t>(value.transactions.size()));
    for (const auto& item : value.transactions) {
      write(out, version, item);
    }
  }
  if (version <= 3) {
    out.string(version >= 3, value.v3_and_below_transactional_id);
  }
  if (version <= 3) {
    out.int64(value.v3_and_below_producer_id);
  }
  if (version <= 3) {
    out.int16(value.v3_and_below_producer_epoch);
  }
  if (version <= 3) {
    out.array(version >= 3, static_cast<std::int64_t>(value.v3_and_below_topics.size()));
    for (const auto& item : value.v3_and_below_topics) {
      write(out, version, item);
    }
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const add_partitions_to_txn_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, add_partitions_to_txn_response::add_partitions_to_txn_partition_result& out) {
  out.partition_index = in.int32();
  out.partition_error_code = in.int16();
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, add_partitions_to_txn_response::add_partitions_to_txn_topic_result& out) {
  out.name = in.string(version >= 3);
  {
    const auto count = in.array(version >= 3, false, sizeof(add_partitions_to_txn_response::add_partitions_to_txn_partition_result));
    if (count < 0) {
      out.results_by_partition.clear();
    } else {
      out.results_by_partition.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.results_by_partition.emplace_back());
      }
    }
  }
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, add_partitions_to_txn_response::add_partitions_to_txn_result& out) {
  if (version >= 4) {
    out.transactional_id = in.string(version >= 3);
  }
  if (version >= 4) {
    {
      const auto count = in.array(version >= 3, false, sizeof(add_partitions_to_txn_response::add_partitions_to_txn_topic_result));
      if (count < 0) {
        out.topic_results.clear();
      } else {
        out.topic_results.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.topic_results.emplace_back());
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

void read(reader& in, [[maybe_unused]] std::int16_t version, add_partitions_to_txn_response& out) {
  out.throttle_time_ms = in.int32();
  if (version >= 4) {
    out.error_code = in.int16();
  }
  if (version >= 4) {
    {
      const auto count = in.array(version >= 3, false, sizeof(add_partitions_to_txn_response::add_partitions_to_txn_result));
      if (count < 0) {
        out.results_by_transaction.clear();
      } else {
        out.results_by_transaction.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.results_by_transaction.emplace_back());
        }
      }
    }
  }
  if (version <= 3) {
    {
      const auto count = in.array(version >= 3, false, sizeof(add_partitions_to_txn_response::add_partitions_to_txn_topic_result));
      if (count < 0) {
        out.results_by_topic_v3_and_below.clear();
      } else {
        out.results_by_topic_v3_and_below.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.results_by_topic_v3_and_below.emplace_back());
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
bool decode(reader& in, std::int16_t version, add_partitions_to_txn_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const add_offsets_to_txn_request& value) {
  out.string(version >= 3, value.transactional_id);
  out.int64(value.producer_id);
  out.int16(value.producer_epoch);
  out.string(version >= 3, value.group_id);
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const add_offsets_to_txn_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, add_offsets_to_txn_response& out) {
  out.throttle_time_ms = in.int32();
  out.error_code = in.int16();
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, add_offsets_to_txn_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const end_txn_request& value) {
  out.string(version >= 3, value.transactional_id);
  out.int64(value.producer_id);
  out.int16(value.producer_epoch);
  out.boolean(value.committed);
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const end_txn_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, end_txn_response& out) {
  out.throttle_time_ms = in.int32();
  out.error_code = in.int16();
  if (version >= 5) {
    out.producer_id = in.int64();
  }
  if (version >= 5) {
    out.producer_epoch = in.int16();
  }
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, end_txn_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const write_txn_markers_request::writable_txn_marker_topic& value) {
  out.string(true, value.name);
  out.array(true, static_cast<std::int64_t>(value.partition_indexes.size()));
  for (const auto& item : value.partition_indexes) {
    out.int32(item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const write_txn_markers_request::writable_txn_marker& value) {
  out.int64(value.producer_id);
  out.int16(value.producer_epoch);
  out.boolean(value.transaction_result);
  out.array(true, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  out.int32(value.coordinator_epoch);
  if (version >= 2) {
    out.int8(value.transaction_version);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const write_txn_markers_request& value) {
  out.array(true, static_cast<std::int64_t>(value.markers.size()));
  for (const auto& item : value.markers) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const write_txn_markers_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, write_txn_markers_response::writable_txn_marker_partition_result& out) {
  out.partition_index = in.int32();
  out.error_code = in.int16();
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, write_txn_markers_response::writable_txn_marker_topic_result& out) {
  out.name = in.string(true);
  {
    const auto count = in.array(true, false, sizeof(write_txn_markers_response::writable_txn_marker_partition_result));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partitions.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, write_txn_markers_response::writable_txn_marker_result& out) {
  out.producer_id = in.int64();
  {
    const auto count = in.array(true, false, sizeof(write_txn_markers_response::writable_txn_marker_topic_result));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, write_txn_markers_response& out) {
  {
    const auto count = in.array(true, false, sizeof(write_txn_markers_response::writable_txn_marker_result));
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
bool decode(reader& in, std::int16_t version, write_txn_markers_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const txn_offset_commit_request::txn_offset_commit_request_partition& value) {
  out.int32(value.partition_index);
  out.int64(value.committed_offset);
  if (version >= 2) {
    out.int32(value.committed_leader_epoch);
  }
  out.nullable_string(version >= 3, value.committed_metadata);
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const txn_offset_commit_request::txn_offset_commit_request_topic& value) {
  out.string(version >= 3, value.name);
  out.array(version >= 3, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const txn_offset_commit_request& value) {
  out.string(version >= 3, value.transactional_id);
  out.string(version >= 3, value.group_id);
  out.int64(value.producer_id);
  out.int16(value.producer_epoch);
  if (version >= 3) {
    out.int32(value.generation_id);
  }
  if (version >= 3) {
    out.string(version >= 3, value.member_id);
  }
  if (version >= 3) {
    out.nullable_string(version >= 3, value.group_instance_id);
  }
  out.array(version >= 3, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  if (version >= 3) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const txn_offset_commit_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, txn_offset_commit_response::txn_offset_commit_response_partition& out) {
  out.partition_index = in.int32();
  out.error_code = in.int16();
  if (version >= 3) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, txn_offset_commit_response::txn_offset_commit_response_topic& out) {
  out.name = in.string(version >= 3);
  {
    const auto count = in.array(version >= 3, false, sizeof(txn_offset_commit_response::txn_offset_commit_response_partition));
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

void read(reader& in, [[maybe_unused]] std::int16_t version, txn_offset_commit_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 3, false, sizeof(txn_offset_commit_response::txn_offset_commit_response_topic));
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
bool decode(reader& in, std::int16_t version, txn_offset_commit_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_transactions_request& value) {
  out.array(true, static_cast<std::int64_t>(value.transactional_ids.size()));
  for (const auto& item : value.transactional_ids) {
    out.string(true, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_transactions_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_transactions_response::topic_data& out) {
  out.topic = in.string(true);
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

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_transactions_response::transaction_state_item& out) {
  out.error_code = in.int16();
  out.transactional_id = in.string(true);
  out.transaction_state = in.string(true);
  out.transaction_timeout_ms = in.int32();
  out.transaction_start_time_ms = in.int64();
  out.producer_id = in.int64();
  out.producer_epoch = in.int16();
  {
    const auto count = in.array(true, false, sizeof(describe_transactions_response::topic_data));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_transactions_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(true, false, sizeof(describe_transactions_response::transaction_state_item));
    if (count < 0) {
      out.transaction_states.clear();
    } else {
      out.transaction_states.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.transaction_states.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_transactions_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_transactions_request& value) {
  out.array(true, static_cast<std::int64_t>(value.state_filters.size()));
  for (const auto& item : value.state_filters) {
    out.string(true, item);
  }
  out.array(true, static_cast<std::int64_t>(value.producer_id_filters.size()));
  for (const auto& item : value.producer_id_filters) {
    out.int64(item);
  }
  if (version >= 1) {
    out.int64(value.duration_filter);
  }
  if (version >= 2) {
    out.nullable_string(true, value.transactional_id_pattern);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const list_transactions_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, list_transactions_response::transaction_state_item& out) {
  out.transactional_id = in.string(true);
  out.producer_id = in.int64();
  out.transaction_state = in.string(true);
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, list_transactions_response& out) {
  out.throttle_time_ms = in.int32();
  out.error_code = in.int16();
  {
    const auto count = in.array(true, false, sizeof(std::string));
    if (count < 0) {
      out.unknown_state_filters.clear();
    } else {
      out.unknown_state_filters.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.unknown_state_filters.emplace_back(in.string(true));
      }
    }
  }
  {
    const auto count = in.array(true, false, sizeof(list_transactions_response::transaction_state_item));
    if (count < 0) {
      out.transaction_states.clear();
    } else {
      out.transaction_states.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.transaction_states.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, list_transactions_response& out) {
  read(in, version, out);
  return in.ok();
}

}  // namespace mes::wire::kafka
// NOLINTEND
