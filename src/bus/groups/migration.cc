// Groups on their way from the classic protocol to KIP-848's and back, while members are at work.
//
// A member that speaks the new protocol makes the group a new one; the others go on by the classic protocol, and what
// their requests mean to the group's epochs is here. When only such are left, the group is a classic one again.
#include <fmt/format.h>

#include <algorithm>

#include "base/uuid.h"
#include "bus/groups/client_protocol.h"
#include "bus/groups/coordinator.h"

namespace mes::bus::groups {
using wire::kafka::error_code;

// ---- To KIP-848 ----

error_code coordinator::upgrade_error(const group& g, const heartbeat_request& request, std::string& why) const {
  why = fmt::format("Group {} is not a consumer group.", g.name);
  if (request.epoch != 0 || g.is_empty()) return error_code::group_id_not_found;
  if (!g.uses_consumer_protocol()) {
    why = fmt::format(
        "Cannot upgrade classic group {} to consumer group because the group does not use the consumer "
        "embedded protocol.",
        g.name);
    return error_code::group_id_not_found;
  }
  if (g.members.size() > _options.consumer_group_size_max) {
    why = fmt::format(
        "Cannot upgrade classic group {} to consumer group because the group size exceeds the consumer "
        "group maximum size.",
        g.name);
    return error_code::group_id_not_found;
  }
  return error_code::none;
}

// The group as its last classic generation left it: each member settled with what it was assigned.
std::optional<consumer_group> coordinator::upgraded(const group& g) const {
  consumer_group result;
  result.epoch = result.target_epoch = g.generation;
  targets target;
  shared_topic_sets named;
  const std::string protocol = g.protocol.empty() ? g.chosen_protocol() : g.protocol;
  for (const auto& [id, m] : g.members) {
    const std::string* metadata = m.metadata(protocol);
    const auto subscription = metadata ? unpack_subscription(*metadata, *_topics) : std::nullopt;
    auto assigned = unpack_assignment(m.assignment, *_topics);
    if (!subscription || !assigned) return std::nullopt;
    consumer_member& now = result.members[id].edit();
    now.id = id;
    now.instance_id = m.instance_id;
    now.rack_id = subscription->rack_id;
    now.client_id = m.client_id;
    now.client_host = m.client_host;
    now.rebalance_timeout_ms = m.rebalance_timeout_ms;
    now.topics = named.shared(subscription->topics);
    now.classic = classic_side{m.session_timeout_ms, m.supported};
    now.epoch = now.previous_epoch = g.generation;
    now.assigned = *assigned;
    target[id] = std::move(*assigned);
  }
  result.target = std::move(target);
  return result;
}

// Who waits for the end of a classic rebalance is told of the new one; sessions go on.
void coordinator::leave_classic_behind(group& g) {
  _loop.cancel(std::exchange(g.rebalance_timer, 0));
  for (const auto& [id, given] : std::exchange(g.ids_given, {})) _loop.cancel(given.timer);
  for (auto& [id, m] : std::exchange(g.members, {})) {
    _loop.cancel(m.timer);
    if (m.joining) m.joining({.error = error_code::rebalance_in_progress, .member_id = id});
    if (m.syncing) m.syncing({.error = error_code::rebalance_in_progress});
    member_clock& clock = g.clocks[id];
    clock.alive_until_ms = net::now_ms() + m.session_timeout_ms;
    clock.session = _loop.after(m.session_timeout_ms, [this, name = g.name, id] { on_consumer_session(name, id); });
  }
}

// ---- Members of the classic protocol in a group of the new one ----

namespace {

bool supports(const consumer_group& g, const join_request& r) {
  if (r.protocol_type != consumer_protocol_type) return false;
  return std::ranges::any_of(r.supported, [&](const auto& offered) {
    return std::ranges::all_of(g.members, [&](const auto& m) {
      return !m.second->classic || metadata_of(m.second->classic->supported, offered.first);
    });
  });
}

// The member that a claim names, whichever protocol it speaks.
const consumer_member* find_member(const consumer_group& g, const std::string& member_id,
                                   const std::optional<std::string>& instance_id, error_code& error) {
  const auto it = g.members.find(member_id);
  const consumer_member* m = instance_id             ? g.find_instance(*instance_id)
                             : it == g.members.end() ? nullptr
                                                     : &*it->second;
  error = !m ? error_code::unknown_member_id : m->id != member_id ? error_code::fenced_instance_id : error_code::none;
  return error == error_code::none ? m : nullptr;
}

// The same, if it speaks the classic protocol.
const consumer_member* find_classic(const consumer_group& g, const std::string& member_id,
                                    const std::optional<std::string>& instance_id, error_code& error) {
  const consumer_member* const m = find_member(g, member_id, instance_id, error);
  if (!m || m->classic) return m;
  error = error_code::unknown_member_id;
  return nullptr;
}

// It waits for partitions that somebody still has.
bool waits_in_vain(const consumer_group& g, const consumer_member& m) {
  for (const auto& [topic, partitions] : g.target_of(m.id))
    for (const std::int32_t p : partitions)
      if (!holds(m.assigned, topic, p) && g.has_owner(topic, p)) return true;
  return false;
}

// Finds, makes or replaces the member in `next`; its id, or why not.
error_code place_joining(const consumer_group& g, consumer_group& next, const join_request& r, std::string& id) {
  if (r.instance_id) {
    const consumer_member* known = g.find_instance(*r.instance_id);
    if (r.member_id.empty() && known) {
      replace(next, known->id, id);
      return error_code::none;
    }
    if (!r.member_id.empty()) {
      if (!known) return error_code::unknown_member_id;
      return known->id == r.member_id ? error_code::none : error_code::fenced_instance_id;
    }
  }
  next.members[id].edit().id = id;
  return error_code::none;
}

}  // namespace

void coordinator::join_modern(group& g, join_request r, std::function<void(join_result)> done) {
  const consumer_group& now = *g.modern;
  const auto refuse = [&](error_code e) { done({.error = e, .member_id = r.member_id}); };
  if (now.members.size() >= _options.consumer_group_size_max && !now.members.contains(r.member_id))
    return refuse(error_code::group_max_size_reached);
  if (r.supported.empty() || !supports(now, r)) return refuse(error_code::inconsistent_group_protocol);
  std::string id = r.member_id.empty() ? r.client_id + "-" + uuid::make_v4().to_string() : r.member_id;
  if (r.member_id.empty() && !r.instance_id && r.id_required)
    return done({.error = error_code::member_id_required, .member_id = id});
  const auto subscription = unpack_subscription(r.supported.front().second, *_topics);
  if (!subscription) return refuse(error_code::inconsistent_group_protocol);

  consumer_group next = now;
  if (const auto e = place_joining(now, next, r, id); e != error_code::none) return refuse(e);
  consumer_member& m = next.members.at(id).edit();
  const auto topics_before = m.topics;
  if (r.instance_id) m.instance_id = r.instance_id;
  if (subscription->rack_id) m.rack_id = subscription->rack_id;
  m.rebalance_timeout_ms = r.rebalance_timeout_ms;
  m.topics = subscription->topics;
  m.regex.clear();
  m.client_id = r.client_id;
  m.client_host = r.client_host;
  m.classic = classic_side{r.session_timeout_ms, r.supported};
  bring_up_to_date(next, *_topics, topics_before != m.topics, g.topics_seen != _topics->version());
  move_member(now, next, id, subscription->owned);

  join_result result{.generation = next.members.at(id)->epoch,
                     .protocol_type = std::string(consumer_protocol_type),
                     .protocol = r.supported.front().first,
                     .member_id = id};
  const auto joined = [this, name = g.name, result, done = std::move(done)](error_code error) {
    if (error != error_code::none) return done({.error = error, .member_id = result.member_id});
    group* const g_now = known(name);
    if (g_now && g_now->modern && g_now->modern->members.contains(result.member_id)) {
      const consumer_member& joined_member = *g_now->modern->members.at(result.member_id);
      keep_alive(*g_now, joined_member);
      _loop.cancel(std::exchange(g_now->clocks[result.member_id].rebalance, 0));
      expect_within(*g_now, joined_member, joined_member.rebalance_timeout_ms);  // its SyncGroup
    }
    done(result);
  };
  g.topics_seen = _topics->version();
  const auto change = difference(now, next);
  if (!change) return joined(error_code::none);
  put_consumer(g, *change, joined);
}

void coordinator::sync_modern(group& g, const sync_request& r, const std::function<void(sync_result)>& done) {
  error_code error;
  const consumer_member* m = find_classic(*g.modern, r.member_id, r.instance_id, error);
  if (!m) return done({.error = error});
  if (r.generation != m->epoch) return done({.error = error_code::illegal_generation});
  const std::string& protocol = m->classic->supported.front().first;
  if ((r.protocol_type && *r.protocol_type != consumer_protocol_type) || (r.protocol && *r.protocol != protocol))
    return done({.error = error_code::inconsistent_group_protocol});
  member_clock& clock = g.clocks[m->id];
  _loop.cancel(std::exchange(clock.rebalance, 0));
  keep_alive(g, *m);
  if (g.modern->epoch > m->epoch && m->state != progress::unrevoked) {
    expect_within(g, *m, m->rebalance_timeout_ms);  // its next JoinGroup
    return done({.error = error_code::rebalance_in_progress});
  }
  const auto subscription = unpack_subscription(m->classic->supported.front().second, *_topics);
  const std::int16_t version = subscription ? subscription->version : std::int16_t{0};
  done({.protocol_type = std::string(consumer_protocol_type),
        .protocol = protocol,
        .assignment = pack_assignment(m->assigned, version, *_topics)});
}

// The member is sent to join again when there is something new for it: an epoch, partitions to give up, or partitions
// that have become free.
error_code coordinator::heartbeat_modern(group& g, const member_claim& claim) {
  error_code error;
  const consumer_member* m = find_classic(*g.modern, claim.member_id, claim.instance_id, error);
  if (!m) return error;
  if (claim.generation != m->epoch) return error_code::illegal_generation;
  keep_alive(g, *m);
  const bool is_behind = m->epoch < g.modern->epoch || m->state == progress::unrevoked ||
                         (m->state == progress::unreleased && !waits_in_vain(*g.modern, *m));
  if (!is_behind) return error_code::none;
  expect_within(g, *m, m->rebalance_timeout_ms);
  return error_code::rebalance_in_progress;
}

// An administrator may take out any member by this request, also one that would leave by its heartbeat.
void coordinator::leave_modern(group& g, const std::vector<leaving_member>& members,
                               std::function<void(leave_result)> done) {
  leave_result result;
  std::vector<std::string> gone;
  for (const auto& who : members) {
    error_code& error = result.members.emplace_back(error_code::none);
    const consumer_member* named = who.instance_id ? g.modern->find_instance(*who.instance_id) : nullptr;
    const std::string id = who.member_id.empty() && named ? named->id : who.member_id;
    if (find_member(*g.modern, id, who.instance_id, error) && std::ranges::find(gone, id) == gone.end())
      gone.push_back(id);
  }
  if (gone.empty()) return done(std::move(result));
  put_consumer(
      g, without_members(*g.modern, gone, *_topics),
      [this, name = g.name, gone, result, done = std::move(done)](error_code error) mutable {
        result.error = error;
        if (group* const now = known(name); now && error == error_code::none)
          for (const auto& id : gone) forget_clock(*now, id);
        done(std::move(result));
      },
      true);
}

// ---- Back to the classic protocol ----

// As a stable generation with the targets as its assignment; then its members are asked to join for the next.
void coordinator::downgrade(group& g, std::function<void()> done) {
  group to{.name = g.name, .state = group_state::stable, .generation = g.modern->epoch};
  to.protocol_type = consumer_protocol_type;
  for (const auto& [id, m] : g.modern->members) {
    member& now = to.members[id];
    now.id = id;
    now.instance_id = m->instance_id;
    now.client_id = m->client_id;
    now.client_host = m->client_host;
    now.session_timeout_ms = m->classic->session_timeout_ms;
    now.rebalance_timeout_ms = m->rebalance_timeout_ms;
    now.supported = m->classic->supported;
    const auto subscription = unpack_subscription(now.supported.front().second, *_topics);
    now.assignment =
        pack_assignment(g.modern->target_of(id), subscription ? subscription->version : std::int16_t{0}, *_topics);
  }
  to.protocol = to.chosen_protocol();
  g.changing = true;
  put_group(to, [this, name = g.name, done = std::move(done)](error_code error) {
    group* const now = known(name);
    if (!now) return done();
    now->changing = false;
    if (error == error_code::none)
      _logger.info("group speaks the classic protocol again", {{"group", std::string_view(name)}});
    else if (error == error_code::unknown_server_error)  // it may fit with the next change of the group
      _logger.warn("group cannot go back to the classic protocol: its members say too much",
                   {{"group", std::string_view(name)}});
    else  // the disk is full: again when there may be room
      _loop.after(2'000, [this, name] {
        if (group* const later = known(name);
            later && later->modern && !later->changing && is_all_classic(*later->modern))
          downgrade(*later, [] {});
      });
    if (error == error_code::none && !now->modern) {
      for (const auto& [id, clock] : std::exchange(now->clocks, {})) {
        _loop.cancel(clock.session);
        _loop.cancel(clock.rebalance);
      }
      for (auto& [id, m] : now->members) keep_alive(*now, m);
      prepare_rebalance(*now);
    }
    done();
    change_done(name);
  });
}

}  // namespace mes::bus::groups
