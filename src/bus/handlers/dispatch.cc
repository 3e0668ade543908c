#include <algorithm>
#include <array>
#include <chrono>

#include "bus/handlers/admin.h"
#include "bus/handlers/call.h"
#include "bus/handlers/data.h"
#include "bus/handlers/group.h"
#include "bus/handlers/sasl.h"
#include "bus/handlers/transactions.h"
#include "wire/kafka/generated/data.h"

namespace mes::bus::handlers {
namespace kafka = wire::kafka;
using kafka::api;
namespace {

void api_versions(const call& c, kafka::api_versions_request& request);

constexpr bool changes_settings = true;

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
    api_handler{api::sasl_handshake, decoded<kafka::sasl_handshake_request, sasl_handshake>},
    api_handler{api::api_versions, decoded<kafka::api_versions_request, api_versions>},
    api_handler{api::create_topics, decoded<kafka::create_topics_request, create_topics>, changes_settings},
    api_handler{api::delete_topics, decoded<kafka::delete_topics_request, delete_topics>, changes_settings},
    api_handler{api::delete_records, decoded<kafka::delete_records_request, delete_records>},
    api_handler{api::init_producer_id, decoded<kafka::init_producer_id_request, init_producer_id>},
    api_handler{api::add_partitions_to_txn, decoded<kafka::add_partitions_to_txn_request, add_partitions_to_txn>},
    api_handler{api::add_offsets_to_txn, decoded<kafka::add_offsets_to_txn_request, add_offsets_to_txn>},
    api_handler{api::end_txn, decoded<kafka::end_txn_request, end_txn>},
    api_handler{api::write_txn_markers, decoded<kafka::write_txn_markers_request, write_txn_markers>},
    api_handler{api::txn_offset_commit, decoded<kafka::txn_offset_commit_request, txn_offset_commit>},
    api_handler{api::describe_producers, decoded<kafka::describe_producers_request, describe_producers>},
    api_handler{api::describe_transactions, decoded<kafka::describe_transactions_request, describe_transactions>},
    api_handler{api::list_transactions, decoded<kafka::list_transactions_request, list_transactions>},
    api_handler{api::offset_for_leader_epoch, decoded<kafka::offset_for_leader_epoch_request, offset_for_leader_epoch>},
    api_handler{api::describe_configs, decoded<kafka::describe_configs_request, describe_configs>},
    api_handler{api::sasl_authenticate, decoded<kafka::sasl_authenticate_request, sasl_authenticate>},
    api_handler{api::create_partitions, decoded<kafka::create_partitions_request, create_partitions>, changes_settings},
    api_handler{api::delete_groups, decoded<kafka::delete_groups_request, delete_groups>},
    api_handler{api::offset_delete, decoded<kafka::offset_delete_request, offset_delete>},
    api_handler{api::consumer_group_heartbeat,
                decoded<kafka::consumer_group_heartbeat_request, consumer_group_heartbeat>},
    api_handler{api::consumer_group_describe, decoded<kafka::consumer_group_describe_request, consumer_group_describe>},
    api_handler{api::describe_cluster, decoded<kafka::describe_cluster_request, describe_cluster>},
    api_handler{api::describe_acls, decoded<kafka::describe_acls_request, describe_acls>},
    api_handler{api::create_acls, decoded<kafka::create_acls_request, create_acls>, changes_settings},
    api_handler{api::delete_acls, decoded<kafka::delete_acls_request, delete_acls>, changes_settings},
    api_handler{api::alter_configs, decoded<kafka::alter_configs_request, alter_configs>, changes_settings},
    api_handler{api::describe_log_dirs, decoded<kafka::describe_log_dirs_request, describe_log_dirs>},
    api_handler{api::elect_leaders, decoded<kafka::elect_leaders_request, elect_leaders>},
    api_handler{api::incremental_alter_configs,
                decoded<kafka::incremental_alter_configs_request, incremental_alter_configs>, changes_settings},
    api_handler{api::alter_partition_reassignments,
                decoded<kafka::alter_partition_reassignments_request, alter_partition_reassignments>},
    api_handler{api::list_partition_reassignments,
                decoded<kafka::list_partition_reassignments_request, list_partition_reassignments>},
    api_handler{api::describe_client_quotas, decoded<kafka::describe_client_quotas_request, describe_client_quotas>},
    api_handler{api::alter_client_quotas, decoded<kafka::alter_client_quotas_request, alter_client_quotas>,
                changes_settings},
    api_handler{api::describe_user_scram_credentials,
                decoded<kafka::describe_user_scram_credentials_request, describe_user_scram_credentials>},
    api_handler{api::alter_user_scram_credentials,
                decoded<kafka::alter_user_scram_credentials_request, alter_user_scram_credentials>, changes_settings},
    api_handler{api::list_config_resources, decoded<kafka::list_config_resources_request, list_config_resources>},
    api_handler{api::describe_topic_partitions,
                decoded<kafka::describe_topic_partitions_request, describe_topic_partitions>},
};

std::int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

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
    // Clients before version 4 refuse a range from 0 on: they are told what the cluster has settled on alone.
    if (c.version >= 4 || f.min > 0) response.supported_features.push_back({std::string(f.name), f.min, f.level});
    response.finalized_features.push_back({std::string(f.name), f.level, f.level});
  }
}

