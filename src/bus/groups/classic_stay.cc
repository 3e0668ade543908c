// The classic protocol's second half: the leader's assignment, heartbeats, leaving, silence.
#include <algorithm>

#include "bus/groups/coordinator.h"

namespace mes::bus::groups {
using wire::kafka::error_code;

// ---- Assignment ----

void coordinator::sync_classic(group& g, sync_request request, std::function<void(sync_result)> done) {
  const member_claim claim{request.group, request.member_id, request.instance_id, request.generation};
  if (const auto e = check_member(g, claim); e != error_code::none) return done({.error = e});
  if (request.generation != g.generation) return done({.error = error_code::illegal_generation});
  if ((request.protocol_type && *request.protocol_type != g.protocol_type) ||
      (request.protocol && *request.protocol != g.protocol))
    return done({.error = error_code::inconsistent_group_protocol});
  member& m = g.members.at(request.member_id);
  if (g.state == group_state::preparing_rebalance) return done({.error = error_code::rebalance_in_progress});
  const bool assigns = m.id == g.leader && g.state != group_state::stable && g.storing == 0;
  if (assigns && !has_memory_for(g, request.assignments)) return done({.error = error_code::unknown_server_error});
  m.has_synced = true;
  if (g.state == group_state::stable) {
    stop_waiting_for_sync(g);
    return done({.protocol_type = g.protocol_type, .protocol = g.protocol, .assignment = m.assignment});
  }
  if (m.syncing) std::exchange(m.syncing, nullptr)({.error = error_code::rebalance_in_progress});
  m.syncing = std::move(done);
  stop_waiting_for_sync(g);
  if (assigns) store_assignment(g, request.assignments);
}

void coordinator::stop_waiting_for_sync(group& g) {
  if (std::ranges::all_of(g.members, [](const auto& m) { return m.second.has_synced; }))
    _loop.cancel(std::exchange(g.rebalance_timer, 0));
}

void coordinator::store_assignment(group& g, const assignments_of_members& assignments) {
  for (auto& [id, m] : g.members) m.assignment.clear();
  for (const auto& [id, assignment] : assignments)
    if (const auto m = g.members.find(id); m != g.members.end()) m->second.assignment = assignment;
  const std::uint64_t ticket = g.storing = _next_store++;
  put_group(g, [this, name = g.name, ticket](error_code error) {
    group* const now = known(name);
    if (!now || now->storing != ticket) return;  // another rebalance came between
    now->storing = 0;
    if (error != error_code::none) {
      finish_sync(*now, error);
      return prepare_rebalance(*now);
    }
    now->state = group_state::stable;
    finish_sync(*now, error_code::none);
  });
}

void coordinator::finish_sync(group& g, error_code error) {
  std::vector<std::pair<std::function<void(sync_result)>, sync_result>> answers;
  for (auto& [id, m] : g.members) {
    if (!m.syncing) continue;
    keep_alive(g, m);
    sync_result r{.error = error};
    if (error == error_code::none)
      r = {.protocol_type = g.protocol_type, .protocol = g.protocol, .assignment = m.assignment};
    answers.emplace_back(std::exchange(m.syncing, nullptr), std::move(r));
  }
  for (auto& [answer, what] : answers) answer(std::move(what));
}

// ---- Staying and leaving ----

error_code coordinator::heartbeat_classic(group& g, const member_claim& claim) {
  if (const auto e = check_member(g, claim); e != error_code::none) return e;
  if (claim.generation != g.generation) return error_code::illegal_generation;
  keep_alive(g, g.members.at(claim.member_id));
  return g.state == group_state::preparing_rebalance ? error_code::rebalance_in_progress : error_code::none;
}

// All that leave together cause one rebalance.
void coordinator::leave_classic(group& g, const std::vector<leaving_member>& members,
                                std::function<void(leave_result)> done) {
  leave_result result;
  for (const auto& who : members) result.members.push_back(leave_one(g, who));
  const bool nobody = std::ranges::find(result.members, error_code::none) == result.members.end();
  if (nobody) return done(std::move(result));
  after_drop(g, [result, done = std::move(done)](bool stored) {
    // Not stored: the members are gone all the same; after a crash their sessions would end them.
    if (!stored) return done({.error = error_code::coordinator_not_available, .members = result.members});
    done(result);
  });
}

error_code coordinator::leave_one(group& g, const leaving_member& who) {
  if (const auto given = g.ids_given.find(who.member_id); given != g.ids_given.end()) {
    _loop.cancel(given->second.timer);
    g.ids_given.erase(given);
    return error_code::none;
  }
  std::string id = who.member_id;
  if (id.empty()) {
    const auto known = who.instance_id ? g.instances.find(*who.instance_id) : g.instances.end();
    if (known == g.instances.end()) return error_code::unknown_member_id;
    id = known->second;
  } else if (const auto e = check_member(g, {g.name, id, who.instance_id, -1}); e != error_code::none) {
    return e;
  }
  drop_member(g, id);
  return error_code::none;
}

// What follows for the group is after_drop()'s.
void coordinator::drop_member(group& g, const std::string& id) {
  auto node = g.members.extract(id);
  if (node.empty()) return;
  member& gone = node.mapped();
  _loop.cancel(gone.timer);
  if (gone.instance_id) g.instances.erase(*gone.instance_id);
  if (gone.joining) gone.joining({.error = error_code::unknown_member_id});
  if (gone.syncing) gone.syncing({.error = error_code::unknown_member_id});
}

void coordinator::after_drop(group& g, on_stored done) {
  if (g.state == group_state::stable || g.state == group_state::completing_rebalance) prepare_rebalance(g);
  try_complete_join(g, std::move(done));
}

void coordinator::keep_alive(group& g, member& m) {
  m.alive_until_ms = net::now_ms() + m.session_timeout_ms;
  if (m.timer == 0) watch(g.name, m.id, m.session_timeout_ms);
}

// One timer a member, which looks at the time of the last sign of life when it fires: heartbeats cost no timer.
void coordinator::watch(const std::string& group_name, const std::string& member_id, std::int64_t delay_ms) {
  group* const g = known(group_name);
  if (!g) return;
  const auto m = g->members.find(member_id);
  if (m == g->members.end()) return;
  _loop.cancel(m->second.timer);
  m->second.timer = _loop.after(delay_ms, [this, group_name, member_id] { on_session_timer(group_name, member_id); });
}

void coordinator::on_session_timer(const std::string& group_name, const std::string& member_id) {
  group* const g = known(group_name);
  if (!g) return;
  const auto it = g->members.find(member_id);
  if (it == g->members.end()) return;
  member& m = it->second;
  m.timer = 0;
  const std::int64_t left = m.alive_until_ms - _loop.seen_until_ms();
  // Who waits for an answer of ours cannot send heartbeats in every client: the rebalance's time-out bounds that. A new
  // one does not even know its id.
  const bool waits = (m.joining && !m.is_new) || m.syncing;
  if (left > 0 || waits || g->changing) return watch(group_name, member_id, left > 0 ? left : m.session_timeout_ms);
  _logger.info("group member fell silent, removed",
               {{"group", std::string_view(group_name)}, {"member", std::string_view(member_id)}});
  drop_member(*g, member_id);
  after_drop(*g);
}

}  // namespace mes::bus::groups
