// Consumer groups: who is a member, who reads what, how far they have read. By Kafka's classic protocol, by KIP-848's,
// and from one to the other while members are at work.
//
// Offsets, assignments and epochs are answered when they are in the log; after a restart members go on as they were.
// Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "bus/groups/consumer_rules.h"
#include "bus/groups/group.h"
#include "bus/groups/options.h"
#include "bus/groups/topic_view.h"
#include "bus/net/poller.h"
#include "observe/log.h"

namespace mes::bus::groups {

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

using assignments_of_members = std::vector<std::pair<std::string, std::string>>;  // by member id

struct sync_request {
  std::string group, member_id;
  std::optional<std::string> instance_id;
  std::int32_t generation = -1;
  std::optional<std::string> protocol_type, protocol;
  assignments_of_members assignments;
};

// A member as requests name it.
struct member_claim {
  std::string group, member_id;
  std::optional<std::string> instance_id;
  std::int32_t generation = -1;  // or member epoch
};

struct leaving_member {
  std::string member_id;  // "": an administrator names the instance alone
  std::optional<std::string> instance_id;
};

// What a request holds while it waits.
std::size_t bytes_of(const join_request& r);
std::size_t bytes_of(const sync_request& r);
std::size_t bytes_of(const heartbeat_request& r);
std::size_t bytes_of(const std::vector<leaving_member>& members);

struct leave_result {
  wire::kafka::error_code error = wire::kafka::error_code::none;
  std::vector<wire::kafka::error_code> members;  // as they were asked for
};

struct offset_to_commit {
  topic_partition where;
  committed_offset what;
};

// The topics that the members of a group subscribe to. It looks into the group, and is good as long as that stays as it
// is: gathering them costs a look at every member, so whoever asks about many topics does it once.
struct group_subscriptions {
  bool are_known = true;  // else it may be any
  std::unordered_set<std::string_view> topics;

  bool contain(std::string_view topic) const { return !are_known || topics.contains(topic); }
};

// What a commit may rely on.
struct commit_terms {
  bool transactional = false;      // TxnOffsetCommit: the check of members is optional there
  bool knows_member_epoch = true;  // OffsetCommit from version 9 on: also its errors
};

class coordinator {
 public:
  using error_code = wire::kafka::error_code;
  // Puts a change into the log; `done` runs when it is durable, after apply() of it.
  using put = std::function<void(std::string payload, std::move_only_function<void(bool stored)> done)>;
  using on_stored = std::function<void(bool stored)>;

  coordinator(coordinator_options options, net::poller& loop, put put_change, const observe::logger& log);
  void set_topics(const topic_view& topics) { _topics = &topics; }
  // Whether an open transaction has an offset for that partition, or any (null): then it does not expire, and is not
  // stable.
  using pending_check = std::function<bool(std::string_view group, const topic_partition* where)>;
  void set_pending(pending_check check) { _is_pending = std::move(check); }
  // Told of each offset that is set without a transaction, or deleted (null: all of the group), when that is applied.
  using change_listener = std::function<void(const std::string& group, const topic_partition* where)>;
  void set_changed(change_listener listener) { _changed = std::move(listener); }
  // What an administrator has set for a group by Kafka's name of it, or `otherwise`.
  using config_reader =
      std::function<std::int64_t(const std::string& group, std::string_view name, std::int64_t otherwise)>;
  void set_config_reader(config_reader reader) { _read_config = std::move(reader); }
  bool is_pending(std::string_view group, const topic_partition& where) const {
    return _is_pending && _is_pending(group, &where);
  }
  bool has_pending(std::string_view group) const { return _is_pending && _is_pending(group, nullptr); }

  // Members.
  void join(join_request request, std::function<void(join_result)> done);
  void sync(sync_request request, std::function<void(sync_result)> done);
  error_code heartbeat(const member_claim& claim);
  void leave(const std::string& group, const std::vector<leaving_member>& members,
             std::function<void(leave_result)> done);
  void consumer_heartbeat(heartbeat_request request, std::function<void(heartbeat_result)> done);

  // Offsets.
  error_code check_commit(const member_claim& claim, commit_terms terms = {});
  error_code check_fetch(std::string_view group, const std::optional<std::string>& member_id, std::int32_t epoch) const;
  void commit(const std::string& group, const std::vector<offset_to_commit>& offsets, on_stored done);
  // The group of offsets that a transaction has and has not committed yet: from now on it is there, as in Kafka, also
  // if the transaction is aborted. Not durable by itself.
  error_code make_for_transaction(const std::string& group);
  void make_applied(const std::string& group) { make(group); }  // the same, as applied state
  // Offsets of a transaction that has committed, as applied state.
  void commit_applied(const std::string& group, const std::map<topic_partition, committed_offset>& offsets);
  error_code check_delete_offsets(std::string_view group) const;
  group_subscriptions subscriptions_of(const group& g) const;  // offsets of these must not go
  void remove_offsets(const std::string& group, const std::vector<topic_partition>& which, on_stored done);
  void topic_deleted(const std::string& topic);  // applied state: its offsets go
  void expire(std::int64_t now_ms);              // offsets and empty groups past their retention; wall clock

  // Groups.
  error_code remove(const std::string& group, on_stored done);  // DeleteGroups
  const group* find(std::string_view name) const;
  const std::map<std::string, std::unique_ptr<group>, std::less<>>& all() const { return _groups; }
  std::size_t members_bytes() const { return _members_bytes; }  // memory of all groups' members, about
  const coordinator_options& options() const { return _options; }
  const topic_view& topics() const { return *_topics; }

  void start();  // after recovery: members have their session time-out from now
  void apply(std::string_view payload);
  void snapshot(wire::kafka::writer& out) const;
  // Checkpoints before version 4 have groups of the classic protocol alone, do not say which kind one is, nor when
  // offsets expire; those before 5 have no principals of members.
  bool restore(wire::kafka::reader& in, std::int8_t version = 5);

