// Committed offsets: who may commit and read them, when they go.
#include <algorithm>

#include "bus/groups/changes.h"
#include "bus/groups/coordinator.h"
#include "bus/groups/offset_record.h"
#include "bus/redrive_group.h"
#include "wire/kafka/generated/groups.h"

namespace mes::bus::groups {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

// An error about the epoch, in the words of the protocol that the member speaks.
error_code epoch_error(const consumer_member& m, std::int32_t epoch) {
  if (epoch == m.epoch) return error_code::none;
  return m.classic ? error_code::illegal_generation : error_code::stale_member_epoch;
}

error_code check_modern_commit(const consumer_group& g, const member_claim& claim, const commit_terms& terms) {
  if (claim.generation < 0 && g.members.empty()) return error_code::none;
  const auto m = g.members.find(claim.member_id);
  if (m == g.members.end()) return error_code::unknown_member_id;
  if (!terms.transactional && !m->second->classic && !terms.knows_member_epoch) return error_code::unsupported_version;
  const auto error = epoch_error(*m->second, claim.generation);
  return terms.transactional && error == error_code::stale_member_epoch ? error_code::illegal_generation : error;
}

group_subscriptions classic_subscriptions(const group& g) {
  group_subscriptions all, any;
  any.are_known = false;
  if (g.protocol_type != consumer_protocol_type || g.members.empty()) return all;
  if (g.protocol.empty()) return any;
  for (const auto& [id, m] : g.members) {
    const std::string* metadata = m.metadata(g.protocol);
    if (!metadata) return any;
    kafka::reader in(*metadata);
    in.int16();
    kafka::consumer_protocol_subscription subscription;
    // Its version 0 is the beginning of every version.
    if (!decode(in, 0, subscription)) return any;
    all.topics.insert(subscription.topics.begin(), subscription.topics.end());
  }
  return all;
}

}  // namespace

error_code coordinator::check_commit(const member_claim& claim, commit_terms terms) {
  group* const g = known(claim.group);
  if (!g) {
    if (claim.generation < 0) return has_room_for(claim.group) ? error_code::none : error_code::policy_violation;
    return terms.knows_member_epoch && !terms.transactional ? error_code::group_id_not_found
                                                            : error_code::illegal_generation;
  }
  if (g->modern) return check_modern_commit(*g->modern, claim, terms);
  if (claim.generation < 0 && g->state == group_state::empty) return error_code::none;
  if (claim.generation >= 0 || !claim.member_id.empty() || claim.instance_id) {
    if (const auto e = check_member(*g, claim); e != error_code::none) return e;
    if (claim.generation != g->generation) return error_code::illegal_generation;
  } else if (!terms.transactional) {
    return error_code::unknown_member_id;
  }
  if (!terms.transactional && g->state == group_state::completing_rebalance) return error_code::rebalance_in_progress;
  if (const auto m = g->members.find(claim.member_id); m != g->members.end()) keep_alive(*g, m->second);
  return error_code::none;
}

error_code coordinator::check_fetch(std::string_view name, const std::optional<std::string>& member_id,
                                    std::int32_t epoch) const {
  const group* const g = find(name);
  if (!g || !g->modern || (!member_id && epoch < 0)) return error_code::none;
  const auto m = g->modern->members.find(member_id.value_or(""));
  if (m == g->modern->members.end()) return error_code::unknown_member_id;
  return epoch_error(*m->second, epoch);
}

void coordinator::commit(const std::string& group_name, const std::vector<offset_to_commit>& offsets, on_stored done) {
  kafka::writer out;
  begin_change(change::offsets_committed, group_name, out);
  out.varuint(static_cast<std::uint32_t>(offsets.size()));
  for (const auto& o : offsets) write_offset(out, o.where, o.what);
  ++_committing[group_name];
  _put(std::move(out.buffer()), [this, group_name, done = std::move(done)](bool stored) {
    const auto under_way = _committing.find(group_name);
    if (--under_way->second == 0) _committing.erase(under_way);
    if (done) done(stored);
  });
}

error_code coordinator::make_for_transaction(const std::string& group_name) {
  if (!has_room_for(group_name)) return error_code::policy_violation;
  make(group_name);
  return error_code::none;
}

