// The classic protocol's first half: members join, and a generation begins when all of them have.
#include <algorithm>

#include "base/instant.h"
#include "base/uuid.h"
#include "bus/groups/coordinator.h"

namespace mes::bus::groups {
using wire::kafka::error_code;

void coordinator::join_classic(group& g, join_request request, std::function<void(join_result)> done) {
  const bool is_new = request.member_id.empty();
  if (!may_join(g, request.member_id)) {
    drop_member(g, request.member_id);
    return done({.error = error_code::group_max_size_reached});
  }
  const bool fits =
      g.state == group_state::empty || (g.protocol_type == request.protocol_type && g.supports(request.supported));
  if (request.protocol_type.empty() || request.supported.empty() || !fits)
    return done({.error = error_code::inconsistent_group_protocol, .member_id = request.member_id});
  if (is_new)
    join_new(g, std::move(request), std::move(done));
  else
    join_known(g, std::move(request), std::move(done));
}

// While members join, those that wait are counted: who comes last again, when the limit was lowered, is out.
bool coordinator::may_join(const group& g, const std::string& member_id) const {
  const auto known = g.members.find(member_id);
  if (g.state == group_state::empty) return true;
  if (g.state != group_state::preparing_rebalance)
    return known != g.members.end() || g.members.size() < _options.group_size_max;
  if (known != g.members.end() && known->second.joining) return true;
  const auto waiting = std::ranges::count_if(g.members, [](const auto& m) { return m.second.joining != nullptr; });
  return static_cast<std::size_t>(waiting) < _options.group_size_max;
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
  add_member(g, id, std::move(request), std::move(done));
}

void coordinator::give_id(group& g, const join_request& request, const std::function<void(join_result)>& done) {
  if (g.ids_given.size() >= _options.ids_given_max) return done({.error = error_code::group_max_size_reached});
  const std::string id = request.client_id + "-" + uuid::make_v4().to_string();
  // One that never comes back must not hold up the others for longer than a member that fell silent.
  const auto timer = _loop.after(request.session_timeout_ms, [this, name = g.name, id] {
    const auto it = _groups.find(name);
    if (it == _groups.end() || it->second->ids_given.erase(id) == 0) return;
    try_complete_join(*it->second);
  });
  g.ids_given[id] = {timer, held_for_id(g, id)};
  done({.error = error_code::member_id_required, .member_id = id});
}

void coordinator::join_known(group& g, join_request request, std::function<void(join_result)> done) {
  const auto refuse = [&](error_code e) { done({.error = e, .member_id = request.member_id}); };
  if (const auto given = g.ids_given.find(request.member_id); given != g.ids_given.end()) {
    if (request.instance_id) return refuse(error_code::unknown_member_id);  // only dynamic members are given ids
    _loop.cancel(given->second.timer);
    g.ids_given.erase(given);
    std::string id = request.member_id;
    return add_member(g, id, std::move(request), std::move(done));
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
      if (same && m.id != g.leader) return done(current(g, m));
      break;
    case group_state::empty:
      return refuse(error_code::unknown_member_id);
  }
  m.supported = request.supported;
  prepare_rebalance(g);
  update_member(g, m, std::move(request), std::move(done));
}

member& coordinator::rename(group& g, const std::string& old_id, const std::string& new_id) {
  auto node = g.members.extract(old_id);
  _loop.cancel(std::exchange(node.mapped().timer, 0));
  node.key() = node.mapped().id = new_id;
  if (g.leader == old_id) g.leader = new_id;
  if (node.mapped().instance_id) g.instances[*node.mapped().instance_id] = new_id;
  return g.members.insert(std::move(node)).position->second;
}

// A static member is back under a new id (KIP-345): the old id is fenced; if the group's protocol stays as it is,
// nobody is disturbed.
void coordinator::replace_static(group& g, const std::string& old_id, join_request request,
                                 std::function<void(join_result)> done) {
  const std::string id = *request.instance_id + "-" + uuid::make_v4().to_string();
  member& m = rename(g, old_id, id);
  if (m.joining) std::exchange(m.joining, nullptr)({.error = error_code::fenced_instance_id, .member_id = old_id});
  if (m.syncing) std::exchange(m.syncing, nullptr)({.error = error_code::fenced_instance_id});
  const bool skip = request.knows_skip_assignment;
  m.supported = request.supported;
  if (g.state == group_state::stable && g.chosen_protocol() == g.protocol) {
    update_member(g, m, std::move(request), nullptr);
    return store_replaced(g, old_id, id, skip, std::move(done));
  }
  if (g.state != group_state::preparing_rebalance) prepare_rebalance(g);
  update_member(g, m, std::move(request), std::move(done));
}

void coordinator::store_replaced(group& g, const std::string& old_id, const std::string& id, bool skip,
                                 std::function<void(join_result)> done) {
  put_group(g, [this, name = g.name, id, old_id, skip, done = std::move(done)](error_code error) {
    group* const now = known(name);
    const auto m = now ? now->members.find(id) : std::map<std::string, member>::iterator{};
    if (!now || m == now->members.end()) return done({.error = error_code::unknown_member_id, .member_id = id});
    if (error != error_code::none) {
      keep_alive(*now, rename(*now, id, old_id));
      return done({.error = error});
    }
    auto answer = current(*now, m->second);
    // It must not compute an assignment. Clients before version 9 know that only from another leader's name.
    answer.skip_assignment = now->leader == id && skip;
    if (now->leader == id && !skip) {
      answer.leader = old_id;
      answer.members.clear();
    }
    done(std::move(answer));
  });
}

void coordinator::add_member(group& g, const std::string& id, join_request request,
                             std::function<void(join_result)> done) {
  member& m = g.members[id];
  m.id = id;
  m.instance_id = request.instance_id;
  m.is_new = true;
  if (m.instance_id) g.instances[*m.instance_id] = id;
  if (g.members.size() == 1) g.protocol_type = request.protocol_type;
  m.rebalance_timeout_ms = request.rebalance_timeout_ms;
  if (g.state == group_state::preparing_rebalance)
    g.more_came = true;
  else
    prepare_rebalance(g);
  update_member(g, m, std::move(request), std::move(done));
  // While it waits it cannot send heartbeats; if its connection is gone, this ends the waiting.
  if (const auto it = g.members.find(id); it != g.members.end() && it->second.joining) {
    it->second.alive_until_ms = net::now_ms() + _options.new_member_join_timeout_ms;
    watch(g.name, id, _options.new_member_join_timeout_ms);
  }
}

// `done` empty: it does not wait.
void coordinator::update_member(group& g, member& m, join_request request, std::function<void(join_result)> done) {
  m.client_id = std::move(request.client_id);
  m.client_host = std::move(request.client_host);
  m.session_timeout_ms = request.session_timeout_ms;
  m.rebalance_timeout_ms = request.rebalance_timeout_ms;
  m.supported = std::move(request.supported);
  count_memory(g, m);
  keep_alive(g, m);
  if (!done) return;
  if (m.joining) std::exchange(m.joining, nullptr)({.error = error_code::rebalance_in_progress, .member_id = m.id});
  m.joining = std::move(done);
  if (g.is_first_rebalance && _options.initial_rebalance_delay_ms == 0) return complete_join(g);
  try_complete_join(g);
}

void coordinator::prepare_rebalance(group& g) {
  if (g.state == group_state::completing_rebalance) {
    for (auto& [id, m] : g.members) m.assignment.clear();
    finish_sync(g, error_code::rebalance_in_progress);
  }
  g.is_first_rebalance = g.state == group_state::empty;
  g.more_came = false;
  g.state = group_state::preparing_rebalance;
  g.storing = 0;
  _loop.cancel(std::exchange(g.rebalance_timer, 0));
  const std::int64_t patience = g.rebalance_timeout_ms(), delay = _options.initial_rebalance_delay_ms;
  if (g.is_first_rebalance && delay > 0) {
    const std::int64_t left = std::max<std::int64_t>(patience - delay, 0);
    g.rebalance_timer =
        _loop.after(delay, [this, name = g.name, delay, left] { extend_first_rebalance(name, delay, left); });
  } else {
    g.rebalance_timer = _loop.after(patience, [this, name = g.name] { on_rebalance_timeout(name); });
  }
}

// The first members wait for others; each time that more came the wait is longer, up to the rebalance time-out.
void coordinator::extend_first_rebalance(const std::string& name, std::int64_t waited_ms, std::int64_t left_ms) {
  group* const g = known(name);
  if (!g) return;
  g->rebalance_timer = 0;
  if (g->state != group_state::preparing_rebalance) return;
  if (!std::exchange(g->more_came, false) || left_ms == 0) return complete_join(*g);
  const std::int64_t delay = std::min(_options.initial_rebalance_delay_ms, left_ms);
  const std::int64_t left = std::max<std::int64_t>(left_ms - waited_ms, 0);
  g->rebalance_timer = _loop.after(delay, [this, name, delay, left] { extend_first_rebalance(name, delay, left); });
}

// `done` runs in any case: when what had to be stored is, or at once.
void coordinator::try_complete_join(group& g, on_stored done) {
  if (g.state == group_state::preparing_rebalance && !g.is_first_rebalance && g.all_joined())
    return complete_join(g, std::move(done));
  if (g.state == group_state::preparing_rebalance && g.members.empty() && g.ids_given.empty())
    return complete_join(g, std::move(done));
  if (done) done(true);
}

void coordinator::on_rebalance_timeout(const std::string& name) {
  group* const g = known(name);
  if (!g) return;
  g->rebalance_timer = 0;
  if (g->changing || g->state == group_state::empty) return;
  if (g->state == group_state::preparing_rebalance) return complete_join(*g);
  // Members that never came for their assignment.
  std::vector<std::string> silent;
  for (const auto& [id, m] : g->members)
    if (!m.has_synced) silent.push_back(id);
  if (silent.empty()) return;
  for (const auto& id : silent) drop_member(*g, id);
  after_drop(*g);
}

// Who has not joined in time is out; a static member keeps its place until its session ends.
void coordinator::drop_unjoined(group& g) {
  std::vector<std::string> late;
  for (const auto& [id, m] : g.members)
    if (!m.joining && !m.instance_id) late.push_back(id);
  for (const auto& id : late) drop_member(g, id);
}

// The leader is one that has joined; false: nobody has.
bool coordinator::elect_leader(group& g) {
  if (const auto m = g.members.find(g.leader); m != g.members.end() && m->second.joining) return true;
  const auto first = std::ranges::find_if(g.members, [](const auto& m) { return m.second.joining != nullptr; });
  if (first == g.members.end()) return false;
  g.leader = first->first;
  return true;
}

void coordinator::complete_join(group& g, on_stored done) {
  _loop.cancel(std::exchange(g.rebalance_timer, 0));
  drop_unjoined(g);
  const bool is_led = elect_leader(g);
  const auto arm = [&] {
    g.rebalance_timer = _loop.after(g.rebalance_timeout_ms(), [this, name = g.name] { on_rebalance_timeout(name); });
  };
  if (!is_led && !g.members.empty()) {  // static members that have not come back: until their sessions end
    arm();
    if (done) done(true);
    return;
  }
  g.is_first_rebalance = false;
  g.generation += 1;
  if (g.members.empty()) {
    g.state = group_state::empty;
    g.protocol.clear();
    g.leader.clear();
    g.empty_since_ms = instant::now().ms();
    return put_group(g, [done = std::move(done)](error_code e) {
      if (done) done(e == error_code::none);
    });
  }
  g.protocol = g.chosen_protocol();
  g.state = group_state::completing_rebalance;
  arm();
  std::vector<std::pair<std::function<void(join_result)>, join_result>> answers;
  for (auto& [id, m] : g.members) {
    m.is_new = m.has_synced = false;
    keep_alive(g, m);
    watch(g.name, id, m.session_timeout_ms);
    if (m.joining) answers.emplace_back(std::exchange(m.joining, nullptr), current(g, m));
  }
  _logger.debug("group joined", {{"group", std::string_view(g.name)}, {"generation", std::int64_t{g.generation}}});
  for (auto& [answer, what] : answers) answer(std::move(what));
  if (done) done(true);
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

}  // namespace mes::bus::groups