 private:
  group* known(std::string_view name);  // null: there is none
  group& make(const std::string& name);
  bool has_room_for(std::string_view name) const { return _groups.size() < _options.groups_max || find(name); }
  error_code check_member(const group& g, const member_claim& claim) const;
  // Memory (memory.cc).
  static std::size_t offered_bytes(const group* g, const join_request& request);
  bool has_memory_for(const group* g, const join_request& request) const;
  bool has_memory_for(const group& g, const assignments_of_members& assignments) const;
  std::size_t memory_left_to(const group& g) const;
  void count_memory(group& g, member& m);
  held_bytes held_for_id(const group& g, const std::string& id);
  void count_memory(group& g);  // what is not of its classic members

  // The classic protocol: joining (classic_join.cc).
  void join_classic(group& g, join_request request, std::function<void(join_result)> done);
  bool may_join(const group& g, const std::string& member_id) const;
  void join_new(group& g, join_request request, std::function<void(join_result)> done);
  void join_known(group& g, join_request request, std::function<void(join_result)> done);
  void replace_static(group& g, const std::string& old_id, join_request request, std::function<void(join_result)> done);
  void store_replaced(group& g, const std::string& old_id, const std::string& id, bool skip,
                      std::function<void(join_result)> done);
  member& rename(group& g, const std::string& old_id, const std::string& new_id);
  void add_member(group& g, const std::string& id, join_request request, std::function<void(join_result)> done);
  void update_member(group& g, member& m, join_request request, std::function<void(join_result)> done);
  void give_id(group& g, const join_request& request, const std::function<void(join_result)>& done);
  void prepare_rebalance(group& g);
  void extend_first_rebalance(const std::string& name, std::int64_t waited_ms, std::int64_t left_ms);
  void try_complete_join(group& g, on_stored done = nullptr);
  void complete_join(group& g, on_stored done = nullptr);
  void drop_unjoined(group& g);
  bool elect_leader(group& g);
  void on_rebalance_timeout(const std::string& name);
  join_result current(const group& g, const member& m) const;

  // The classic protocol: assignment, staying and leaving (classic_stay.cc).
  void sync_classic(group& g, sync_request request, std::function<void(sync_result)> done);
  void store_assignment(group& g, const assignments_of_members& assignments);
  void finish_sync(group& g, error_code error);
  void stop_waiting_for_sync(group& g);
  error_code heartbeat_classic(group& g, const member_claim& claim);
  void leave_classic(group& g, const std::vector<leaving_member>& members, std::function<void(leave_result)> done);
  error_code leave_one(group& g, const leaving_member& who);
  void drop_member(group& g, const std::string& id);
  void after_drop(group& g, on_stored done = nullptr);
  void keep_alive(group& g, member& m);
  void watch(const std::string& group_name, const std::string& member_id, std::int64_t delay_ms);
  void on_session_timer(const std::string& group_name, const std::string& member_id);

  // KIP-848 (consumer.cc).
  bool wait_for_change(group& g, std::size_t bytes, std::function<void()> again);  // false: too many wait
  void put_consumer(group& g, const consumer_change& change, std::function<void(error_code)> done,
                    bool is_leave = false);
  void change_done(const std::string& name);
  heartbeat_result answer_to(group& g, const heartbeat_request& request);
  void after_beat(group& g, const std::string& member_id, std::int32_t epoch);
  void keep_alive(group& g, const consumer_member& m);
  void watch_rebalance(group& g, const consumer_member& m);
  void expect_within(group& g, const consumer_member& m, std::int64_t timeout_ms);
  void on_consumer_session(const std::string& group_name, const std::string& member_id);
  void on_consumer_rebalance(const std::string& group_name, const std::string& member_id, std::int32_t epoch);
  void fence(const std::string& group_name, const std::string& member_id, std::string_view why);
  void forget_clock(group& g, const std::string& member_id);
  std::int32_t session_timeout_ms(const group& g, const consumer_member& m) const;
  std::int32_t config(const group& g, std::string_view name, std::int32_t otherwise) const;

  // From one protocol to the other (migration.cc).
  error_code upgrade_error(const group& g, const heartbeat_request& request, std::string& why) const;
  std::optional<consumer_group> upgraded(const group& g) const;
  void leave_classic_behind(group& g);  // its members are `modern`'s now
  void join_modern(group& g, join_request request, std::function<void(join_result)> done);
  void sync_modern(group& g, const sync_request& request, const std::function<void(sync_result)>& done);
  error_code heartbeat_modern(group& g, const member_claim& claim);
  void leave_modern(group& g, const std::vector<leaving_member>& members, std::function<void(leave_result)> done);
  void downgrade(group& g, std::function<void()> done);

  // The log (durable.cc).
  void put_group(const group& g, std::function<void(error_code)> done);
  void apply_offsets(wire::kafka::reader& in, group& g);
  void apply_group(wire::kafka::reader& in, group& g);
  void apply_consumer(wire::kafka::reader& in, change_form form, group& g);
  void apply_deleted(const std::string& name);

  coordinator_options _options;
  net::poller& _loop;
  put _put;
  const observe::logger& _logger;
  const topic_view* _topics;
  pending_check _is_pending;
  change_listener _changed;
  config_reader _read_config;
  bool _live = false;
  std::uint64_t _next_store = 1;
  std::size_t _members_bytes = 0;                            // outlives the groups, which give back what they hold
  std::unordered_map<std::string, std::size_t> _committing;  // groups, and commits on their way to the log
  std::map<std::string, std::unique_ptr<group>, std::less<>> _groups;
};

}  // namespace mes::bus::groups
