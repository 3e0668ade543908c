// KIP-848: the rules' answers, given when their change is in the log; and the time-outs of members.
#include <algorithm>

#include <fmt/format.h>

#include "base/uuid.h"
#include "bus/groups/changes.h"
#include "bus/groups/coordinator.h"

namespace mes::bus::groups {
using wire::kafka::error_code;

void coordinator::consumer_heartbeat(heartbeat_request request, std::function<void(heartbeat_result)> done) {
  if (auto refused = check(request, _options.member_bytes_max)) return done(std::move(*refused));
  group* g = known(request.group);
  if (!g && request.epoch != 0)
    return done(refuse(error_code::group_id_not_found, fmt::format("Consumer group {} not found.", request.group)));
  if (!g && !has_room_for(request.group))
    return done(refuse(error_code::policy_violation, "The broker has as many groups as it may have."));
  const bool is_new = !g;
  if (!g) g = &make(request.group);
  if (request.member_id.empty()) request.member_id = uuid::make_v4().to_string();
  // What a change on its way will make of the group is not known yet; but who is at rest can be told so.
  const bool looks_on = g->changing && g->modern && g->topics_seen == _topics->version();
  auto at_rest = looks_on ? beat_at_rest(*g->modern, request) : std::nullopt;
  if (g->changing && !at_rest) {
    const auto again =
        std::make_shared<std::pair<heartbeat_request, std::function<void(heartbeat_result)>>>(std::move(request), done);
    if (!wait_for_change(*g, bytes_of(again->first),
                         [this, again] { consumer_heartbeat(std::move(again->first), std::move(again->second)); }))
      done(refuse(error_code::coordinator_load_in_progress, "Too many members change at once."));
    return;
  }
  auto result = at_rest ? std::move(*at_rest) : answer_to(*g, request);
  if (result.error != error_code::none || !result.change) {
    if (result.error == error_code::none)
      after_beat(*g, request.member_id, request.epoch);
    else if (is_new)
      _groups.erase(request.group);
    return done(std::move(result));
  }
  const consumer_change change = std::move(*result.change);
  result.change.reset();
  const std::uint64_t seen = g->topics_seen;
  if (request.epoch >= 0) g->topics_seen = _topics->version();
  put_consumer(
      *g, change,
      [this, name = g->name, member = request.member_id, epoch = request.epoch, result, seen,
       done = std::move(done)](error_code error) {
        group* const now = known(name);
        const bool is_gone = !now || (!now->modern && epoch >= 0);  // who leaves may leave classic members alone
        if (error != error_code::none || is_gone) {
          if (now) now->topics_seen = seen;
          return done(refuse(error == error_code::none ? error_code::unknown_member_id : error,
                             "The change of the group could not be stored."));
        }
        after_beat(*now, member, epoch);
        done(result);
      },
      request.epoch < 0);
}

// By the rules. A group that is empty, or speaks the classic protocol, is answered as what it becomes.
heartbeat_result coordinator::answer_to(group& g, const heartbeat_request& request) {
  const bool leaves = request.epoch < 0;
  const bool look_again = g.topics_seen != _topics->version();
  const group_room room{_options.consumer_group_size_max, std::min(_options.state_bytes_max, memory_left_to(g))};
  heartbeat_result result;
  const bool begins = request.epoch == 0 && g.is_empty() && (g.deleting || !g.modern);
  if (begins) {
    result = beat({}, request, *_topics, true, room);
    if (result.change) result.change->fresh = true;
  } else if (g.modern) {
    result =
        leaves ? groups::leave(*g.modern, request, *_topics) : beat(*g.modern, request, *_topics, look_again, room);
  } else {
    std::string why;
    if (const auto e = upgrade_error(g, request, why); e != error_code::none) return refuse(e, std::move(why));
    const auto from = upgraded(g);
    if (!from)
      return refuse(error_code::group_id_not_found,
                    fmt::format("Cannot upgrade the classic group {} to consumer group because the embedded consumer "
                                "protocol is malformed.",
                                g.name));
    result = beat(*from, request, *_topics, true, room);
    if (result.change) {
      consumer_group next = *from;
      groups::apply(next, std::move(*result.change));
      result.change = whole(next);
    }
  }
  if (result.error == error_code::none && !result.change && !leaves && g.modern) g.topics_seen = _topics->version();
  if (result.error == error_code::none && !leaves)
    result.interval_ms = config(g, "consumer.heartbeat.interval.ms", _options.consumer_heartbeat_interval_ms);
  return result;
}

// ---- One change at a time ----

bool coordinator::wait_for_change(group& g, std::size_t bytes, std::function<void()> again) {
  constexpr std::size_t small_bytes = 1024;  // who leaves, and who says that it is there
  const bool has_memory =
      bytes <= small_bytes || _options.members_bytes_max == 0 || _members_bytes + bytes <= _options.members_bytes_max;
  if (g.waiting.size() >= _options.waiting_max || !has_memory) return false;
  g.waiting.push_back({std::move(again), {_members_bytes, bytes}});
  return true;
}

void coordinator::put_consumer(group& g, const consumer_change& change, std::function<void(error_code)> done,
                               bool is_leave) {
  const auto packed = [&](const consumer_change& what) {
    wire::kafka::writer out;
    out.int8(static_cast<std::int8_t>(change::consumer_group));
    out.string(true, g.name);
    write_change(out, what, change_form::latest);
    return std::move(out.buffer());
  };
  std::string payload = packed(change);
  const bool only_takes_out = !change.gone.empty() && change.members.empty() && change.target.empty();
  if (payload.size() > _options.state_bytes_max && only_takes_out) {
    // Who has gone must not stay for what the group's topics have come to: the next heartbeat is about those.
    consumer_change alone = change;
    alone.topics.reset();
    alone.patterns.reset();
    payload = packed(alone);
    g.topics_seen = 0;
  }
  if (payload.size() > _options.state_bytes_max) return done(error_code::unknown_server_error);
  g.changing = true;
  _put(std::move(payload), [this, name = g.name, done = std::move(done), is_leave](bool stored) {
    group* const now = known(name);
    if (now) now->changing = false;
    // Who leaves is answered when the group is what its leaving makes of it.
    const bool turns = now && stored && now->modern && is_all_classic(*now->modern);
    if (turns && is_leave) return downgrade(*now, [done] { done(error_code::none); });
    done(stored ? error_code::none : error_code::coordinator_not_available);
    if (turns) return downgrade(*now, [] {});
    change_done(name);
  });
}

// Who waited goes on, until one of them changes the group again.
void coordinator::change_done(const std::string& name) {
  for (group* g = known(name); g && !g->changing && !g->waiting.empty(); g = known(name)) {
    const auto next = std::move(g->waiting.front().again);
    g->waiting.pop_front();
    next();
  }
}

// ---- Time-outs ----

std::int32_t coordinator::session_timeout_ms(const group& g, const consumer_member& m) const {
  if (m.classic) return m.classic->session_timeout_ms;
  return config(g, "consumer.session.timeout.ms", _options.consumer_session_timeout_ms);
}

std::int32_t coordinator::config(const group& g, std::string_view name, std::int32_t otherwise) const {
  return _read_config ? static_cast<std::int32_t>(_read_config(g.name, name, otherwise)) : otherwise;
}

void coordinator::after_beat(group& g, const std::string& member_id, std::int32_t epoch) {
  if (!g.modern) return;
  // Clocks of those that are gone: who left, and whom a static member replaced.
  if (g.clocks.size() > g.modern->members.size() || epoch < 0) {
    std::vector<std::string> gone;
    for (const auto& [id, clock] : g.clocks)
      if (!g.modern->members.contains(id)) gone.push_back(id);
    for (const auto& id : gone) forget_clock(g, id);
  }
  const auto m = g.modern->members.find(member_id);
  if (m == g.modern->members.end()) return;
  if (epoch >= 0) keep_alive(g, *m->second);
  watch_rebalance(g, *m->second);
}

void coordinator::keep_alive(group& g, const consumer_member& m) {
  member_clock& clock = g.clocks[m.id];
  const std::int32_t timeout = session_timeout_ms(g, m);
  clock.alive_until_ms = net::now_ms() + timeout;
  if (clock.session == 0)
    clock.session = _loop.after(timeout, [this, name = g.name, id = m.id] { on_consumer_session(name, id); });
}

void coordinator::on_consumer_session(const std::string& group_name, const std::string& member_id) {
  group* const g = known(group_name);
  if (!g || !g->modern || !g->clocks.contains(member_id)) return;
  member_clock& clock = g->clocks[member_id];
  clock.session = 0;
  const std::int64_t left = clock.alive_until_ms - _loop.seen_until_ms();
  if (left <= 0) return fence(group_name, member_id, "it fell silent");
  clock.session = _loop.after(left, [this, group_name, member_id] { on_consumer_session(group_name, member_id); });
}

// A member that must give up partitions has its rebalance time-out for it.
void coordinator::watch_rebalance(group& g, const consumer_member& m) {
  if (m.classic) return;
  member_clock& clock = g.clocks[m.id];
  if (m.state != progress::unrevoked || m.epoch < 0) {
    _loop.cancel(std::exchange(clock.rebalance, 0));
    return;
  }
  if (clock.rebalance != 0 && clock.rebalance_epoch == m.epoch) return;
  _loop.cancel(std::exchange(clock.rebalance, 0));
  expect_within(g, m, m.rebalance_timeout_ms);
}

// Unless something cancels that, the member is out when the time is over and it still has this epoch.
void coordinator::expect_within(group& g, const consumer_member& m, std::int64_t timeout_ms) {
  member_clock& clock = g.clocks[m.id];
  if (clock.rebalance != 0) return;
  clock.rebalance_epoch = m.epoch;
  clock.rebalance = _loop.after(
      timeout_ms, [this, name = g.name, id = m.id, epoch = m.epoch] { on_consumer_rebalance(name, id, epoch); });
}

void coordinator::on_consumer_rebalance(const std::string& group_name, const std::string& member_id,
                                        std::int32_t epoch) {
  group* const g = known(group_name);
  if (!g || !g->modern || !g->clocks.contains(member_id)) return;
  g->clocks[member_id].rebalance = 0;
  const auto m = g->modern->members.find(member_id);
  if (m == g->modern->members.end() || m->second->epoch != epoch) return;
  fence(group_name, member_id, "it did not rebalance in time");
}

void coordinator::fence(const std::string& group_name, const std::string& member_id, std::string_view why) {
  group* const g = known(group_name);
  if (!g || !g->modern || !g->modern->members.contains(member_id)) return;
  if (g->changing) {
    // The queue is for requests; this one must not be lost when it is full.
    g->waiting.push_back({[this, group_name, member_id, why] { fence(group_name, member_id, why); }, {}});
    return;
  }
  const auto gone = [this, group_name, member_id, why](error_code error) {
    group* const now = known(group_name);
    if (error == error_code::none)
      _logger.info(
          "group member removed",
          {{"group", std::string_view(group_name)}, {"member", std::string_view(member_id)}, {"because", why}});
    if (!now) return;
    if (error == error_code::none) return forget_clock(*now, member_id);
    // The disk is full: again when there may be room.
    if (now->modern) _loop.after(2'000, [this, group_name, member_id, why] { fence(group_name, member_id, why); });
  };
  put_consumer(*g, without_members(*g->modern, {member_id}, *_topics), gone);
}

void coordinator::forget_clock(group& g, const std::string& member_id) {
  const auto it = g.clocks.find(member_id);
  if (it == g.clocks.end()) return;
  _loop.cancel(it->second.session);
  _loop.cancel(it->second.rebalance);
  g.clocks.erase(it);
}

}  // namespace mes::bus::groups
