#include <algorithm>
#include <array>

#include "bus/handlers/admin.h"
#include "bus/handlers/call.h"
#include "bus/handlers/data.h"
#include "bus/handlers/group.h"
#include "bus/handlers/transactions.h"
#include "wire/kafka/generated/data.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::api;
namespace {

void api_versions(const call& c, kafka::api_versions_request& request);

constexpr std::array handlers_table = {
    api_handler{api::produce, decoded<kafka::produce_request, produce>},
    api_handler{api::fetch, decoded<kafka::fetch_request, fetch>},
    api_handler{api::list_offsets, decoded<kafka::list_offsets_request, list_offsets>},
    api_handler{api::metadata, decoded<kafka::metadata_request, metadata>},
    api_handler{api::offset_commit, decoded<kafka::offset_commit_request, offset_commit>},
    api_handler{api::offset_fetch, decoded<kafka::offset_fetch_request, offset_fetch>},
    api_handler{api::find_coordinator, decoded<kafka::find_coordinator_request, find_coordinator>},
    api_handler{api::join_group, decoded<kafka::join_group_request, join_group>},
    api_handler{api::heartbeat, decoded<kafka::heartbeat_request, heartbeat>},
    api_handler{api::leave_group, decoded<kafka::leave_group_request, leave_group>},
    api_handler{api::sync_group, decoded<kafka::sync_group_request, sync_group>},
    api_handler{api::describe_groups, decoded<kafka::describe_groups_request, describe_groups>},
    api_handler{api::list_groups, decoded<kafka::list_groups_request, list_groups>},
    api_handler{api::api_versions, decoded<kafka::api_versions_request, api_versions>},
    api_handler{api::create_topics, decoded<kafka::create_topics_request, create_topics>},
    api_handler{api::delete_topics, decoded<kafka::delete_topics_request, delete_topics>},
    api_handler{api::delete_records, decoded<kafka::delete_records_request, delete_records>},
    api_handler{api::init_producer_id, decoded<kafka::init_producer_id_request, init_producer_id>},
    api_handler{api::add_partitions_to_txn, decoded<kafka::add_partitions_to_txn_request, add_partitions_to_txn>},
    api_handler{api::add_offsets_to_txn, decoded<kafka::add_offsets_to_txn_request, add_offsets_to_txn>},
    api_handler{api::end_txn, decoded<kafka::end_txn_request, end_txn>},
    api_handler{api::txn_offset_commit, decoded<kafka::txn_offset_commit_request, txn_offset_commit>},
    api_handler{api::describe_producers, decoded<kafka::describe_producers_request, describe_producers>},
    api_handler{api::describe_transactions, decoded<kafka::describe_transactions_request, describe_transactions>},
    api_handler{api::list_transactions, decoded<kafka::list_transactions_request, list_transactions>},
    api_handler{api::offset_for_leader_epoch, decoded<kafka::offset_for_leader_epoch_request, offset_for_leader_epoch>},
    api_handler{api::describe_configs, decoded<kafka::describe_configs_request, describe_configs>},
    api_handler{api::create_partitions, decoded<kafka::create_partitions_request, create_partitions>},
    api_handler{api::delete_groups, decoded<kafka::delete_groups_request, delete_groups>},
    api_handler{api::offset_delete, decoded<kafka::offset_delete_request, offset_delete>},
    api_handler{api::describe_cluster, decoded<kafka::describe_cluster_request, describe_cluster>},
};

// librdkafka 2.0.2 turns compression off unless Produce 0 is advertised; it never sends it.
std::int16_t advertised_min(const kafka::api_info& info) { return info.key == api::produce ? 0 : info.version_min; }

// What clients turn on by a version that the cluster has settled on: transactions v2, the consumer protocol. The
// numbers are Kafka 4.2's.
struct feature {
  std::string_view name;
  std::int16_t min, level;
};
constexpr std::array features = {
    feature{"group.version", 0, 1},
    feature{"metadata.version", 7, 29},
    feature{"transaction.version", 0, 2},
};

void show_features(const call& c, kafka::api_versions_response& response) {
  response.finalized_features_epoch = 0;
  for (const feature& f : features) {
    // Clients before version 4 refuse a range from 0 on.
    const std::int16_t min = c.version < 4 ? std::max<std::int16_t>(f.min, 1) : f.min;
    response.supported_features.push_back({std::string(f.name), min, f.level});
    response.finalized_features.push_back({std::string(f.name), f.level, f.level});
  }
}

void api_versions(const call& c, kafka::api_versions_request&) {
  kafka::api_versions_response response;
  show_features(c, response);
  for (const api_handler& h : handlers_table) {
    const kafka::api_info* info = served(static_cast<std::int16_t>(h.key));
    response.api_keys.push_back({static_cast<std::int16_t>(h.key), advertised_min(*info), info->version_max});
  }
  c.answer(response);
}

// Of a version that is not served: in the encoding of version 0, which every client understands.
void refuse_api_versions(call c) {
  c.version = 0;
  const kafka::api_info* info = served(static_cast<std::int16_t>(api::api_versions));
  kafka::api_versions_response response;
  response.error_code = kafka::code(kafka::error_code::unsupported_version);
  response.api_keys.push_back({static_cast<std::int16_t>(info->key), info->version_min, info->version_max});
  c.answer(response);
}

}  // namespace

const kafka::api_info* served(std::int16_t key) {
  const auto it = std::ranges::find(kafka::api_table, static_cast<api>(key), &kafka::api_info::key);
  return it == kafka::api_table.end() ? nullptr : &*it;
}

const api_handler* find_handler(std::int16_t key) {
  const auto it = std::ranges::find(handlers_table, static_cast<api>(key), &api_handler::key);
  return it == handlers_table.end() ? nullptr : &*it;
}

void call::begin(kafka::writer& out, bool flexible) const {
  out.int32(0);  // the length, set by send()
  out.int32(correlation);
  // ApiVersions' answer has the old header in every version: its reader cannot know better yet.
  if (flexible && api != kafka::api::api_versions) out.varuint(0);
}

void call::send(kafka::writer out) const {
  kafka::writer length;
  length.int32(static_cast<std::int32_t>(out.size() - 4));
  std::ranges::copy(length.buffer(), out.buffer().begin());
  of->slow().answered(*this);
  of->server().answer(slot, std::move(out));
}

bool dispatch(broker& b, net::answer_slot slot, const net::peer& who, char* frame, std::size_t size) {
  kafka::reader in({frame, size});
  call c;
  c.of = &b;
  c.slot = slot;
  const std::int16_t key = in.int16();
  c.version = in.int16();
  c.correlation = in.int32();
  c.client_id = in.nullable_string(false).value_or(std::string_view{});
  c.client_host = who.host;
  c.local_host = who.local_host;
  c.received = std::chrono::steady_clock::now();
  if (!in.ok()) return false;
  const api_handler* handler = find_handler(key);
  const kafka::api_info* info = served(key);
  if (!handler || !info) return false;
  c.api = info->key;
  b.stats().apis[key].requests += 1;
  if (c.version < info->version_min || c.version > info->version_max) {
    if (c.api != api::api_versions) return false;
    refuse_api_versions(c);
    return true;
  }
  if (c.version >= info->flexible_from) in.tags([](std::uint32_t) { return false; });
  return handler->handle(std::move(c), in);
}

}  // namespace mes::bus::handlers
