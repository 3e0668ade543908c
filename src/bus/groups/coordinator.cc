#include "bus/groups/coordinator.h"

#include <algorithm>

#include "base/instant.h"
#include "base/uuid.h"

namespace mes::bus::groups {
using wire::kafka::error_code;

coordinator::coordinator(coordinator_options options, net::poller& loop, put put_change, const observe::logger& log)
    : _options(options), _loop(loop), _put(std::move(put_change)), _logger(log) {}

const group* coordinator::find(std::string_view name) const {
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

error_code coordinator::check_member(const group& g, const member_claim& claim) const {
  if (claim.instance_id) {
    const auto known = g.instances.find(*claim.instance_id);
    if (known == g.instances.end()) return error_code::unknown_member_id;
    if (known->second != claim.member_id) return error_code::fenced_instance_id;
  }
  return g.members.contains(claim.member_id) ? error_code::none : error_code::unknown_member_id;
}

// ---- Joining ----

void coordinator::join(join_request request, std::function<void(join_result)> done) {
  const auto refuse = [&](error_code e) { done({.error = e, .member_id = request.member_id}); };
  if (request.group.empty()) return refuse(error_code::invalid_group_id);
  if (request.session_timeout_ms < _options.session_timeout_min_ms ||
      request.session_timeout_ms > _options.session_timeout_max_ms)
    return refuse(error_code::invalid_session_timeout);
  if (request.protocol_type.empty() || request.supported.empty())
    return refuse(error_code::inconsistent_group_protocol);
  if (!find(request.group) && !request.member_id.empty()) return refuse(error_code::unknown_member_id);
  group& g = make(request.group);
  if (!g.members.empty() && (g.protocol_type != request.protocol_type || !g.supports(request.supported)))
    return refuse(error_code::inconsistent_group_protocol);
  if (request.member_id.empty())
    join_new(g, std::move(request), std::move(done));
  else
    join_known(g, std::move(request), std::move(done));
}

void coordinator::join_new(group& g, join_request request, std::function<void(join_result)> done) {
  if (request.instance_id) {
    const auto known = g.instances.find(*request.instance_id);
    if (known != g.instances.end())
      return replace_static(g, std::string(known->second), std::move(request), std::move(done));
  } else if (request.id_required) {
    return give_id(g, request, done);
  }
  std::string id = (request.instance_id ? *request.instance_id : request.client_id) + "-" + uuid::make_v4().to_string();
  add_member(g, std::move(id), std::move(request), std::move(done));
}

void coordinator::give_id(group& g, const join_request& request, const std::function<void(join_result)>& done) {
  const std::string id = request.client_id + "-" + uuid::make_v4().to_string();
  // One that never comes back must not hold up the others for longer than a member that fell silent.
  g.ids_given[id] = _loop.after(request.session_timeout_ms, [this, name = g.name, id] {
    const auto it = _groups.find(name);
    if (it == _groups.end() || it->second->ids_given.erase(id) == 0) return;
    if (it->second->state == group_state::preparing_rebalance) try_complete_join(*it->second);
  });
  done({.error = error_code::member_id_required, .member_id = id});
}

void coordinator::join_known(group& g, join_request request, std::function<void(join_result)> done) {
  const auto refuse = [&](error_code e) { done({.error = e, .member_id = request.member_id}); };
  if (const auto given = g.ids_given.find(request.member_id); given != g.ids_given.end()) {
    _loop.cancel(given->second);
    g.ids_given.erase(given);
    std::string id = request.member_id;
    return add_member(g, std::move(id), std::move(request), std::move(done));
  }
  if (const auto e = check_member(g, {g.name, request.member_id, request.instance_id, -1}); e != error_code::none)
    return refuse(e);
  member& m = g.members.at(request.member_id);
  const bool same = m.supported == request.supported;
  switch (g.state) {
    case group_state::preparing_rebalance:
      return update_member(g, m, std::move(request), std::move(done));
    case group_state::completing_rebalance:
      // Its answer was lost: it gets the same one again.
      if (same) return done(current(g, m));
      break;
    case group_state::stable:
      // A leader joins again to make a new assignment; a follower only when something changed.
      if (same && m.id != g.leader) {
        keep_alive(g, m);
        return done(current(g, m));
      }
      break;
    case group_state::empty:
      return refuse(error_code::unknown_member_id);
  }
  m.supported = request.supported;
  prepare_rebalance(g);
  update_member(g, m, std::move(request), std::move(done));
}

// A static member is back under a new id (KIP-345): the old id is fenced; without a change nobody is disturbed.
void coordinator::replace_static(group& g, const std::string& old_id, join_request request,
                                 std::function<void(join_result)> done) {
  auto node = g.members.extract(old_id);
  member& m = node.mapped();
  _loop.cancel(m.timer);
  m.timer = 0;
  if (m.joining) std::exchange(m.joining, nullptr)({.error = error_code::fenced_instance_id, .member_id = old_id});
  if (m.syncing) std::exchange(m.syncing, nullptr)({.error = error_code::fenced_instance_id});
  m.id = *request.instance_id + "-" + uuid::make_v4().to_string();
  const bool led = g.leader == old_id;
  if (led) g.leader = m.id;
  node.key() = m.id;
  g.instances[*request.instance_id] = m.id;
  const std::string id = m.id;
  g.members.insert(std::move(node));
  member& now = g.members.at(id);
  const std::string* before = now.metadata(g.protocol);
  const bool unchanged =
      g.state == group_state::stable && before && std::ranges::any_of(request.supported, [&](const auto& p) {
        return p.first == g.protocol && p.second == *before;
      });
  if (!unchanged) {
    if (g.state != group_state::preparing_rebalance) prepare_rebalance(g);
    return update_member(g, now, std::move(request), std::move(done));
  }
  now.supported = std::move(request.supported);
  now.client_id = std::move(request.client_id);
  now.client_host = std::move(request.client_host);
  watch(g.name, id, now.session_timeout_ms);
  keep_alive(g, now);
  put_group(g, [this, name = g.name, id, led, old_id, skip = request.knows_skip_assignment,
                done = std::move(done)](bool stored) {
    const auto it = _groups.find(name);
    if (!stored || it == _groups.end() || !it->second->members.contains(id))
      return done({.error = error_code::unknown_server_error, .member_id = id});
    auto answer = current(*it->second, it->second->members.at(id));
    // It must not compute an assignment. Clients before version 9 know that only from another leader's name.
    answer.skip_assignment = led && skip;
    if (led && !skip) {
      answer.leader = old_id;
      answer.members.clear();
    }
    done(std::move(answer));
  });
}

void coordinator::add_member(group& g, std::string id, join_request request, std::function<void(join_result)> done) {
  member& m = g.members[id];
  m.id = id;
  m.instance_id = request.instance_id;
  if (m.instance_id) g.instances[*m.instance_id] = id;
  if (g.members.size() == 1) g.protocol_type = request.protocol_type;
  const bool was_empty = g.state == group_state::empty;
  if (g.state != group_state::preparing_rebalance) prepare_rebalance(g);
  watch(g.name, id, request.session_timeout_ms);
  if (was_empty && _options.initial_rebalance_delay_ms > 0) {
    m.joining = std::move(done);
    done = nullptr;
    _loop.cancel(g.rebalance_timer);
    g.rebalance_timer =
        _loop.after(_options.initial_rebalance_delay_ms, [this, name = g.name] { on_rebalance_timeout(name); });
  }
  update_member(g, m, std::move(request), std::move(done));
}

// `done` empty: it waits already, and the group does not complete now.
void coordinator::update_member(group& g, member& m, join_request request, std::function<void(join_result)> done) {
  m.client_id = std::move(request.client_id);
  m.client_host = std::move(request.client_host);
  m.session_timeout_ms = request.session_timeout_ms;
  m.rebalance_timeout_ms = request.rebalance_timeout_ms;
  m.supported = std::move(request.supported);
  keep_alive(g, m);
  if (!done) return;
  if (m.joining) std::exchange(m.joining, nullptr)({.error = error_code::rebalance_in_progress, .member_id = m.id});
  m.joining = std::move(done);
  try_complete_join(g);
}

void coordinator::prepare_rebalance(group& g) {
  if (g.state == group_state::completing_rebalance) {
    for (auto& [id, m] : g.members) m.assignment.clear();
    finish_sync(g, error_code::rebalance_in_progress);
  }
  g.state = group_state::preparing_rebalance;
  g.storing = 0;
  _loop.cancel(g.rebalance_timer);
  // The member that causes it may be new and not have told its time-out yet: at least a minute.
  const std::int64_t patience = std::max<std::int64_t>(g.rebalance_timeout_ms(), g.members.size() <= 1 ? 60'000 : 1);
  g.rebalance_timer = _loop.after(patience, [this, name = g.name] { on_rebalance_timeout(name); });
}

void coordinator::try_complete_join(group& g) {
  if (g.state == group_state::preparing_rebalance && g.all_joined()) complete_join(g);
}

void coordinator::on_rebalance_timeout(const std::string& name) {
  const auto it = _groups.find(name);
  if (it == _groups.end()) return;
  group& g = *it->second;
  g.rebalance_timer = 0;
  if (g.state == group_state::preparing_rebalance) {
    complete_join(g);
  } else if (g.state == group_state::completing_rebalance) {
    // Members that never came for their assignment.
    std::vector<std::string> silent;
    for (const auto& [id, m] : g.members)
      if (!m.syncing) silent.push_back(id);
    for (const auto& id : silent)
      if (g.members.contains(id)) remove_member(g, id);
  }
}

void coordinator::complete_join(group& g) {
  _loop.cancel(g.rebalance_timer);
  g.rebalance_timer = 0;
  // Who has not joined in time is out; a static member keeps its place until its session ends.
  for (auto it = g.members.begin(); it != g.members.end();) {
    if (it->second.joining || it->second.instance_id) {
      ++it;
      continue;
    }
    _loop.cancel(it->second.timer);
    it = g.members.erase(it);
  }
  g.generation += 1;
  if (g.members.empty()) {
    g.state = group_state::empty;
    g.protocol.clear();
    g.leader.clear();
    g.empty_since_ms = instant::now().ms();
    return put_group(g, nullptr);
  }
  const auto joined = [&](const std::string& id) {
    const auto m = g.members.find(id);
    return m != g.members.end() && m->second.joining;
  };
  if (!joined(g.leader)) {
    const auto first = std::ranges::find_if(g.members, [](const auto& m) { return m.second.joining != nullptr; });
    g.leader = (first == g.members.end() ? g.members.begin() : first)->first;
  }
  g.protocol = g.chosen_protocol();
  g.state = group_state::completing_rebalance;
  g.rebalance_timer = _loop.after(g.rebalance_timeout_ms(), [this, name = g.name] { on_rebalance_timeout(name); });
  std::vector<std::pair<std::function<void(join_result)>, join_result>> answers;
  for (auto& [id, m] : g.members) {
    m.assignment.clear();
    keep_alive(g, m);
    if (m.joining) answers.emplace_back(std::exchange(m.joining, nullptr), current(g, m));
  }
  _logger.debug("group joined", {{"group", std::string_view(g.name)}, {"generation", std::int64_t{g.generation}}});
  for (auto& [answer, what] : answers) answer(std::move(what));
}

join_result coordinator::current(const group& g, const member& m) const {
  join_result r;
  r.generation = g.generation;
  r.protocol_type = g.protocol_type;
  r.protocol = g.protocol;
  r.leader = g.leader;
  r.member_id = m.id;
  if (m.id != g.leader) return r;
  for (const auto& [id, other] : g.members) {
    const std::string* metadata = other.metadata(g.protocol);
    r.members.push_back({id, other.instance_id, metadata ? *metadata : std::string()});
  }
  return r;
}

// ---- Assignment ----

void coordinator::sync(sync_request request, std::function<void(sync_result)> done) {
  const auto it = _groups.find(request.group);
  if (request.group.empty()) return done({.error = error_code::invalid_group_id});
  if (it == _groups.end()) return done({.error = error_code::unknown_member_id});
  group& g = *it->second;
  const member_claim claim{request.group, request.member_id, request.instance_id, request.generation};
  if (const auto e = check_member(g, claim); e != error_code::none) return done({.error = e});
  if (request.generation != g.generation) return done({.error = error_code::illegal_generation});
  if ((request.protocol_type && *request.protocol_type != g.protocol_type) ||
      (request.protocol && *request.protocol != g.protocol))
    return done({.error = error_code::inconsistent_group_protocol});
  member& m = g.members.at(request.member_id);
  keep_alive(g, m);
  if (g.state == group_state::preparing_rebalance) return done({.error = error_code::rebalance_in_progress});
  if (g.state == group_state::stable)
    return done({.protocol_type = g.protocol_type, .protocol = g.protocol, .assignment = m.assignment});
  m.syncing = std::move(done);
  if (m.id == g.leader && g.storing == 0) store_assignment(g, request.assignments);
}

void coordinator::store_assignment(group& g, const std::vector<std::pair<std::string, std::string>>& assignments) {
  for (const auto& [id, assignment] : assignments)
    if (const auto m = g.members.find(id); m != g.members.end()) m->second.assignment = assignment;
  const std::uint64_t ticket = g.storing = _next_store++;
  put_group(g, [this, name = g.name, ticket](bool stored) {
    const auto it = _groups.find(name);
    if (it == _groups.end() || it->second->storing != ticket) return;  // another rebalance came between
    group& now = *it->second;
    now.storing = 0;
    if (!stored) {
      finish_sync(now, error_code::coordinator_not_available);
      return prepare_rebalance(now);
    }
    now.state = group_state::stable;
    finish_sync(now, error_code::none);
    const bool all_here = std::ranges::none_of(now.members, [](const auto& m) { return m.second.syncing != nullptr; });
    if (all_here) {
      _loop.cancel(now.rebalance_timer);
      now.rebalance_timer = 0;
    }
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

error_code coordinator::heartbeat(const member_claim& claim) {
  if (claim.group.empty()) return error_code::invalid_group_id;
  const auto it = _groups.find(claim.group);
  if (it == _groups.end()) return error_code::unknown_member_id;
  group& g = *it->second;
  if (const auto e = check_member(g, claim); e != error_code::none) return e;
  if (claim.generation != g.generation) return error_code::illegal_generation;
  keep_alive(g, g.members.at(claim.member_id));
  return g.state == group_state::preparing_rebalance ? error_code::rebalance_in_progress : error_code::none;
}

error_code coordinator::leave(const member_claim& claim) {
  if (claim.group.empty()) return error_code::invalid_group_id;
  const auto it = _groups.find(claim.group);
  if (it == _groups.end()) return error_code::unknown_member_id;
  group& g = *it->second;
  if (const auto given = g.ids_given.find(claim.member_id); given != g.ids_given.end()) {
    _loop.cancel(given->second);
    g.ids_given.erase(given);
    try_complete_join(g);
    return error_code::none;
  }
  member_claim who = claim;
  if (who.instance_id && who.member_id.empty())  // an administrator names the instance alone
    if (const auto known = g.instances.find(*who.instance_id); known != g.instances.end())
      who.member_id = known->second;
  if (const auto e = check_member(g, who); e != error_code::none) return e;
  remove_member(g, who.member_id);
  return error_code::none;
}

void coordinator::remove_member(group& g, const std::string& id) {
  const auto it = g.members.find(id);
  if (it == g.members.end()) return;
  member gone = std::move(it->second);
  g.members.erase(it);
  _loop.cancel(gone.timer);
  if (gone.instance_id) g.instances.erase(*gone.instance_id);
  if (gone.joining) gone.joining({.error = error_code::unknown_member_id, .member_id = gone.id});
  if (gone.syncing) gone.syncing({.error = error_code::unknown_member_id});
  if (g.state == group_state::stable || g.state == group_state::completing_rebalance) prepare_rebalance(g);
  try_complete_join(g);
}

void coordinator::keep_alive(group& g, member& m) {
  m.alive_until_ms = net::now_ms() + m.session_timeout_ms;
  if (m.timer == 0) watch(g.name, m.id, m.session_timeout_ms);
}

// One timer a member, which looks at the time of the last sign of life when it fires: heartbeats cost no timer.
void coordinator::watch(const std::string& group_name, const std::string& member_id, std::int64_t delay_ms) {
  const auto g = _groups.find(group_name);
  if (g == _groups.end()) return;
  const auto m = g->second->members.find(member_id);
  if (m == g->second->members.end()) return;
  _loop.cancel(m->second.timer);
  m->second.timer = _loop.after(delay_ms, [this, group_name, member_id] { on_session_timer(group_name, member_id); });
}

void coordinator::on_session_timer(const std::string& group_name, const std::string& member_id) {
  const auto it = _groups.find(group_name);
  if (it == _groups.end()) return;
  group& g = *it->second;
  const auto m = g.members.find(member_id);
  if (m == g.members.end()) return;
  m->second.timer = 0;
  const std::int64_t left = m->second.alive_until_ms - net::now_ms();
  // Who waits for an answer of ours cannot send heartbeats in every client: the rebalance's time-out bounds that.
  if (left > 0 || m->second.joining || m->second.syncing)
    return watch(group_name, member_id, left > 0 ? left : m->second.session_timeout_ms);
  _logger.info("group member fell silent, removed",
               {{"group", std::string_view(group_name)}, {"member", std::string_view(member_id)}});
  remove_member(g, member_id);
}

}  // namespace mes::bus::groups
