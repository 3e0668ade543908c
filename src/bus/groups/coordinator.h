// Consumer groups by Kafka's classic protocol: who is a member, who reads what, how far they have read.
//
// Offsets and assignments are answered when they are in the log; after a restart members go on as they were.
// Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/groups/group.h"
#include "bus/net/poller.h"
#include "observe/log.h"

namespace mes::bus::groups {

struct coordinator_options {
  std::int32_t session_timeout_min_ms = 6'000;
  std::int32_t session_timeout_max_ms = 1'800'000;
  std::int64_t initial_rebalance_delay_ms = 0;
  std::int64_t offsets_retention_ms = 604'800'000;
  std::size_t offset_metadata_bytes_max = 4'096;
};

struct join_request {
  std::string group;
  std::string member_id;
  std::optional<std::string> instance_id;
  std::string client_id, client_host;
  std::int32_t session_timeout_ms = 0, rebalance_timeout_ms = 0;
  std::string protocol_type;
  protocols supported;
  bool id_required = false;            // from version 4 on a new member is told its id first (KIP-394)
  bool knows_skip_assignment = false;  // from version 9 on
};

struct sync_request {
  std::string group, member_id;
  std::optional<std::string> instance_id;
  std::int32_t generation = -1;
  std::optional<std::string> protocol_type, protocol;
  std::vector<std::pair<std::string, std::string>> assignments;  // member id, assignment
};

// A member as requests name it.
struct member_claim {
  std::string group, member_id;
  std::optional<std::string> instance_id;
  std::int32_t generation = -1;
};

struct offset_to_commit {
  topic_partition where;
  committed_offset what;
};

class coordinator {
 public:
  // Puts a change into the log; `done` runs when it is durable, after apply() of it.
  using put = std::function<void(std::string payload, std::move_only_function<void(bool stored)> done)>;

  coordinator(coordinator_options options, net::poller& loop, put put_change, const observe::logger& log);

  void join(join_request request, std::function<void(join_result)> done);
  void sync(sync_request request, std::function<void(sync_result)> done);
  wire::kafka::error_code heartbeat(const member_claim& claim);
  wire::kafka::error_code leave(const member_claim& claim);
  // Whether that member may commit now.
  wire::kafka::error_code check_commit(const member_claim& claim);
  void commit(const std::string& group, std::vector<offset_to_commit> offsets, std::function<void(bool stored)> done);
  // Offsets of a transaction that has committed, as applied state.
  void commit_applied(const std::string& group, const std::map<topic_partition, committed_offset>& offsets);
  wire::kafka::error_code remove(const std::string& group, std::function<void(bool stored)> done);  // DeleteGroups
  void remove_offsets(const std::string& group, const std::vector<topic_partition>& which,
                      std::function<void(bool stored)> done);
  void topic_deleted(const std::string& topic);  // applied state: its offsets go
  void expire(std::int64_t now_ms);              // offsets and empty groups past their retention; wall clock

  const group* find(std::string_view name) const;
  const std::map<std::string, std::unique_ptr<group>, std::less<>>& all() const { return _groups; }
  std::size_t offset_metadata_bytes_max() const { return _options.offset_metadata_bytes_max; }
  // Topics that a live member of the group subscribes to: its offsets must not be deleted.
  static std::set<std::string> subscribed(const group& g);

  void start();  // after recovery: members have their session time-out from now
  void apply(std::string_view payload);
  void snapshot(wire::kafka::writer& out) const;
  bool restore(wire::kafka::reader& in);

 private:
  group& make(const std::string& name);
  wire::kafka::error_code check_member(const group& g, const member_claim& claim) const;
  void join_new(group& g, join_request request, std::function<void(join_result)> done);
  void join_known(group& g, join_request request, std::function<void(join_result)> done);
  void replace_static(group& g, const std::string& old_id, join_request request, std::function<void(join_result)> done);
  void add_member(group& g, std::string id, join_request request, std::function<void(join_result)> done);
  void update_member(group& g, member& m, join_request request, std::function<void(join_result)> done);
  void give_id(group& g, const join_request& request, const std::function<void(join_result)>& done);
  void prepare_rebalance(group& g);
  void try_complete_join(group& g);
  void complete_join(group& g);
  void on_rebalance_timeout(const std::string& name);
  join_result current(const group& g, const member& m) const;
  void remove_member(group& g, const std::string& id);
  void store_assignment(group& g, const std::vector<std::pair<std::string, std::string>>& assignments);
  void finish_sync(group& g, wire::kafka::error_code error);
  void keep_alive(group& g, member& m);
  void watch(const std::string& group_name, const std::string& member_id, std::int64_t delay_ms);
  void on_session_timer(const std::string& group_name, const std::string& member_id);
  void put_group(const group& g, std::function<void(bool)> done);

  coordinator_options _options;
  net::poller& _loop;
  put _put;
  const observe::logger& _logger;
  bool _live = false;
  std::uint64_t _next_store = 1;
  std::map<std::string, std::unique_ptr<group>, std::less<>> _groups;
};

}  // namespace mes::bus::groups
