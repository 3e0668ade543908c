#include "bus/groups/coordinator.h"

#include "base/instant.h"

namespace mes::bus::groups {
namespace {

class no_topics : public topic_view {
  std::optional<known_topic> find(std::string_view) const override { return std::nullopt; }
  std::optional<known_topic> find(const uuid&) const override { return std::nullopt; }
  std::vector<std::string> names() const override { return {}; }
  std::uint64_t version() const override { return 1; }
};

const topic_view& nothing() {
  static const no_topics none;
  return none;
}

}  // namespace

coordinator::coordinator(coordinator_options options, net::poller& loop, put put_change, const observe::logger& log)
    : _options(options), _loop(loop), _put(std::move(put_change)), _logger(log), _topics(&nothing()) {}

const group* coordinator::find(std::string_view name) const {
  const auto it = _groups.find(name);
  return it == _groups.end() ? nullptr : it->second.get();
}

group* coordinator::known(std::string_view name) {
  const auto it = _groups.find(name);
  return it == _groups.end() ? nullptr : it->second.get();
}

group& coordinator::make(const std::string& name) {
  auto& g = _groups[name];
  if (!g) {
    g = std::make_unique<group>();
    g->name = name;
    g->empty_since_ms = instant::now().ms();
  }
  return *g;
}

coordinator::error_code coordinator::check_member(const group& g, const member_claim& claim) const {
  if (claim.instance_id) {
    const auto known = g.instances.find(*claim.instance_id);
    if (known == g.instances.end()) return error_code::unknown_member_id;
    if (known->second != claim.member_id) return error_code::fenced_instance_id;
  }
  return g.members.contains(claim.member_id) ? error_code::none : error_code::unknown_member_id;
}

// ---- By the group's protocol ----

void coordinator::join(join_request request, std::function<void(join_result)> done) {
  const auto refuse = [&](error_code e) { done({.error = e, .member_id = request.member_id}); };
  if (request.group.empty()) return refuse(error_code::invalid_group_id);
  if (request.session_timeout_ms < _options.session_timeout_min_ms ||
      request.session_timeout_ms > _options.session_timeout_max_ms)
    return refuse(error_code::invalid_session_timeout);
  group* g = known(request.group);
  if (!g && !request.member_id.empty()) return refuse(error_code::unknown_member_id);
  if (!g && !has_room_for(request.group)) return refuse(error_code::policy_violation);
  // Kafka refuses the assignment of such a group; what its members offer would lie in memory until then.
  if (offered_bytes(g, request) > _options.state_bytes_max || !has_memory_for(g, request))
    return refuse(error_code::unknown_server_error);
  if (!g) g = &make(request.group);
  if (g->changing) {
    const auto again = std::make_shared<std::pair<join_request, std::function<void(join_result)>>>(request, done);
    if (!wait_for_change(*g, bytes_of(request), [this, again] { join(again->first, again->second); }))
      refuse(error_code::coordinator_load_in_progress);
    return;
  }
  if (g->modern && !g->is_empty()) return join_modern(*g, std::move(request), std::move(done));
  if (g->modern) {  // an empty group is whatever the next member speaks
    g->modern.reset();
    count_memory(*g);
    g->empty_since_ms = instant::now().ms();
  }
  join_classic(*g, std::move(request), std::move(done));
}

void coordinator::sync(sync_request request, std::function<void(sync_result)> done) {
  if (request.group.empty()) return done({.error = error_code::invalid_group_id});
  group* g = known(request.group);
  if (!g) return done({.error = error_code::unknown_member_id});
  if (g->changing) {
    const auto again = std::make_shared<std::pair<sync_request, std::function<void(sync_result)>>>(request, done);
    if (!wait_for_change(*g, bytes_of(request), [this, again] { sync(again->first, again->second); }))
      done({.error = error_code::rebalance_in_progress});  // what clients of SyncGroup understand, as from Kafka
    return;
  }
  if (g->is_empty()) return done({.error = error_code::unknown_member_id});
  if (g->modern) return sync_modern(*g, request, done);
  sync_classic(*g, std::move(request), std::move(done));
}

coordinator::error_code coordinator::heartbeat(const member_claim& claim) {
  if (claim.group.empty()) return error_code::invalid_group_id;
  group* g = known(claim.group);
  if (!g) return error_code::unknown_member_id;
  return g->modern ? heartbeat_modern(*g, claim) : heartbeat_classic(*g, claim);
}

void coordinator::leave(const std::string& name, const std::vector<leaving_member>& members,
                        std::function<void(leave_result)> done) {
  if (name.empty()) return done({.error = error_code::invalid_group_id});
  group* g = known(name);
  if (!g) return done({.error = error_code::unknown_member_id});
  if (g->changing) {
    if (!wait_for_change(*g, bytes_of(members), [this, name, members, done] { leave(name, members, done); }))
      done({.error = error_code::coordinator_load_in_progress});
    return;
  }
  if (g->modern) return leave_modern(*g, members, std::move(done));
  leave_classic(*g, members, std::move(done));
}

}  // namespace mes::bus::groups
