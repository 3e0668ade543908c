// Made by tools/generate_kafka.py of contracts/kafka/admin.txt: change that, not this. The broker's direction.
#include "wire/kafka/generated/admin.h"

// NOLINTBEGIN
namespace mes::wire::kafka {

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, create_topics_request::creatable_replica_assignment& out) {
  out.partition_index = in.int32();
  {
    const auto count = in.array(version >= 5, false, sizeof(std::int32_t));
    if (count < 0) {
      out.broker_ids.clear();
    } else {
      out.broker_ids.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.broker_ids.push_back(in.int32());
      }
    }
  }
  if (version >= 5) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, create_topics_request::creatable_topic_config& out) {
  out.name = in.string(version >= 5);
  out.value = in.nullable_string(version >= 5, true);
  if (version >= 5) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, create_topics_request::creatable_topic& out) {
  out.name = in.string(version >= 5);
  out.num_partitions = in.int32();
  out.replication_factor = in.int16();
  {
    const auto count = in.array(version >= 5, false, sizeof(create_topics_request::creatable_replica_assignment));
    if (count < 0) {
      out.assignments.clear();
    } else {
      out.assignments.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.assignments.emplace_back());
      }
    }
  }
  {
    const auto count = in.array(version >= 5, false, sizeof(create_topics_request::creatable_topic_config));
    if (count < 0) {
      out.configs.clear();
    } else {
      out.configs.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.configs.emplace_back());
      }
    }
  }
  if (version >= 5) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, create_topics_request& out) {
  {
    const auto count = in.array(version >= 5, false, sizeof(create_topics_request::creatable_topic));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
  out.timeout_ms = in.int32();
  out.validate_only = in.boolean();
  if (version >= 5) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, create_topics_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_topics_response::creatable_topic_configs& value) {
  if (version >= 5) {
    out.string(version >= 5, value.name);
  }
  if (version >= 5) {
    out.nullable_string(version >= 5, value.value);
  }
  if (version >= 5) {
    out.boolean(value.read_only);
  }
  if (version >= 5) {
    out.int8(value.config_source);
  }
  if (version >= 5) {
    out.boolean(value.is_sensitive);
  }
  if (version >= 5) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_topics_response::creatable_topic_result& value) {
  out.string(version >= 5, value.name);
  if (version >= 7) {
    out.uuid(value.topic_id);
  }
  out.int16(value.error_code);
  out.nullable_string(version >= 5, value.error_message);
  if (version >= 5) {
    out.int32(value.num_partitions);
  }
  if (version >= 5) {
    out.int16(value.replication_factor);
  }
  if (version >= 5) {
    out.array(version >= 5, value.configs ? static_cast<std::int64_t>(value.configs->size()) : -1);
    if (value.configs) {
      for (const auto& item : *value.configs) {
        write(out, version, item);
      }
    }
  }
  if (version >= 5) {
    tag_list tags;
    if ((value.topic_config_error_code != 0)) {
      tags.add(0, [&](writer& to) {
        to.int16(value.topic_config_error_code);
      });
    }
    tags.write_to(out);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_topics_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(version >= 5, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  if (version >= 5) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const create_topics_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, delete_topics_request::delete_topic_state& out) {
  if (version >= 6) {
    out.name = in.nullable_string(version >= 4, true);
  }
  if (version >= 6) {
    out.topic_id = in.uuid();
  }
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, delete_topics_request& out) {
  if (version >= 6) {
    {
      const auto count = in.array(version >= 4, false, sizeof(delete_topics_request::delete_topic_state));
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
  if (version <= 5) {
    {
      const auto count = in.array(version >= 4, false, sizeof(std::string_view));
      if (count < 0) {
        out.topic_names.clear();
      } else {
        out.topic_names.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          out.topic_names.emplace_back(in.string(version >= 4));
        }
      }
    }
  }
  out.timeout_ms = in.int32();
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, delete_topics_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_topics_response::deletable_topic_result& value) {
  if (value.name || version >= 6) {
    out.nullable_string(version >= 4, value.name);
  } else {
    out.string(version >= 4, std::string{});
  }
  if (version >= 6) {
    out.uuid(value.topic_id);
  }
  out.int16(value.error_code);
  if (version >= 5) {
    out.nullable_string(version >= 4, value.error_message);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_topics_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(version >= 4, static_cast<std::int64_t>(value.responses.size()));
  for (const auto& item : value.responses) {
    write(out, version, item);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const delete_topics_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, delete_records_request::delete_records_partition& out) {
  out.partition_index = in.int32();
  out.offset = in.int64();
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, delete_records_request::delete_records_topic& out) {
  out.name = in.string(version >= 2);
  {
    const auto count = in.array(version >= 2, false, sizeof(delete_records_request::delete_records_partition));
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

void read(reader& in, [[maybe_unused]] std::int16_t version, delete_records_request& out) {
  {
    const auto count = in.array(version >= 2, false, sizeof(delete_records_request::delete_records_topic));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
  out.timeout_ms = in.int32();
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, delete_records_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_records_response::delete_records_partition_result& value) {
  out.int32(value.partition_index);
  out.int64(value.low_watermark);
  out.int16(value.error_code);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_records_response::delete_records_topic_result& value) {
  out.string(version >= 2, value.name);
  out.array(version >= 2, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const delete_records_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(version >= 2, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const delete_records_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, create_partitions_request::create_partitions_assignment& out) {
  {
    const auto count = in.array(version >= 2, false, sizeof(std::int32_t));
    if (count < 0) {
      out.broker_ids.clear();
    } else {
      out.broker_ids.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.broker_ids.push_back(in.int32());
      }
    }
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, create_partitions_request::create_partitions_topic& out) {
  out.name = in.string(version >= 2);
  out.count = in.int32();
  {
    const auto count = in.array(version >= 2, true, sizeof(create_partitions_request::create_partitions_assignment));
    if (count < 0) {
      out.assignments.reset();
    } else {
      out.assignments.emplace();
      out.assignments->reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.assignments->emplace_back());
      }
    }
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, create_partitions_request& out) {
  {
    const auto count = in.array(version >= 2, false, sizeof(create_partitions_request::create_partitions_topic));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
  out.timeout_ms = in.int32();
  out.validate_only = in.boolean();
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, create_partitions_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_partitions_response::create_partitions_topic_result& value) {
  out.string(version >= 2, value.name);
  out.int16(value.error_code);
  out.nullable_string(version >= 2, value.error_message);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const create_partitions_response& value) {
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
void encode(writer& out, std::int16_t version, const create_partitions_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_configs_request::describe_configs_resource& out) {
  out.resource_type = in.int8();
  out.resource_name = in.string(version >= 4);
  {
    const auto count = in.array(version >= 4, true, sizeof(std::string_view));
    if (count < 0) {
      out.configuration_keys.reset();
    } else {
      out.configuration_keys.emplace();
      out.configuration_keys->reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.configuration_keys->emplace_back(in.string(version >= 4));
      }
    }
  }
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_configs_request& out) {
  {
    const auto count = in.array(version >= 4, false, sizeof(describe_configs_request::describe_configs_resource));
    if (count < 0) {
      out.resources.clear();
    } else {
      out.resources.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.resources.emplace_back());
      }
    }
  }
  out.include_synonyms = in.boolean();
  if (version >= 3) {
    out.include_documentation = in.boolean();
  }
  if (version >= 4) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_configs_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_configs_response::describe_configs_synonym& value) {
  out.string(version >= 4, value.name);
  out.nullable_string(version >= 4, value.value);
  out.int8(value.source);
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_configs_response::describe_configs_resource_result& value) {
  out.string(version >= 4, value.name);
  out.nullable_string(version >= 4, value.value);
  out.boolean(value.read_only);
  out.int8(value.config_source);
  out.boolean(value.is_sensitive);
  out.array(version >= 4, static_cast<std::int64_t>(value.synonyms.size()));
  for (const auto& item : value.synonyms) {
    write(out, version, item);
  }
  if (version >= 3) {
    out.int8(value.config_type);
  }
  if (version >= 3) {
    out.nullable_string(version >= 4, value.documentation);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_configs_response::describe_configs_result& value) {
  out.int16(value.error_code);
  out.nullable_string(version >= 4, value.error_message);
  out.int8(value.resource_type);
  out.string(version >= 4, value.resource_name);
  out.array(version >= 4, static_cast<std::int64_t>(value.configs.size()));
  for (const auto& item : value.configs) {
    write(out, version, item);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_configs_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(version >= 4, static_cast<std::int64_t>(value.results.size()));
  for (const auto& item : value.results) {
    write(out, version, item);
  }
  if (version >= 4) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_configs_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, alter_configs_request::alterable_config& out) {
  out.name = in.string(version >= 2);
  out.value = in.nullable_string(version >= 2, true);
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_configs_request::alter_configs_resource& out) {
  out.resource_type = in.int8();
  out.resource_name = in.string(version >= 2);
  {
    const auto count = in.array(version >= 2, false, sizeof(alter_configs_request::alterable_config));
    if (count < 0) {
      out.configs.clear();
    } else {
      out.configs.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.configs.emplace_back());
      }
    }
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_configs_request& out) {
  {
    const auto count = in.array(version >= 2, false, sizeof(alter_configs_request::alter_configs_resource));
    if (count < 0) {
      out.resources.clear();
    } else {
      out.resources.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.resources.emplace_back());
      }
    }
  }
  out.validate_only = in.boolean();
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, alter_configs_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_configs_response::alter_configs_resource_response& value) {
  out.int16(value.error_code);
  out.nullable_string(version >= 2, value.error_message);
  out.int8(value.resource_type);
  out.string(version >= 2, value.resource_name);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_configs_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(version >= 2, static_cast<std::int64_t>(value.responses.size()));
  for (const auto& item : value.responses) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const alter_configs_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, incremental_alter_configs_request::alterable_config& out) {
  out.name = in.string(version >= 1);
  out.config_operation = in.int8();
  out.value = in.nullable_string(version >= 1, true);
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, incremental_alter_configs_request::alter_configs_resource& out) {
  out.resource_type = in.int8();
  out.resource_name = in.string(version >= 1);
  {
    const auto count = in.array(version >= 1, false, sizeof(incremental_alter_configs_request::alterable_config));
    if (count < 0) {
      out.configs.clear();
    } else {
      out.configs.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.configs.emplace_back());
      }
    }
  }
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, incremental_alter_configs_request& out) {
  {
    const auto count = in.array(version >= 1, false, sizeof(incremental_alter_configs_request::alter_configs_resource));
    if (count < 0) {
      out.resources.clear();
    } else {
      out.resources.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.resources.emplace_back());
      }
    }
  }
  out.validate_only = in.boolean();
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, incremental_alter_configs_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const incremental_alter_configs_response::alter_configs_resource_response& value) {
  out.int16(value.error_code);
  out.nullable_string(version >= 1, value.error_message);
  out.int8(value.resource_type);
  out.string(version >= 1, value.resource_name);
  if (version >= 1) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const incremental_alter_configs_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(version >= 1, static_cast<std::int64_t>(value.responses.size()));
  for (const auto& item : value.responses) {
    write(out, version, item);
  }
  if (version >= 1) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const incremental_alter_configs_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_log_dirs_request::describable_log_dir_topic& out) {
  out.topic = in.string(version >= 2);
  {
    const auto count = in.array(version >= 2, false, sizeof(std::int32_t));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.partitions.push_back(in.int32());
      }
    }
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_log_dirs_request& out) {
  {
    const auto count = in.array(version >= 2, true, sizeof(describe_log_dirs_request::describable_log_dir_topic));
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
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_log_dirs_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_log_dirs_response::describe_log_dirs_partition& value) {
  out.int32(value.partition_index);
  out.int64(value.partition_size);
  out.int64(value.offset_lag);
  out.boolean(value.is_future_key);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_log_dirs_response::describe_log_dirs_topic& value) {
  out.string(version >= 2, value.name);
  out.array(version >= 2, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_log_dirs_response::describe_log_dirs_result& value) {
  out.int16(value.error_code);
  out.string(version >= 2, value.log_dir);
  out.array(version >= 2, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  if (version >= 4) {
    out.int64(value.total_bytes);
  }
  if (version >= 4) {
    out.int64(value.usable_bytes);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_log_dirs_response& value) {
  out.int32(value.throttle_time_ms);
  if (version >= 3) {
    out.int16(value.error_code);
  }
  out.array(version >= 2, static_cast<std::int64_t>(value.results.size()));
  for (const auto& item : value.results) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_log_dirs_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_cluster_request& out) {
  out.include_cluster_authorized_operations = in.boolean();
  if (version >= 1) {
    out.endpoint_type = in.int8();
  }
  if (version >= 2) {
    out.include_fenced_brokers = in.boolean();
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_cluster_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_cluster_response::describe_cluster_broker& value) {
  out.int32(value.broker_id);
  out.string(true, value.host);
  out.int32(value.port);
  out.nullable_string(true, value.rack);
  if (version >= 2) {
    out.boolean(value.is_fenced);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_cluster_response& value) {
  out.int32(value.throttle_time_ms);
  out.int16(value.error_code);
  out.nullable_string(true, value.error_message);
  if (version >= 1) {
    out.int8(value.endpoint_type);
  }
  out.string(true, value.cluster_id);
  out.int32(value.controller_id);
  out.array(true, static_cast<std::int64_t>(value.brokers.size()));
  for (const auto& item : value.brokers) {
    write(out, version, item);
  }
  out.int32(value.cluster_authorized_operations);
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_cluster_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_topic_partitions_request::topic_request& out) {
  out.name = in.string(true);
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_topic_partitions_request::cursor_item& out) {
  out.topic_name = in.string(true);
  out.partition_index = in.int32();
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_topic_partitions_request& out) {
  {
    const auto count = in.array(true, false, sizeof(describe_topic_partitions_request::topic_request));
    if (count < 0) {
      out.topics.clear();
    } else {
      out.topics.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.topics.emplace_back());
      }
    }
  }
  out.response_partition_limit = in.int32();
  if (in.int8() < 0) {
    out.cursor.reset();
  } else {
    read(in, version, out.cursor.emplace(describe_topic_partitions_request::cursor_item{}));
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_topic_partitions_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_topic_partitions_response::describe_topic_partitions_response_partition& value) {
  out.int16(value.error_code);
  out.int32(value.partition_index);
  out.int32(value.leader_id);
  out.int32(value.leader_epoch);
  out.array(true, static_cast<std::int64_t>(value.replica_nodes.size()));
  for (const auto& item : value.replica_nodes) {
    out.int32(item);
  }
  out.array(true, static_cast<std::int64_t>(value.isr_nodes.size()));
  for (const auto& item : value.isr_nodes) {
    out.int32(item);
  }
  out.array(true, value.eligible_leader_replicas ? static_cast<std::int64_t>(value.eligible_leader_replicas->size()) : -1);
  if (value.eligible_leader_replicas) {
    for (const auto& item : *value.eligible_leader_replicas) {
      out.int32(item);
    }
  }
  out.array(true, value.last_known_elr ? static_cast<std::int64_t>(value.last_known_elr->size()) : -1);
  if (value.last_known_elr) {
    for (const auto& item : *value.last_known_elr) {
      out.int32(item);
    }
  }
  out.array(true, static_cast<std::int64_t>(value.offline_replicas.size()));
  for (const auto& item : value.offline_replicas) {
    out.int32(item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_topic_partitions_response::describe_topic_partitions_response_topic& value) {
  out.int16(value.error_code);
  out.nullable_string(true, value.name);
  out.uuid(value.topic_id);
  out.boolean(value.is_internal);
  out.array(true, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  out.int32(value.topic_authorized_operations);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_topic_partitions_response::cursor& value) {
  out.string(true, value.topic_name);
  out.int32(value.partition_index);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_topic_partitions_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(true, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  out.int8(value.next_cursor ? 1 : -1);
  if (value.next_cursor) {
    write(out, version, *value.next_cursor);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_topic_partitions_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_producers_request::topic_request& out) {
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

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_producers_request& out) {
  {
    const auto count = in.array(true, false, sizeof(describe_producers_request::topic_request));
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
bool decode(reader& in, std::int16_t version, describe_producers_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_producers_response::producer_state& value) {
  out.int64(value.producer_id);
  out.int32(value.producer_epoch);
  out.int32(value.last_sequence);
  out.int64(value.last_timestamp);
  out.int32(value.coordinator_epoch);
  out.int64(value.current_txn_start_offset);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_producers_response::partition_response& value) {
  out.int32(value.partition_index);
  out.int16(value.error_code);
  out.nullable_string(true, value.error_message);
  out.array(true, static_cast<std::int64_t>(value.active_producers.size()));
  for (const auto& item : value.active_producers) {
    write(out, version, item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_producers_response::topic_response& value) {
  out.string(true, value.name);
  out.array(true, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_producers_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(true, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_producers_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, describe_client_quotas_request::component_data& out) {
  out.entity_type = in.string(version >= 1);
  out.match_type = in.int8();
  out.match = in.nullable_string(version >= 1, true);
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, describe_client_quotas_request& out) {
  {
    const auto count = in.array(version >= 1, false, sizeof(describe_client_quotas_request::component_data));
    if (count < 0) {
      out.components.clear();
    } else {
      out.components.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.components.emplace_back());
      }
    }
  }
  out.strict = in.boolean();
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, describe_client_quotas_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_client_quotas_response::entity_data& value) {
  out.string(version >= 1, value.entity_type);
  out.nullable_string(version >= 1, value.entity_name);
  if (version >= 1) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_client_quotas_response::value_data& value) {
  out.string(version >= 1, value.key);
  out.float64(value.value);
  if (version >= 1) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_client_quotas_response::entry_data& value) {
  out.array(version >= 1, static_cast<std::int64_t>(value.entity.size()));
  for (const auto& item : value.entity) {
    write(out, version, item);
  }
  out.array(version >= 1, static_cast<std::int64_t>(value.values.size()));
  for (const auto& item : value.values) {
    write(out, version, item);
  }
  if (version >= 1) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const describe_client_quotas_response& value) {
  out.int32(value.throttle_time_ms);
  out.int16(value.error_code);
  out.nullable_string(version >= 1, value.error_message);
  out.array(version >= 1, value.entries ? static_cast<std::int64_t>(value.entries->size()) : -1);
  if (value.entries) {
    for (const auto& item : *value.entries) {
      write(out, version, item);
    }
  }
  if (version >= 1) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const describe_client_quotas_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, alter_client_quotas_request::entity_data& out) {
  out.entity_type = in.string(version >= 1);
  out.entity_name = in.nullable_string(version >= 1, true);
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_client_quotas_request::op_data& out) {
  out.key = in.string(version >= 1);
  out.value = in.float64();
  out.remove = in.boolean();
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_client_quotas_request::entry_data& out) {
  {
    const auto count = in.array(version >= 1, false, sizeof(alter_client_quotas_request::entity_data));
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
    const auto count = in.array(version >= 1, false, sizeof(alter_client_quotas_request::op_data));
    if (count < 0) {
      out.ops.clear();
    } else {
      out.ops.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.ops.emplace_back());
      }
    }
  }
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_client_quotas_request& out) {
  {
    const auto count = in.array(version >= 1, false, sizeof(alter_client_quotas_request::entry_data));
    if (count < 0) {
      out.entries.clear();
    } else {
      out.entries.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        read(in, version, out.entries.emplace_back());
      }
    }
  }
  out.validate_only = in.boolean();
  if (version >= 1) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, alter_client_quotas_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_client_quotas_response::entity_data& value) {
  out.string(version >= 1, value.entity_type);
  out.nullable_string(version >= 1, value.entity_name);
  if (version >= 1) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_client_quotas_response::entry_data& value) {
  out.int16(value.error_code);
  out.nullable_string(version >= 1, value.error_message);
  out.array(version >= 1, static_cast<std::int64_t>(value.entity.size()));
  for (const auto& item : value.entity) {
    write(out, version, item);
  }
  if (version >= 1) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_client_quotas_response& value) {
  out.int32(value.throttle_time_ms);
  out.array(version >= 1, static_cast<std::int64_t>(value.entries.size()));
  for (const auto& item : value.entries) {
    write(out, version, item);
  }
  if (version >= 1) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const alter_client_quotas_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, list_config_resources_request& out) {
  if (version >= 1) {
    {
      const auto count = in.array(true, false, sizeof(std::int8_t));
      if (count < 0) {
        out.resource_types.clear();
      } else {
        out.resource_types.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count && in.ok(); ++i) {
          out.resource_types.push_back(in.int8());
        }
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, list_config_resources_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_config_resources_response::config_resource& value) {
  out.string(true, value.resource_name);
  if (version >= 1) {
    out.int8(value.resource_type);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_config_resources_response& value) {
  out.int32(value.throttle_time_ms);
  out.int16(value.error_code);
  out.array(true, static_cast<std::int64_t>(value.config_resources.size()));
  for (const auto& item : value.config_resources) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const list_config_resources_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, elect_leaders_request::topic_partitions_item& out) {
  out.topic = in.string(version >= 2);
  {
    const auto count = in.array(version >= 2, false, sizeof(std::int32_t));
    if (count < 0) {
      out.partitions.clear();
    } else {
      out.partitions.reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.partitions.push_back(in.int32());
      }
    }
  }
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

void read(reader& in, [[maybe_unused]] std::int16_t version, elect_leaders_request& out) {
  if (version >= 1) {
    out.election_type = in.int8();
  }
  {
    const auto count = in.array(version >= 2, true, sizeof(elect_leaders_request::topic_partitions_item));
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
  out.timeout_ms = in.int32();
  if (version >= 2) {
    in.tags([&]([[maybe_unused]] std::uint32_t tag) {
      return false;
    });
  }
}

}  // namespace
bool decode(reader& in, std::int16_t version, elect_leaders_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const elect_leaders_response::partition_result_item& value) {
  out.int32(value.partition_id);
  out.int16(value.error_code);
  out.nullable_string(version >= 2, value.error_message);
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const elect_leaders_response::replica_election_result& value) {
  out.string(version >= 2, value.topic);
  out.array(version >= 2, static_cast<std::int64_t>(value.partition_result.size()));
  for (const auto& item : value.partition_result) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const elect_leaders_response& value) {
  out.int32(value.throttle_time_ms);
  if (version >= 1) {
    out.int16(value.error_code);
  }
  out.array(version >= 2, static_cast<std::int64_t>(value.replica_election_results.size()));
  for (const auto& item : value.replica_election_results) {
    write(out, version, item);
  }
  if (version >= 2) {
    out.varuint(0);
  }
}

}  // namespace
void encode(writer& out, std::int16_t version, const elect_leaders_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, alter_partition_reassignments_request::reassignable_partition& out) {
  out.partition_index = in.int32();
  {
    const auto count = in.array(true, true, sizeof(std::int32_t));
    if (count < 0) {
      out.replicas.reset();
    } else {
      out.replicas.emplace();
      out.replicas->reserve(static_cast<std::size_t>(count));
      for (std::int32_t i = 0; i < count && in.ok(); ++i) {
        out.replicas->push_back(in.int32());
      }
    }
  }
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_partition_reassignments_request::reassignable_topic& out) {
  out.name = in.string(true);
  {
    const auto count = in.array(true, false, sizeof(alter_partition_reassignments_request::reassignable_partition));
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

void read(reader& in, [[maybe_unused]] std::int16_t version, alter_partition_reassignments_request& out) {
  out.timeout_ms = in.int32();
  if (version >= 1) {
    out.allow_replication_factor_change = in.boolean();
  }
  {
    const auto count = in.array(true, false, sizeof(alter_partition_reassignments_request::reassignable_topic));
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
bool decode(reader& in, std::int16_t version, alter_partition_reassignments_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_partition_reassignments_response::reassignable_partition_response& value) {
  out.int32(value.partition_index);
  out.int16(value.error_code);
  out.nullable_string(true, value.error_message);
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_partition_reassignments_response::reassignable_topic_response& value) {
  out.string(true, value.name);
  out.array(true, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const alter_partition_reassignments_response& value) {
  out.int32(value.throttle_time_ms);
  if (version >= 1) {
    out.boolean(value.allow_replication_factor_change);
  }
  out.int16(value.error_code);
  out.nullable_string(true, value.error_message);
  out.array(true, static_cast<std::int64_t>(value.responses.size()));
  for (const auto& item : value.responses) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const alter_partition_reassignments_response& value) {
  write(out, version, value);
}

namespace {
void read(reader& in, [[maybe_unused]] std::int16_t version, list_partition_reassignments_request::list_partition_reassignments_topics& out) {
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

void read(reader& in, [[maybe_unused]] std::int16_t version, list_partition_reassignments_request& out) {
  out.timeout_ms = in.int32();
  {
    const auto count = in.array(true, true, sizeof(list_partition_reassignments_request::list_partition_reassignments_topics));
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
  in.tags([&]([[maybe_unused]] std::uint32_t tag) {
    return false;
  });
}

}  // namespace
bool decode(reader& in, std::int16_t version, list_partition_reassignments_request& out) {
  read(in, version, out);
  return in.ok();
}

namespace {
void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_partition_reassignments_response::ongoing_partition_reassignment& value) {
  out.int32(value.partition_index);
  out.array(true, static_cast<std::int64_t>(value.replicas.size()));
  for (const auto& item : value.replicas) {
    out.int32(item);
  }
  out.array(true, static_cast<std::int64_t>(value.adding_replicas.size()));
  for (const auto& item : value.adding_replicas) {
    out.int32(item);
  }
  out.array(true, static_cast<std::int64_t>(value.removing_replicas.size()));
  for (const auto& item : value.removing_replicas) {
    out.int32(item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_partition_reassignments_response::ongoing_topic_reassignment& value) {
  out.string(true, value.name);
  out.array(true, static_cast<std::int64_t>(value.partitions.size()));
  for (const auto& item : value.partitions) {
    write(out, version, item);
  }
  out.varuint(0);
}

void write(writer& out, [[maybe_unused]] std::int16_t version, [[maybe_unused]] const list_partition_reassignments_response& value) {
  out.int32(value.throttle_time_ms);
  out.int16(value.error_code);
  out.nullable_string(true, value.error_message);
  out.array(true, static_cast<std::int64_t>(value.topics.size()));
  for (const auto& item : value.topics) {
    write(out, version, item);
  }
  out.varuint(0);
}

}  // namespace
void encode(writer& out, std::int16_t version, const list_partition_reassignments_response& value) {
  write(out, version, value);
}

}  // namespace mes::wire::kafka
// NOLINTEND
