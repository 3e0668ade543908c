// Made by tools/generate_kafka.py of contracts/kafka/transactions.txt: change that, not this.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::wire::kafka {

struct init_producer_id_request {
  static constexpr std::int16_t api_key = 22;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 2;
  std::optional<std::string_view> transactional_id = std::string_view{};
  std::int32_t transaction_timeout_ms = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  bool enable2_pc = false;
  bool keep_prepared_txn = false;
};
bool decode(reader& in, std::int16_t version, init_producer_id_request& out);
void encode(writer& out, std::int16_t version, const init_producer_id_request& value);

struct init_producer_id_response {
  static constexpr std::int16_t api_key = 22;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 2;
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = 0;
  std::int64_t ongoing_txn_producer_id = -1;
  std::int16_t ongoing_txn_producer_epoch = -1;
};
bool decode(reader& in, std::int16_t version, init_producer_id_response& out);
void encode(writer& out, std::int16_t version, const init_producer_id_response& value);

struct add_partitions_to_txn_request {
  static constexpr std::int16_t api_key = 24;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 3;
  struct add_partitions_to_txn_topic {
    std::string_view name;
    std::vector<std::int32_t> partitions;
  };
  struct add_partitions_to_txn_transaction {
    std::string_view transactional_id;
    std::int64_t producer_id = 0;
    std::int16_t producer_epoch = 0;
    bool verify_only = false;
    std::vector<add_partitions_to_txn_topic> topics;
  };
  std::vector<add_partitions_to_txn_transaction> transactions;
  std::string_view v3_and_below_transactional_id;
  std::int64_t v3_and_below_producer_id = 0;
  std::int16_t v3_and_below_producer_epoch = 0;
  std::vector<add_partitions_to_txn_topic> v3_and_below_topics;
};
bool decode(reader& in, std::int16_t version, add_partitions_to_txn_request& out);
void encode(writer& out, std::int16_t version, const add_partitions_to_txn_request& value);