// Kafka's rule for what a client calls itself: letters, digits, and inside of it also . and - (KIP-511).
bool is_software_name(std::string_view name) {
  const auto plain = [](char ch) {
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
  };
  return !name.empty() && plain(name.front()) && plain(name.back()) &&
         std::ranges::all_of(name, [&](char ch) { return plain(ch) || ch == '.' || ch == '-'; });
}

void api_versions(const call& c, kafka::api_versions_request& request) {
  kafka::api_versions_response response;
  if (c.version >= 3 &&
      !(is_software_name(request.client_software_name) && is_software_name(request.client_software_version))) {
    response.error_code = kafka::code(kafka::error_code::invalid_request);
    return c.answer(response);
  }
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

void call::send(kafka::writer out, std::int64_t wait_ms) const {
  if (out.size() - 4 > INT32_MAX) {  // no length of Kafka's can say so
    of->logger().error("an answer of more than 2 GiB: the connection is closed",
                       {{"api", static_cast<std::int64_t>(api)}, {"client", std::string_view(client_host)}});
    return of->server().close_connection(slot.connection);
  }
  kafka::writer length;
  length.int32(static_cast<std::int32_t>(out.size() - 4));
  std::ranges::copy(length.buffer(), out.buffer().begin());
  of->slow().answered(*this);
  of->server().answer(slot, std::move(out));
  if (wait_ms <= 0) return;
  of->stats().throttled += 1;
  of->server().mute(slot.connection, wait_ms);
}

void call::answer_nothing() const {
  // There is no answer to tell by what was refused: Kafka closes the connection.
  if (amendments) return of->server().close_connection(slot.connection);
  of->server().answer_nothing(slot);
  if (const std::int64_t wait_ms = quota_wait_ms(0); wait_ms > 0) of->server().mute(slot.connection, wait_ms);
}

// What the client must wait because of this request and its answer.
std::int64_t call::quota_wait_ms(std::size_t answer_bytes) const {
  security::quotas& limits = of->access().limits();
  if (!limits.active() || !handled_ns) return throttle_ms;
  using enum security::quota_kind;
  const std::int64_t now = net::now_ms();
  std::int64_t wait_ms = throttle_ms;
  if (api == api::fetch)
    wait_ms = std::max(wait_ms, limits.record(fetch, user(), client_id, static_cast<double>(answer_bytes), now));
  // A hundred percent is one second of the thread each second. Waiting for data or for the disk takes none of it.
  const double spent = static_cast<double>(std::min(monotonic_ns() - started_ns, *handled_ns)) / 1e9 * 100;
  return std::max(wait_ms, limits.record(request, user(), client_id, spent, now));
}

security::listener call::advertised() const {
  security::listener l = of->access().connections().options().listeners[who->listener];
  if (l.advertised_host.empty()) l.advertised_host = local_host;
  if (l.advertised_port == 0) l.advertised_port = of->server().port(who->listener);
  return l;
}

namespace {

// Notes when the request came, and what it costs by its size. Who has not said who he is yet costs nobody.
void count_for_quotas(call& c) {
  security::quotas& limits = c.of->access().limits();
  if (!limits.active() || c.who->now != security::session::stage::open || c.api == api::sasl_handshake ||
      c.api == api::sasl_authenticate)
    return;
  c.started_ns = monotonic_ns();
  c.handled_ns = std::make_shared<std::int64_t>(INT64_MAX);
  if (c.api == api::produce)
    c.throttle_ms = limits.record(security::quota_kind::produce, c.user(), c.client_id, static_cast<double>(c.bytes),
                                  net::now_ms());
}

bool handle(const api_handler& handler, call c, kafka::reader& in) {
  count_for_quotas(c);
  if (!c.handled_ns) return handler.handle(std::move(c), in);
  const auto handled = c.handled_ns;
  const std::int64_t started = c.started_ns;
  const bool fine = handler.handle(std::move(c), in);
  *handled = monotonic_ns() - started;
  return fine;
}

void handle_in_turn(const api_handler& handler, call c, kafka::reader& in) {
  std::string bytes(in.rest());
  c.of->changes().add(c.bytes, [&handler, c, bytes = std::move(bytes)](change_queue::turn turn) mutable {
    kafka::reader in(bytes);
    in.limit_strings(INT16_MAX);
    c.turn = std::move(turn);
    const auto [of, connection] = std::pair(c.of, c.slot.connection);
    if (!handle(handler, std::move(c), in)) of->server().close_connection(connection);
  });
}

}  // namespace

bool dispatch(broker& b, net::answer_slot slot, const net::peer& who, const net::frame& request) {
  call c;
  c.of = &b;
  c.slot = slot;
  if (auto found = b.access().connections().of(who); found) {
    c.who = std::move(*found);
  } else {
    b.stats().authentications_failed += 1;
    b.logger().warn("authentication failed", {{"client", std::string_view(who.host)},
                                              {"mechanism", std::string_view("TLS")},
                                              {"reason", std::string_view(found.error().message)}});
    return false;
  }
  if (c.who->now == security::session::stage::raw_exchange) return raw_sasl(c, {request.data, request.size});
  kafka::reader in({request.data, request.size});
  in.limit_strings(INT16_MAX);
  const std::int16_t key = in.int16();
  c.version = in.int16();
  c.correlation = in.int32();
  c.client_id = in.nullable_string(false).value_or(std::string_view{});
  c.client_host = who.host;
  c.local_host = who.local_host;
  c.bytes = request.size;
  c.received = std::chrono::steady_clock::now();
  if (!in.ok()) return false;
  const api_handler* handler = find_handler(key);
  const kafka::api_info* info = served(key);
  if (!handler || !info) return false;
  c.api = info->key;
  if (c.api == api::produce) c.memory = request.memory;  // no other has use for it, and some wait long
  if (!b.access().connections().admits(*c.who, c.api, net::now_ms())) return false;
  b.stats().apis[key].requests += 1;
  if (c.version < info->version_min || c.version > info->version_max) {
    if (c.api != api::api_versions) return false;
    refuse_api_versions(c);
    return true;
  }
  if (c.version >= info->flexible_from) in.tags([](std::uint32_t) { return false; });
  if (!handler->changes_settings) return handle(*handler, std::move(c), in);
  handle_in_turn(*handler, std::move(c), in);
  return true;
}

}  // namespace mes::bus::handlers
