#include "bus/role.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "bus/access_setup.h"
#include "bus/broker.h"
#include "bus/cli/commands.h"
#include "bus/configs.h"
#include "bus/host_overrides.h"
#include "bus/http_admin.h"
#include "bus/topics.h"
#include "os/guarded_file_system.h"
#include "os/whole_file.h"
#include "runtime/data_lock.h"
#include "runtime/http_server.h"
#include "runtime/thread.h"

namespace mes::bus {
namespace {

using runtime::setting;
using runtime::setting_type;

const std::vector<setting>& settings() {
  using enum setting_type;
  static const std::vector<setting> own = {
      {"port", integer, "9092", "Port of the Kafka protocol, where `listeners` is empty; the port offset is added.", 1,
       65'535},
      {"admin_port", integer, "9644", "Port of health, metrics and the console's view; the port offset is added.", 1,
       65'535},
      {"admin_hosts", text, "",
       "Names, by commas, under which that port is asked on loopback, beside localhost, addresses and the host's "
       "name."},
      {"retention", duration_ms, "7d", "How long records are kept where the topic does not say."},
      {"retention_bytes", integer, "-1", "Bytes kept of a partition where the topic does not say; -1: no limit.", -1},
      {"disk_bytes_max", size_bytes, "0",
       "Bytes of all records together, beyond which the oldest are deleted, but none of compacted topics; 0: no limit.",
       0},
      {"retention_check_interval", duration_ms, "5m", "How often old records are looked for.", 10, 86'400'000},
      {"log_initial_task_delay", duration_ms, "30s",
       "After how long at start old records are first looked for: the clock may have to be set before.", 0, 86'400'000},
      {"cleaner_interval", duration_ms, "15s", "How often topics are looked at for compaction.", 10, 86'400'000},
      {"cleaner_memory", size_bytes, "32M",
       "Memory for the keys of one partition while it is compacted. Beside them is one batch, unpacked; one that comes "
       "to more than 256M stays as it is.",
       8 << 20, std::int64_t{16} << 30},
      {"segment_bytes", size_bytes, "64M", "Size of a file of the log; old records go by whole files.", 64 << 10,
       1 << 30},
      {"message_bytes_max", size_bytes, "1048588", "Largest record batch where the topic does not say.", 1'024,
       100 << 20},
      {"queued_request_bytes_max", size_bytes, "128M",
       "Memory of requests that have not come whole yet, of all connections together, beyond which no more are begun; "
       "0: no limit.",
       0, std::int64_t{64} << 30},
      {"waiting_fetch_bytes_max", size_bytes, "64M",
       "Memory of fetches that wait for data, beyond which the largest is answered with what there is; 0: no limit.", 0,
       std::int64_t{64} << 30},
      {"fetch_bytes_max", size_bytes, "55M", "Largest answer to a fetch; its first batch goes whole all the same.",
       1'024, 1 << 30},
      {"connections_max", integer, "10000", "Connections at a time.", 1, 1'000'000},
      {"connections_per_ip_max", integer, "2147483647", "Connections of one address at a time.", 1, 2'147'483'647},
      {"connections_per_ip_overrides", text, "", "Addresses with a number of their own, as in 10.0.0.7:200,[::1]:50."},
      {"auto_create_topics", boolean, "true", "Whether a topic that a client asks for is made if it is missing."},
      {"num_partitions", integer, "3", "Partitions of such a topic.", 1, 10'000},
      {"partitions_max", integer, "100000",
       "Partitions of all topics together, beyond which none are made; each takes 1 kB of memory, a topic 4 kB more.",
       1, 10'000'000},
      {"fsync", boolean, "true", "Whether records are on the disk before they are acknowledged. Leave it on."},
      {"slow_request_ms", integer, "1000",
       "Requests that take longer, beside what they ask to wait themselves, are named in the log; 0: none.", 0,
       3'600'000},
      {"group_initial_rebalance_delay", duration_ms, "0",
       "How long the first member of a consumer group waits for others.", 0, 600'000},
      {"transaction_max_timeout", duration_ms, "15m", "Longest time-out that a producer may ask for its transactions.",
       1, 86'400'000},
      {"transactional_id_expiry", duration_ms, "7d", "How long a transactional id is known that is not used.", 60'000},
      {"transactional_ids_max", integer, "100000",
       "Transactional ids that are known at a time, beyond which no producer begins with another.", 1, 10'000'000},
      {"producer_id_expiry", duration_ms, "1d", "How long a partition knows a producer that does not write to it.",
       1'000, 2'147'483'647},
      {"group_session_timeout_min", duration_ms, "6s", "Shortest session time-out that a member may ask for.", 1,
       1'800'000},
      {"group_max_size", integer, "2147483647", "Members of a consumer group, whichever protocol.", 1, 2'147'483'647},
      {"group_members_bytes_max", size_bytes, "128M",
       "Memory of what the members of all groups together said when they joined, beyond which none joins; one group's "
       "may take 8M, and a subscription by the consumer protocol (KIP-848) 1M; 0: no limit of all together.",
       0, std::int64_t{64} << 30},
      {"group_consumer_session_timeout", duration_ms, "45s",
       "Session time-out of members of the consumer protocol (KIP-848) where the group does not say.", 100, 3'600'000},
      {"group_consumer_session_timeout_min", duration_ms, "45s", "Shortest such time-out that a group may have.", 100,
       3'600'000},
      {"group_consumer_session_timeout_max", duration_ms, "60s", "Longest such time-out that a group may have.", 100,
       3'600'000},
      {"group_consumer_heartbeat_interval", duration_ms, "5s", "How often such a member tells that it is there.", 10,
       600'000},
      {"group_consumer_heartbeat_interval_min", duration_ms, "5s", "Shortest such interval that a group may have.", 10,
       600'000},
      {"group_consumer_heartbeat_interval_max", duration_ms, "15s", "Longest such interval that a group may have.", 10,
       600'000},
      {"offsets_retention", duration_ms, "7d", "How long offsets are kept that no member needs."},
      {"topics", text, "", "File of the topics to make at start; empty: the platform's own, contracts/topics.yaml."},
  };
  static const std::vector<setting> table = [] {
    std::vector<setting> all = own;
    all.insert(all.end(), access_settings_table().begin(), access_settings_table().end());
    return all;
  }();
  return table;
}

result<std::vector<topic_spec>> topics_of(const runtime::process& process, os::file_system& files) {
  const std::string& path = process.settings().text("topics");
  if (path.empty()) return parse_topics(built_in_topics(), "contracts/topics.yaml");
  const auto text = os::read_whole(files, path);
  if (!text) return fail(text.error());
  return parse_topics(*text, path);
}

result<groups::coordinator_options> group_options(const runtime::config& c) {
  const auto ms = [&](const char* name) { return static_cast<std::int32_t>(c.duration(name).count()); };
  groups::coordinator_options o;
  o.initial_rebalance_delay_ms = ms("group_initial_rebalance_delay");
  o.session_timeout_min_ms = ms("group_session_timeout_min");
  o.group_size_max = o.consumer_group_size_max = static_cast<std::size_t>(c.integer("group_max_size"));
  o.members_bytes_max = static_cast<std::size_t>(c.integer("group_members_bytes_max"));
  o.consumer_session_timeout_ms = ms("group_consumer_session_timeout");
  o.consumer_session_timeout_min_ms = ms("group_consumer_session_timeout_min");
  o.consumer_session_timeout_max_ms = ms("group_consumer_session_timeout_max");
  o.consumer_heartbeat_interval_ms = ms("group_consumer_heartbeat_interval");
  o.consumer_heartbeat_interval_min_ms = ms("group_consumer_heartbeat_interval_min");
  o.consumer_heartbeat_interval_max_ms = ms("group_consumer_heartbeat_interval_max");
  o.offsets_retention_ms = c.duration("offsets_retention").count();
  if (const auto why = check_group_times(o, {}))
    return fail(runtime::wrong_setting(
        why->starts_with("consumer.heartbeat") ? "group_consumer_heartbeat_interval" : "group_consumer_session_timeout",
        *why));
  return o;
}

result<void> check_host_overrides(const runtime::config& c) {
  constexpr std::string_view name = "connections_per_ip_overrides";
  if (const auto valid = parse_host_overrides(c.text(name)); !valid)
    return fail(runtime::wrong_setting(name, valid.error().message));
  return {};
}

std::vector<error> check(const runtime::config& c) {
  std::vector<error> wrong = check_access_settings(c);
  if (auto valid = check_host_overrides(c); !valid) wrong.push_back(std::move(valid.error()));
  if (auto groups = group_options(c); !groups) wrong.push_back(std::move(groups.error()));
  return wrong;
}

result<broker_settings> settings_of(runtime::process& process, os::file_system& files) {
  const runtime::config& c = process.settings();
  auto topics = topics_of(process, files);
  if (!topics) return fail(std::move(topics.error()));
  auto access = make_access_settings(process);
  if (!access) return fail(std::move(access.error()));
  broker_settings s;
  s.access = std::move(*access);
  s.connections_idle_max_ms = c.duration("connections_max_idle").count();
  s.directory = process.data_dir().string();
  s.disk_bytes_max = static_cast<std::uint64_t>(c.integer("disk_bytes_max"));
  s.retention_check_ms = c.duration("retention_check_interval").count();
  s.initial_task_delay_ms = c.duration("log_initial_task_delay").count();
  s.cleaner_interval_ms = c.duration("cleaner_interval").count();
  s.cleaner_memory_bytes = static_cast<std::size_t>(c.integer("cleaner_memory"));
  s.segment_bytes = static_cast<std::uint32_t>(c.integer("segment_bytes"));
  s.retention_ms = c.duration("retention").count();
  s.retention_bytes = c.integer("retention_bytes");
  s.message_bytes_max = static_cast<std::size_t>(c.integer("message_bytes_max"));
  s.waiting_fetch_bytes_max = static_cast<std::size_t>(c.integer("waiting_fetch_bytes_max"));
  s.fetch_bytes_max = static_cast<std::int32_t>(c.integer("fetch_bytes_max"));
  s.queued_request_bytes_max = static_cast<std::size_t>(c.integer("queued_request_bytes_max"));
  s.connections_max = static_cast<std::size_t>(c.integer("connections_max"));
  s.connections_per_ip_max = static_cast<std::size_t>(c.integer("connections_per_ip_max"));
  s.connections_per_ip_overrides = c.text("connections_per_ip_overrides");
  if (auto valid = check_host_overrides(c); !valid) return fail(std::move(valid.error()));
  s.auto_create_topics = c.flag("auto_create_topics");
  s.num_partitions = static_cast<std::int32_t>(c.integer("num_partitions"));
  s.partitions_max = static_cast<std::size_t>(c.integer("partitions_max"));
  s.sync = c.flag("fsync");
  s.slow_request_ms = c.integer("slow_request_ms");
  auto groups = group_options(c);
  if (!groups) return fail(std::move(groups.error()));
  s.groups = *groups;
  s.transactions.timeout_max_ms = static_cast<std::int32_t>(c.duration("transaction_max_timeout").count());
  s.transactions.id_expiry_ms = c.duration("transactional_id_expiry").count();
  s.transactions.ids_max = static_cast<std::size_t>(c.integer("transactional_ids_max"));
  s.producer_id_expiry_ms = c.duration("producer_id_expiry").count();
  s.topics = std::move(*topics);
  return s;
}

int run(runtime::process& process) {
  const auto lock = runtime::lock_data_dir(process);
  if (!lock) {
    process.log().error(lock.error().message);
    return 1;
  }
  const auto files = os::make_real_file_system();
  auto wanted = settings_of(process, *files);
  if (!wanted) {
    process.log().error(wanted.error().message);
    return 1;
  }
  // Set once there is a broker: before that nobody can authenticate.
  const auto serving = std::make_shared<broker*>(nullptr);
  const token_verifier tokens(process);
  wanted->access.tokens = tokens.check([serving](std::function<void()> work) {
    if (*serving) (*serving)->post(std::move(work));
  });
  wanted->in_place = [&lock, directory = wanted->directory]() -> result<void> {
    if (lock->is_in_place()) return {};
    return fail(error_code::storage_failed,
                fmt::format("{} was removed, renamed or replaced while the bus ran: stop it before", directory));
  };
  os::guarded_file_system guarded(*files, wanted->in_place);
  auto opened = broker::open(std::move(*wanted), guarded, process.log());
  if (!opened) {
    process.log().error(opened.error().message);
    return 1;
  }
  broker& b = **opened;
  *serving = &b;
  result<void> outcome;
  runtime::thread loop("bus", [&] {
    outcome = b.run();
    if (!outcome) process.stop();
  });
  auto http = runtime::http_server::listen(
      process.loop(),
      {.address = process.settings().text("bind"),
       .port = static_cast<std::uint16_t>(process.port(static_cast<int>(process.settings().integer("admin_port")))),
       .connections_max = b.admin_connections_max()},
      make_http_admin(b, process));
  if (!http) {
    process.log().error(http.error().message);
    b.stop();
    loop.join();
    return 1;
  }
  process.on_stop([&] {
    b.stop();
    loop.join();
  });
  const log::recovery_report& found = b.store().recovery();
  process.log().info("bus open", {{"port", std::int64_t{b.port()}},
                                  {"segments", static_cast<std::int64_t>(found.segments)},
                                  {"scanned_bytes", static_cast<std::int64_t>(found.scanned_bytes)},
                                  {"cut_bytes", static_cast<std::int64_t>(found.cut_bytes)}});
  process.ready();
  const int code = process.run();
  loop.join();
  *serving = nullptr;
  return outcome ? code : 1;
}

}  // namespace

const runtime::role_definition& role() {
  static const runtime::role_definition definition{
      "bus", "the event bus: Kafka's protocol, durable, on one node", settings, run, cli::commands, check};
  return definition;
}

}  // namespace mes::bus
