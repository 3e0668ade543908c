// Made by tools/generate_kafka.py of contracts/kafka/admin.txt: change that, not this. The client's direction.
#include "wire/kafka/generated/admin.h"

// NOLINTBEGIN
namespace mes::wire::kafka {

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_topics_request::creatable_replica_assignment& value) {
  out.int32(value.partition_index);
  out.array(version >= 5, static_cast<std::int64_t>(value.broker_ids.size()));
  for (const auto& item : value.broker_ids) {
    out.int32(item);
  }
  if (version >= 5) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_topics_request::creatable_topic_config& value) {
  out.string(version >= 5, value.name);
  out.nullable_string(version >= 5, value.value);
  if (version >= 5) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_topics_request::creatable_topic& value) {
  out.string(version >= 5, value.name);
  out.int32(value.num_partitions);
  out.int16(value.replication_factor);
  out.array(version >= 5, static_cast<std::int64_t>(value.assignments.size()));
  for (const auto& item : value.assignments) {
    write(out, version, item);
  }
  out.array(version >= 5, static_cast<std::int64_t>(value.configs.size()));
  for (const auto& item : value.configs) {
    write(out, version, item);
  }
  if (version >= 5) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_topics_request& value) {
  out.array(version >= 5, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  out.int32(value.timeout_ms);
  out.boolean(value.validate_only);
  if (version >= 5) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const create_topics_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, create_topics_response::creatable_topic_configs& out) {
  if (version >= 5) {
    out.name = in.string(version >= 5);
  }
  if (version >= 5) {
    out.value = in.nullable_string(version >= 5, true);
  }
  if (version >= 5) {
    out.read_only = in.boolean();
  }
  if (version >= 5) {
    out.config_source = in.int8();
  }
  if (version >= 5) {
    out.is_sensitive = in.boolean();
  }
  if (version >= 5) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, create_topics_response::creatable_topic_result& out) {
  out.name = in.string(version >= 5);
  if (version >= 7) {
    out.topic_id = in.uuid();
  }
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 5, true);
  if (version >= 5) {
    out.num_partitions = in.int32();
  }
  if (version >= 5) {
    out.replication_factor = in.int16();
  }
  if (version >= 5) {
    {
      const auto count = in.array(version >= 5, true, sizeof(create_topics_response::creatable_topic_configs));
      if (count < 0) {
        out.configs.reset();
      } else {
        out.configs.emplace();
        out.configs->reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          read(in, version, out.configs->emplace_back());
        }
      }
    }
  }
  if (version >= 5) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      if (tag == 0) {
        out.topic_config_error_code = in.int16();
        return true;
      }
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, create_topics_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 5, false, sizeof(create_topics_response::creatable_topic_result));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
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
bool decode(reader& in, std::int16_t version, create_topics_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_topics_request::delete_topic_state& value) {
  if (version >= 6) {
    out.nullable_string(version >= 4, value.name);
  }
  if (version >= 6) {
    out.uuid(value.topic_id);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_topics_request& value) {
  if (version >= 6) {
    out.array(version >= 4, static_cast<std::int64_t>(value.topics.size()));
    for (const auto& item : value.topics) {
      write(out, version, item);
    }
  }
  if (version <= 5) {
    out.array(version >= 4, static_cast<std::int64_t>(value.topic_names.size()));
    for (const auto& item : value.topic_names) {
      out.string(version >= 4, item);
    }
  }
  out.int32(value.timeout_ms);
  if (version >= 4) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const delete_topics_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, delete_topics_response::deletable_topic_result& out) {
  out.name = in.nullable_string(version >= 4, version >= 6);
  if (version >= 6) {
    out.topic_id = in.uuid();
  }
  out.error_code = in.int16();
  if (version >= 5) {
    out.error_message = in.nullable_string(version >= 4, true);
  }
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, delete_topics_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 4, false, sizeof(delete_topics_response::deletable_topic_result));
    if (count < 0) {
      out.responses.clear();
    } else {
      out.responses.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.responses.emplace_back());
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
bool decode(reader& in, std::int16_t version, delete_topics_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_records_request::delete_records_partition& value) {
  out.int32(value.partition_index);
  out.int64(value.offset);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_records_request::delete_records_topic& value) {
  out.string(version >= 2, value.name);
  out.array(version >= 2, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_records_request& value) {
  out.array(version >= 2, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  out.int32(value.timeout_ms);
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const delete_records_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, delete_records_response::delete_records_partition_result& out) {
  out.partition_index = in.int32();
  out.low_watermark = in.int64();
  out.error_code = in.int16();
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, delete_records_response::delete_records_topic_result& out) {
  out.name = in.string(version >= 2);
  {
    const auto count = in.array(version >= 2, false, sizeof(delete_records_response::delete_records_partition_result));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partitions.emplace_back());
      }
    }
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, delete_records_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 2, false, sizeof(delete_records_response::delete_records_topic_result));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
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
bool decode(reader& in, std::int16_t version, delete_records_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_partitions_request::create_partitions_assignment& value) {
  out.array(version >= 2, static_cast<std::int64_t>(value.broker_ids.size()));
  for (const auto& item : value.broker_ids) {
    out.int32(item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_partitions_request::create_partitions_topic& value) {
  out.string(version >= 2, value.name);
  out.int32(value.count);
  out.array(version >= 2, value.assignments ? static_cast<std::int64_t>(value.assignments->size()) : -1);
  if (value.assignments) {
    for (const auto& item : *value.assignments) {
      write(out, version, item);
    }
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_partitions_request& value) {
  out.array(version >= 2, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  out.int32(value.timeout_ms);
  out.boolean(value.validate_only);
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const create_partitions_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, create_partitions_response::create_partitions_topic_result& out) {
  out.name = in.string(version >= 2);
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 2, true);
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, create_partitions_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 2, false, sizeof(create_partitions_response::create_partitions_topic_result));
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
bool decode(reader& in, std::int16_t version, create_partitions_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_configs_request::describe_configs_resource& value) {
  out.int8(value.resource_type);
  out.string(version >= 4, value.resource_name);
  out.array(version >= 4, value.configuration_keys ? static_cast<std::int64_t>(value.configuration_keys->size()) : -1);
  if (value.configuration_keys) {
    for (const auto& item : *value.configuration_keys) {
      out.string(version >= 4, item);
    }
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_configs_request& value) {
  out.array(version >= 4, static_cast<std::int64_t>(value.resources.size()));
  for (const auto& item : value.resources) {
    write(out, version, item);
  }
  out.boolean(value.include_synonyms);
  if (version >= 3) {
    out.boolean(value.include_documentation);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_configs_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_configs_response::describe_configs_synonym& out) {
  out.name = in.string(version >= 4);
  out.value = in.nullable_string(version >= 4, true);
  out.source = in.int8();
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_configs_response::describe_configs_resource_result& out) {
  out.name = in.string(version >= 4);
  out.value = in.nullable_string(version >= 4, true);
  out.read_only = in.boolean();
  out.config_source = in.int8();
  out.is_sensitive = in.boolean();
  {
    const auto count = in.array(version >= 4, false, sizeof(describe_configs_response::describe_configs_synonym));
    if (count < 0) {
      out.synonyms.clear();
    } else {
      out.synonyms.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.synonyms.emplace_back());
      }
    }
  }
  if (version >= 3) {
    out.config_type = in.int8();
  }
  if (version >= 3) {
    out.documentation = in.nullable_string(version >= 4, true);
  }
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_configs_response::describe_configs_result& out) {
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 4, true);
  out.resource_type = in.int8();
  out.resource_name = in.string(version >= 4);
  {
    const auto count = in.array(version >= 4, false, sizeof(describe_configs_response::describe_configs_resource_result));
    if (count < 0) {
      out.configs.clear();
    } else {
      out.configs.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.configs.emplace_back());
      }
    }
  }
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_configs_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 4, false, sizeof(describe_configs_response::describe_configs_result));
    if (count < 0) {
      out.results.clear();
    } else {
      out.results.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.results.emplace_back());
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
bool decode(reader& in, std::int16_t version, describe_configs_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_configs_request::alterable_config& value) {
  out.string(version >= 2, value.name);
  out.nullable_string(version >= 2, value.value);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_configs_request::alter_configs_resource& value) {
  out.int8(value.resource_type);
  out.string(version >= 2, value.resource_name);
  out.array(version >= 2, static_cast<std::int64_t>(value.configs.size()));
  for (const auto& item : value.configs) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_configs_request& value) {
  out.array(version >= 2, static_cast<std::int64_t>(value.resources.size()));
  for (const auto& item : value.resources) {
    write(out, version, item);
  }
  out.boolean(value.validate_only);
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const alter_configs_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, alter_configs_response::alter_configs_resource_response& out) {
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 2, true);
  out.resource_type = in.int8();
  out.resource_name = in.string(version >= 2);
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_configs_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 2, false, sizeof(alter_configs_response::alter_configs_resource_response));
    if (count < 0) {
      out.responses.clear();
    } else {
      out.responses.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.responses.emplace_back());
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
bool decode(reader& in, std::int16_t version, alter_configs_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const incremental_alter_configs_request::alterable_config& value) {
  out.string(version >= 1, value.name);
  out.int8(value.config_operation);
  out.nullable_string(version >= 1, value.value);
  if (version >= 1) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const incremental_alter_configs_request::alter_configs_resource& value) {
  out.int8(value.resource_type);
  out.string(version >= 1, value.resource_name);
  out.array(version >= 1, static_cast<std::int64_t>(value.configs.size()));
  for (const auto& item : value.configs) {
    write(out, version, item);
  }
  if (version >= 1) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const incremental_alter_configs_request& value) {
  out.array(version >= 1, static_cast<std::int64_t>(value.resources.size()));
  for (const auto& item : value.resources) {
    write(out, version, item);
  }
  out.boolean(value.validate_only);
  if (version >= 1) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const incremental_alter_configs_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, incremental_alter_configs_response::alter_configs_resource_response& out) {
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 1, true);
  out.resource_type = in.int8();
  out.resource_name = in.string(version >= 1);
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, incremental_alter_configs_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 1, false, sizeof(incremental_alter_configs_response::alter_configs_resource_response));
    if (count < 0) {
      out.responses.clear();
    } else {
      out.responses.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.responses.emplace_back());
      }
    }
  }
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, incremental_alter_configs_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_log_dirs_request::describable_log_dir_topic& value) {
  out.string(version >= 2, value.topic);
  out.array(version >= 2, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    out.int32(item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_log_dirs_request& value) {
  out.array(version >= 2, value.topics ? static_cast<std::int64_t>(value.topics->size()) : -1);
  if (value.topics) {
    for (const auto& item : *value.topics) {
      write(out, version, item);
    }
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_log_dirs_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_log_dirs_response::describe_log_dirs_partition& out) {
  out.partition_index = in.int32();
  out.partition_size = in.int64();
  out.offset_lag = in.int64();
  out.is_future_key = in.boolean();
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_log_dirs_response::describe_log_dirs_topic& out) {
  out.name = in.string(version >= 2);
  {
    const auto count = in.array(version >= 2, false, sizeof(describe_log_dirs_response::describe_log_dirs_partition));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partitions.emplace_back());
      }
    }
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_log_dirs_response::describe_log_dirs_result& out) {
  out.error_code = in.int16();
  out.log_dir = in.string(version >= 2);
  {
    const auto count = in.array(version >= 2, false, sizeof(describe_log_dirs_response::describe_log_dirs_topic));
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
    out.total_bytes = in.int64();
  }
  if (version >= 4) {
    out.usable_bytes = in.int64();
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_log_dirs_response& out) {
  out.throttle_time_ms = in.int32();
  if (version >= 3) {
    out.error_code = in.int16();
  }
  {
    const auto count = in.array(version >= 2, false, sizeof(describe_log_dirs_response::describe_log_dirs_result));
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
bool decode(reader& in, std::int16_t version, describe_log_dirs_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_cluster_request& value) {
  out.boolean(value.include_cluster_authorized_operations);
  if (version >= 1) {
    out.int8(value.endpoint_type);
  }
  if (version >= 2) {
    out.boolean(value.include_fenced_brokers);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_cluster_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_cluster_response::describe_cluster_broker& out) {
  out.broker_id = in.int32();
  out.host = in.string(true);
  out.port = in.int32();
  out.rack = in.nullable_string(true, true);
  if (version >= 2) {
    out.is_fenced = in.boolean();
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_cluster_response& out) {
  out.throttle_time_ms = in.int32();
  out.error_code = in.int16();
  out.error_message = in.nullable_string(true, true);
  if (version >= 1) {
    out.endpoint_type = in.int8();
  }
  out.cluster_id = in.string(true);
  out.controller_id = in.int32();
  {
    const auto count = in.array(true, false, sizeof(describe_cluster_response::describe_cluster_broker));
    if (count < 0) {
      out.brokers.clear();
    } else {
      out.brokers.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.brokers.emplace_back());
      }
    }
  }
  out.cluster_authorized_operations = in.int32();
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_cluster_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_topic_partitions_request::topic_request& value) {
  out.string(true, value.name);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_topic_partitions_request::cursor_item& value) {
  out.string(true, value.topic_name);
  out.int32(value.partition_index);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_topic_partitions_request& value) {
  out.array(true, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  out.int32(value.response_partition_limit);
  out.int8(value.cursor ? 1 : -1);
  if (value.cursor) {
    write(out, version, *value.cursor);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_topic_partitions_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_topic_partitions_response::describe_topic_partitions_response_partition& out) {
  out.error_code = in.int16();
  out.partition_index = in.int32();
  out.leader_id = in.int32();
  out.leader_epoch = in.int32();
  {
    const auto count = in.array(true, false, sizeof(std::int32_t));
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
    const auto count = in.array(true, false, sizeof(std::int32_t));
    if (count < 0) {
      out.isr_nodes.clear();
    } else {
      out.isr_nodes.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.isr_nodes.push_back(in.int32());
      }
    }
  }
  {
    const auto count = in.array(true, true, sizeof(std::int32_t));
    if (count < 0) {
      out.eligible_leader_replicas.reset();
    } else {
      out.eligible_leader_replicas.emplace();
      out.eligible_leader_replicas->reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.eligible_leader_replicas->push_back(in.int32());
      }
    }
  }
  {
    const auto count = in.array(true, true, sizeof(std::int32_t));
    if (count < 0) {
      out.last_known_elr.reset();
    } else {
      out.last_known_elr.emplace();
      out.last_known_elr->reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.last_known_elr->push_back(in.int32());
      }
    }
  }
  {
    const auto count = in.array(true, false, sizeof(std::int32_t));
    if (count < 0) {
      out.offline_replicas.clear();
    } else {
      out.offline_replicas.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.offline_replicas.push_back(in.int32());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_topic_partitions_response::describe_topic_partitions_response_topic& out) {
  out.error_code = in.int16();
  out.name = in.nullable_string(true, true);
  out.topic_id = in.uuid();
  out.is_internal = in.boolean();
  {
    const auto count = in.array(true, false, sizeof(describe_topic_partitions_response::describe_topic_partitions_response_partition));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partitions.emplace_back());
      }
    }
  }
  out.topic_authorized_operations = in.int32();
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_topic_partitions_response::cursor& out) {
  out.topic_name = in.string(true);
  out.partition_index = in.int32();
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_topic_partitions_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(true, false, sizeof(describe_topic_partitions_response::describe_topic_partitions_response_topic));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
  if (in.int8() < 0) {
    out.next_cursor.reset();
  } else {
    read(in, version, out.next_cursor.emplace(describe_topic_partitions_response::cursor{}));
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_topic_partitions_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_producers_request::topic_request& value) {
  out.string(true, value.name);
  out.array(true, static_cast<std::int64_t>(value.partition_indexes.size()));
  for (const auto& item : value.partition_indexes) {
    out.int32(item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_producers_request& value) {
  out.array(true, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_producers_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_producers_response::producer_state& out) {
  out.producer_id = in.int64();
  out.producer_epoch = in.int32();
  out.last_sequence = in.int32();
  out.last_timestamp = in.int64();
  out.coordinator_epoch = in.int32();
  out.current_txn_start_offset = in.int64();
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_producers_response::partition_response& out) {
  out.partition_index = in.int32();
  out.error_code = in.int16();
  out.error_message = in.nullable_string(true, true);
  {
    const auto count = in.array(true, false, sizeof(describe_producers_response::producer_state));
    if (count < 0) {
      out.active_producers.clear();
    } else {
      out.active_producers.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.active_producers.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_producers_response::topic_response& out) {
  out.name = in.string(true);
  {
    const auto count = in.array(true, false, sizeof(describe_producers_response::partition_response));
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

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_producers_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(true, false, sizeof(describe_producers_response::topic_response));
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

}  // namespace
bool decode(reader& in, std::int16_t version, describe_producers_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_client_quotas_request::component_data& value) {
  out.string(version >= 1, value.entity_type);
  out.int8(value.match_type);
  out.nullable_string(version >= 1, value.match);
  if (version >= 1) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_client_quotas_request& value) {
  out.array(version >= 1, static_cast<std::int64_t>(value.components.size()));
  for (const auto& item : value.components) {
    write(out, version, item);
  }
  out.boolean(value.strict);
  if (version >= 1) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_client_quotas_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_client_quotas_response::entity_data& out) {
  out.entity_type = in.string(version >= 1);
  out.entity_name = in.nullable_string(version >= 1, true);
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_client_quotas_response::value_data& out) {
  out.key = in.string(version >= 1);
  out.value = in.float64();
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_client_quotas_response::entry_data& out) {
  {
    const auto count = in.array(version >= 1, false, sizeof(describe_client_quotas_response::entity_data));
    if (count < 0) {
      out.entity.clear();
    } else {
      out.entity.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.entity.emplace_back());
      }
    }
  }
  {
    const auto count = in.array(version >= 1, false, sizeof(describe_client_quotas_response::value_data));
    if (count < 0) {
      out.values.clear();
    } else {
      out.values.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.values.emplace_back());
      }
    }
  }
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_client_quotas_response& out) {
  out.throttle_time_ms = in.int32();
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 1, true);
  {
    const auto count = in.array(version >= 1, true, sizeof(describe_client_quotas_response::entry_data));
    if (count < 0) {
      out.entries.reset();
    } else {
      out.entries.emplace();
      out.entries->reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.entries->emplace_back());
      }
    }
  }
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_client_quotas_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_client_quotas_request::entity_data& value) {
  out.string(version >= 1, value.entity_type);
  out.nullable_string(version >= 1, value.entity_name);
  if (version >= 1) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_client_quotas_request::op_data& value) {
  out.string(version >= 1, value.key);
  out.float64(value.value);
  out.boolean(value.remove);
  if (version >= 1) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_client_quotas_request::entry_data& value) {
  out.array(version >= 1, static_cast<std::int64_t>(value.entity.size()));
  for (const auto& item : value.entity) {
    write(out, version, item);
  }
  out.array(version >= 1, static_cast<std::int64_t>(value.ops.size()));
  for (const auto& item : value.ops) {
    write(out, version, item);
  }
  if (version >= 1) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_client_quotas_request& value) {
  out.array(version >= 1, static_cast<std::int64_t>(value.entries.size()));
  for (const auto& item : value.entries) {
    write(out, version, item);
  }
  out.boolean(value.validate_only);
  if (version >= 1) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const alter_client_quotas_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, alter_client_quotas_response::entity_data& out) {
  out.entity_type = in.string(version >= 1);
  out.entity_name = in.nullable_string(version >= 1, true);
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_client_quotas_response::entry_data& out) {
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 1, true);
  {
    const auto count = in.array(version >= 1, false, sizeof(alter_client_quotas_response::entity_data));
    if (count < 0) {
      out.entity.clear();
    } else {
      out.entity.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.entity.emplace_back());
      }
    }
  }
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_client_quotas_response& out) {
  out.throttle_time_ms = in.int32();
  {
    const auto count = in.array(version >= 1, false, sizeof(alter_client_quotas_response::entry_data));
    if (count < 0) {
      out.entries.clear();
    } else {
      out.entries.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.entries.emplace_back());
      }
    }
  }
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, alter_client_quotas_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_config_resources_request& value) {
  if (version >= 1) {
    out.array(true, static_cast<std::int64_t>(value.resource_types.size()));
    for (const auto& item : value.resource_types) {
      out.int8(item);
    }
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const list_config_resources_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, list_config_resources_response::config_resource& out) {
  out.resource_name = in.string(true);
  if (version >= 1) {
    out.resource_type = in.int8();
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, list_config_resources_response& out) {
  out.throttle_time_ms = in.int32();
  out.error_code = in.int16();
  {
    const auto count = in.array(true, false, sizeof(list_config_resources_response::config_resource));
    if (count < 0) {
      out.config_resources.clear();
    } else {
      out.config_resources.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.config_resources.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, list_config_resources_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const elect_leaders_request::topic_partitions_item& value) {
  out.string(version >= 2, value.topic);
  out.array(version >= 2, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    out.int32(item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const elect_leaders_request& value) {
  if (version >= 1) {
    out.int8(value.election_type);
  }
  out.array(version >= 2, value.topic_partitions ? static_cast<std::int64_t>(value.topic_partitions->size()) : -1);
  if (value.topic_partitions) {
    for (const auto& item : *value.topic_partitions) {
      write(out, version, item);
    }
  }
  out.int32(value.timeout_ms);
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const elect_leaders_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, elect_leaders_response::partition_result_item& out) {
  out.partition_id = in.int32();
  out.error_code = in.int16();
  out.error_message = in.nullable_string(version >= 2, true);
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, elect_leaders_response::replica_election_result& out) {
  out.topic = in.string(version >= 2);
  {
    const auto count = in.array(version >= 2, false, sizeof(elect_leaders_response::partition_result_item));
    if (count < 0) {
      out.partition_result.clear();
    } else {
      out.partition_result.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.partition_result.emplace_back());
      }
    }
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, elect_leaders_response& out) {
  out.throttle_time_ms = in.int32();
  if (version >= 1) {
    out.error_code = in.int16();
  }
  {
    const auto count = in.array(version >= 2, false, sizeof(elect_leaders_response::replica_election_result));
    if (count < 0) {
      out.replica_election_results.clear();
    } else {
      out.replica_election_results.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.replica_election_results.emplace_back());
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
bool decode(reader& in, std::int16_t version, elect_leaders_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_partition_reassignments_request::reassignable_partition& value) {
  out.int32(value.partition_index);
  out.array(true, value.replicas ? static_cast<std::int64_t>(value.replicas->size()) : -1);
  if (value.replicas) {
    for (const auto& item : *value.replicas) {
      out.int32(item);
    }
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_partition_reassignments_request::reassignable_topic& value) {
  out.string(true, value.name);
  out.array(true, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_partition_reassignments_request& value) {
  out.int32(value.timeout_ms);
  if (version >= 1) {
    out.boolean(value.allow_replication_factor_change);
  }
  out.array(true, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const alter_partition_reassignments_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, alter_partition_reassignments_response::reassignable_partition_response& out) {
  out.partition_index = in.int32();
  out.error_code = in.int16();
  out.error_message = in.nullable_string(true, true);
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_partition_reassignments_response::reassignable_topic_response& out) {
  out.name = in.string(true);
  {
    const auto count = in.array(true, false, sizeof(alter_partition_reassignments_response::reassignable_partition_response));
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

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_partition_reassignments_response& out) {
  out.throttle_time_ms = in.int32();
  if (version >= 1) {
    out.allow_replication_factor_change = in.boolean();
  }
  out.error_code = in.int16();
  out.error_message = in.nullable_string(true, true);
  {
    const auto count = in.array(true, false, sizeof(alter_partition_reassignments_response::reassignable_topic_response));
    if (count < 0) {
      out.responses.clear();
    } else {
      out.responses.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.responses.emplace_back());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, alter_partition_reassignments_response& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_partition_reassignments_request::list_partition_reassignments_topics& value) {
  out.string(true, value.name);
  out.array(true, static_cast<std::int64_t>(value.partition_indexes.size()));
  for (const auto& item : value.partition_indexes) {
    out.int32(item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_partition_reassignments_request& value) {
  out.int32(value.timeout_ms);
  out.array(true, value.topics ? static_cast<std::int64_t>(value.topics->size()) : -1);
  if (value.topics) {
    for (const auto& item : *value.topics) {
      write(out, version, item);
    }
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const list_partition_reassignments_request& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, list_partition_reassignments_response::ongoing_partition_reassignment& out) {
  out.partition_index = in.int32();
  {
    const auto count = in.array(true, false, sizeof(std::int32_t));
    if (count < 0) {
      out.replicas.clear();
    } else {
      out.replicas.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.replicas.push_back(in.int32());
      }
    }
  }
  {
    const auto count = in.array(true, false, sizeof(std::int32_t));
    if (count < 0) {
      out.adding_replicas.clear();
    } else {
      out.adding_replicas.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.adding_replicas.push_back(in.int32());
      }
    }
  }
  {
    const auto count = in.array(true, false, sizeof(std::int32_t));
    if (count < 0) {
      out.removing_replicas.clear();
    } else {
      out.removing_replicas.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.removing_replicas.push_back(in.int32());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, list_partition_reassignments_response::ongoing_topic_reassignment& out) {
  out.name = in.string(true);
  {
    const auto count = in.array(true, false, sizeof(list_partition_reassignments_response::ongoing_partition_reassignment));
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

void read(reader& in, [[maybe_unused]] std::int16_t version, list_partition_reassignments_response& out) {
  out.throttle_time_ms = in.int32();
  out.error_code = in.int16();
  out.error_message = in.nullable_string(true, true);
  {
    const auto count = in.array(true, false, sizeof(list_partition_reassignments_response::ongoing_topic_reassignment));
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

}  // namespace
bool decode(reader& in, std::int16_t version, list_partition_reassignments_response& out) {
  read(in, version, out);
  return in.ok();
}

}  // namespace mes::wire::kafka
// NOLINTEND