struct add_partitions_to_txn_response {
  static constexpr std::int16_t api_key = 24;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 3;
  struct add_partitions_to_txn_partition_result {
    std::int32_t partition_index = 0;
    std::int16_t partition_error_code = 0;
  };
  struct add_partitions_to_txn_topic_result {
    std::string name;
    std::vector<add_partitions_to_txn_partition_result> results_by_partition;
  };
  struct add_partitions_to_txn_result {
    std::string transactional_id;
    std::vector<add_partitions_to_txn_topic_result> topic_results;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<add_partitions_to_txn_result> results_by_transaction;
  std::vector<add_partitions_to_txn_topic_result> results_by_topic_v3_and_below;
};
bool decode(reader& in, std::int16_t version, add_partitions_to_txn_response& out);
void encode(writer& out, std::int16_t version, const add_partitions_to_txn_response& value);

struct add_offsets_to_txn_request {
  static constexpr std::int16_t api_key = 25;
  static constexpr std::int16_t version_min = 0, version_max = 4, flexible_from = 3;
  std::string_view transactional_id;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  std::string_view group_id;
};
bool decode(reader& in, std::int16_t version, add_offsets_to_txn_request& out);
void encode(writer& out, std::int16_t version, const add_offsets_to_txn_request& value);

struct add_offsets_to_txn_response {
  static constexpr std::int16_t api_key = 25;
  static constexpr std::int16_t version_min = 0, version_max = 4, flexible_from = 3;
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
};
bool decode(reader& in, std::int16_t version, add_offsets_to_txn_response& out);
void encode(writer& out, std::int16_t version, const add_offsets_to_txn_response& value);

struct end_txn_request {
  static constexpr std::int16_t api_key = 26;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 3;
  std::string_view transactional_id;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  bool committed = false;
};
bool decode(reader& in, std::int16_t version, end_txn_request& out);
void encode(writer& out, std::int16_t version, const end_txn_request& value);

struct end_txn_response {
  static constexpr std::int16_t api_key = 26;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 3;
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
};
bool decode(reader& in, std::int16_t version, end_txn_response& out);
void encode(writer& out, std::int16_t version, const end_txn_response& value);

struct write_txn_markers_request {
  static constexpr std::int16_t api_key = 27;
  static constexpr std::int16_t version_min = 1, version_max = 2, flexible_from = 1;
  struct writable_txn_marker_topic {
    std::string_view name;
    std::vector<std::int32_t> partition_indexes;
  };
  struct writable_txn_marker {
    std::int64_t producer_id = 0;
    std::int16_t producer_epoch = 0;
    bool transaction_result = false;
    std::vector<writable_txn_marker_topic> topics;
    std::int32_t coordinator_epoch = 0;
    std::int8_t transaction_version = 0;
  };
  std::vector<writable_txn_marker> markers;
};
bool decode(reader& in, std::int16_t version, write_txn_markers_request& out);
void encode(writer& out, std::int16_t version, const write_txn_markers_request& value);

struct write_txn_markers_response {
  static constexpr std::int16_t api_key = 27;
  static constexpr std::int16_t version_min = 1, version_max = 2, flexible_from = 1;
  struct writable_txn_marker_partition_result {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
  };
  struct writable_txn_marker_topic_result {
    std::string name;
    std::vector<writable_txn_marker_partition_result> partitions;
  };
  struct writable_txn_marker_result {
    std::int64_t producer_id = 0;
    std::vector<writable_txn_marker_topic_result> topics;
  };
  std::vector<writable_txn_marker_result> markers;
};
bool decode(reader& in, std::int16_t version, write_txn_markers_response& out);
void encode(writer& out, std::int16_t version, const write_txn_markers_response& value);

struct txn_offset_commit_request {
  static constexpr std::int16_t api_key = 28;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 3;
  struct txn_offset_commit_request_partition {
    std::int32_t partition_index = 0;
    std::int64_t committed_offset = 0;
    std::int32_t committed_leader_epoch = -1;
    std::optional<std::string_view> committed_metadata = std::string_view{};
  };
  struct txn_offset_commit_request_topic {
    std::string_view name;
    std::vector<txn_offset_commit_request_partition> partitions;
  };
  std::string_view transactional_id;
  std::string_view group_id;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  std::int32_t generation_id = -1;
  std::string_view member_id;
  std::optional<std::string_view> group_instance_id;
  std::vector<txn_offset_commit_request_topic> topics;
};
bool decode(reader& in, std::int16_t version, txn_offset_commit_request& out);
void encode(writer& out, std::int16_t version, const txn_offset_commit_request& value);

struct txn_offset_commit_response {
  static constexpr std::int16_t api_key = 28;
  static constexpr std::int16_t version_min = 0, version_max = 5, flexible_from = 3;
  struct txn_offset_commit_response_partition {
    std::int32_t partition_index = 0;
    std::int16_t error_code = 0;
  };
  struct txn_offset_commit_response_topic {
    std::string name;
    std::vector<txn_offset_commit_response_partition> partitions;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<txn_offset_commit_response_topic> topics;
};
bool decode(reader& in, std::int16_t version, txn_offset_commit_response& out);
void encode(writer& out, std::int16_t version, const txn_offset_commit_response& value);

struct describe_transactions_request {
  static constexpr std::int16_t api_key = 65;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 0;
  std::vector<std::string_view> transactional_ids;
};
bool decode(reader& in, std::int16_t version, describe_transactions_request& out);
void encode(writer& out, std::int16_t version, const describe_transactions_request& value);

struct describe_transactions_response {
  static constexpr std::int16_t api_key = 65;
  static constexpr std::int16_t version_min = 0, version_max = 0, flexible_from = 0;
  struct topic_data {
    std::string topic;
    std::vector<std::int32_t> partitions;
  };
  struct transaction_state_item {
    std::int16_t error_code = 0;
    std::string transactional_id;
    std::string transaction_state;
    std::int32_t transaction_timeout_ms = 0;
    std::int64_t transaction_start_time_ms = 0;
    std::int64_t producer_id = 0;
    std::int16_t producer_epoch = 0;
    std::vector<topic_data> topics;
  };
  std::int32_t throttle_time_ms = 0;
  std::vector<transaction_state_item> transaction_states;
};
bool decode(reader& in, std::int16_t version, describe_transactions_response& out);
void encode(writer& out, std::int16_t version, const describe_transactions_response& value);

struct list_transactions_request {
  static constexpr std::int16_t api_key = 66;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 0;
  std::vector<std::string_view> state_filters;
  std::vector<std::int64_t> producer_id_filters;
  std::int64_t duration_filter = -1;
  std::optional<std::string_view> transactional_id_pattern;
};
bool decode(reader& in, std::int16_t version, list_transactions_request& out);
void encode(writer& out, std::int16_t version, const list_transactions_request& value);

struct list_transactions_response {
  static constexpr std::int16_t api_key = 66;
  static constexpr std::int16_t version_min = 0, version_max = 2, flexible_from = 0;
  struct transaction_state_item {
    std::string transactional_id;
    std::int64_t producer_id = 0;
    std::string transaction_state;
  };
  std::int32_t throttle_time_ms = 0;
  std::int16_t error_code = 0;
  std::vector<std::string> unknown_state_filters;
  std::vector<transaction_state_item> transaction_states;
};
bool decode(reader& in, std::int16_t version, list_transactions_response& out);
void encode(writer& out, std::int16_t version, const list_transactions_response& value);

}  // namespace mes::wire::kafka