void coordinator::commit_applied(const std::string& group_name,
                                 const std::map<topic_partition, committed_offset>& offsets) {
  group& g = make(group_name);
  for (const auto& [where, o] : offsets) g.offsets[where] = o;
}

error_code coordinator::remove(const std::string& group_name, on_stored done) {
  group* const g = known(group_name);
  if (!g) return error_code::group_id_not_found;
  if (!g->is_empty() || !g->ids_given.empty() || g->changing) return error_code::non_empty_group;
  kafka::writer out;
  begin_change(change::group_deleted, group_name, out);
  g->deleting = true;
  _put(std::move(out.buffer()), [this, group_name, done = std::move(done)](bool stored) {
    if (group* const now = known(group_name)) now->deleting = false;
    if (done) done(stored);
  });
  return error_code::none;
}

error_code coordinator::check_delete_offsets(std::string_view name) const {
  const group* g = find(name);
  if (!g) return error_code::group_id_not_found;
  return g->is_empty() || g->uses_consumer_protocol() ? error_code::none : error_code::non_empty_group;
}

group_subscriptions coordinator::subscriptions_of(const group& g) const {
  if (!g.modern) return classic_subscriptions(g);
  group_subscriptions all;
  for (const auto& [id, m] : g.modern->members) g.modern->add_topics_of(*m, *_topics, all.topics);
  return all;
}

void coordinator::remove_offsets(const std::string& group_name, const std::vector<topic_partition>& which,
                                 on_stored done) {
  kafka::writer out;
  begin_change(change::offsets_deleted, group_name, out);
  out.varuint(static_cast<std::uint32_t>(which.size()));
  for (const auto& [topic, partition] : which) {
    out.string(true, topic);
    out.int32(partition);
  }
  _put(std::move(out.buffer()), optional_callback(std::move(done)));
}

void coordinator::topic_deleted(const std::string& topic) {
  for (auto& [name, g] : _groups) std::erase_if(g->offsets, [&](const auto& o) { return o.first.first == topic; });
}

namespace {

// From when on an offset's retention counts; nothing: it does not expire now. A group that had members keeps all of its
// offsets until it has been empty for that long; members at work keep those of the topics that they subscribe to.
std::optional<std::int64_t> counts_from(const group& g, const committed_offset& o) {
  if (g.modern || g.protocol_type.empty()) return o.committed_ms;
  if (g.state == group_state::empty) return g.empty_since_ms;
  if (g.state == group_state::stable && g.uses_consumer_protocol()) return o.committed_ms;
  return std::nullopt;
}

std::vector<topic_partition> past_retention(const group& g, std::int64_t now_ms, std::int64_t retention_ms) {
  std::vector<topic_partition> over;
  for (const auto& [where, o] : g.offsets) {
    const auto since = counts_from(g, o);
    if (!since) break;
    if (o.expires_ms >= 0 ? now_ms >= o.expires_ms : now_ms - *since >= retention_ms) over.push_back(where);
  }
  return over;
}

}  // namespace

void coordinator::expire(std::int64_t now_ms) {
  std::vector<std::string> gone;
  std::vector<std::pair<std::string, std::vector<topic_partition>>> old;
  for (const auto& [name, g] : _groups) {
    if (name == redrive_group) continue;
    if (_committing.contains(name)) continue;  // its offsets look older than they are: next time
    std::vector<topic_partition> over = past_retention(*g, now_ms, _options.offsets_retention_ms);
    if (!over.empty()) {  // seldom: only then is what members subscribe to of interest
      const group_subscriptions used = subscriptions_of(*g);
      std::erase_if(over, [&](const auto& where) { return used.contain(where.first) || is_pending(name, where); });
    }
    if (over.size() == g->offsets.size() && g->is_empty() && !has_pending(name))
      gone.push_back(name);
    else if (!over.empty())
      old.emplace_back(name, std::move(over));
  }
  for (const auto& name : gone) remove(name, nullptr);
  for (const auto& [name, which] : old) remove_offsets(name, which, nullptr);
}

}  // namespace mes::bus::groups
