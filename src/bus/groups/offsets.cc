// The coordinator's durable side: offsets, and groups as the log keeps them.
#include <algorithm>

#include "base/instant.h"
#include "bus/groups/changes.h"
#include "bus/groups/coordinator.h"
#include "wire/kafka/generated/groups.h"

namespace mes::bus::groups {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

void write_offset(kafka::writer& out, const topic_partition& where, const committed_offset& o) {
  out.string(true, where.first);
  out.int32(where.second);
  out.int64(o.offset);
  out.int32(o.leader_epoch);
  out.string(true, o.metadata);
  out.int64(o.committed_ms);
}

std::pair<topic_partition, committed_offset> read_offset(kafka::reader& in) {
  topic_partition where;
  where.first = in.string(true);
  where.second = in.int32();
  committed_offset o;
  o.offset = in.int64();
  o.leader_epoch = in.int32();
  o.metadata = in.string(true);
  o.committed_ms = in.int64();
  return {std::move(where), std::move(o)};
}

// An empty std::function would become a callback that throws.
std::move_only_function<void(bool)> optional_callback(std::function<void(bool)> done) {
  if (!done) return nullptr;
  return done;
}

void begin(change what, const std::string& group_name, kafka::writer& out) {
  out.int8(static_cast<std::int8_t>(what));
  out.string(true, group_name);
}

}  // namespace

error_code coordinator::check_commit(const member_claim& claim) {
  if (claim.group.empty()) return error_code::invalid_group_id;
  const auto it = _groups.find(claim.group);
  if (it == _groups.end()) return claim.generation < 0 ? error_code::none : error_code::illegal_generation;
  group& g = *it->second;
  if (claim.generation < 0 && g.state == group_state::empty) return error_code::none;
  if (const auto e = check_member(g, claim); e != error_code::none) return e;
  if (claim.generation != g.generation) return error_code::illegal_generation;
  if (g.state == group_state::completing_rebalance) return error_code::rebalance_in_progress;
  keep_alive(g, g.members.at(claim.member_id));
  return error_code::none;
}

void coordinator::commit(const std::string& group_name, std::vector<offset_to_commit> offsets,
                         std::function<void(bool)> done) {
  kafka::writer out;
  begin(change::offsets_committed, group_name, out);
  out.varuint(static_cast<std::uint32_t>(offsets.size()));
  for (const auto& o : offsets) write_offset(out, o.where, o.what);
  _put(std::move(out.buffer()), optional_callback(std::move(done)));
}

void coordinator::commit_applied(const std::string& group_name,
                                 const std::map<topic_partition, committed_offset>& offsets) {
  group& g = make(group_name);
  for (const auto& [where, o] : offsets) g.offsets[where] = o;
}

error_code coordinator::remove(const std::string& group_name, std::function<void(bool)> done) {
  const group* g = find(group_name);
  if (!g) return error_code::group_id_not_found;
  if (g->state != group_state::empty || !g->ids_given.empty()) return error_code::non_empty_group;
  kafka::writer out;
  begin(change::group_deleted, group_name, out);
  _put(std::move(out.buffer()), optional_callback(std::move(done)));
  return error_code::none;
}

void coordinator::remove_offsets(const std::string& group_name, const std::vector<topic_partition>& which,
                                 std::function<void(bool)> done) {
  kafka::writer out;
  begin(change::offsets_deleted, group_name, out);
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

void coordinator::expire(std::int64_t now_ms) {
  const std::int64_t before = now_ms - _options.offsets_retention_ms;
  for (const auto& [name, g] : _groups) {
    if (g->state != group_state::empty || g->empty_since_ms >= before) continue;
    std::vector<topic_partition> old;
    for (const auto& [where, o] : g->offsets)
      if (o.committed_ms < before) old.push_back(where);
    if (old.size() == g->offsets.size())
      remove(name, nullptr);
    else if (!old.empty())
      remove_offsets(name, old, nullptr);
  }
}

std::set<std::string> coordinator::subscribed(const group& g) {
  std::set<std::string> topics;
  for (const auto& [id, m] : g.members)
    for (const auto& [protocol, metadata] : m.supported) {
      kafka::reader in(metadata);
      const auto version = std::clamp<std::int16_t>(in.int16(), 0, kafka::consumer_protocol_subscription::version_max);
      kafka::consumer_protocol_subscription subscription;
      if (!decode(in, version, subscription)) continue;
      for (const auto topic : subscription.topics) topics.emplace(topic);
    }
  return topics;
}

void coordinator::put_group(const group& g, std::function<void(bool)> done) {
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::group));
  write_group(out, g);
  _put(std::move(out.buffer()), optional_callback(std::move(done)));
}

void coordinator::start() {
  _live = true;
  for (auto& [name, g] : _groups)
    for (auto& [id, m] : g->members) keep_alive(*g, m);
}

void coordinator::apply(std::string_view payload) {
  kafka::reader in(payload);
  const auto what = static_cast<change>(in.int8());
  const std::string name(in.string(true));
  if (what == change::group_deleted) {
    const auto it = _groups.find(name);
    if (it != _groups.end() && it->second->members.empty()) _groups.erase(it);
    return;
  }
  group& g = make(name);
  if (what == change::offsets_committed) {
    for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
      auto [where, o] = read_offset(in);
      if (in.ok()) g.offsets[std::move(where)] = std::move(o);
    }
  } else if (what == change::offsets_deleted) {
    for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
      std::string topic(in.string(true));
      g.offsets.erase({std::move(topic), in.int32()});
    }
  } else if (what == change::group) {
    kafka::writer out;
    out.string(true, name);
    out.raw(in.rest());
    g.stored = std::move(out.buffer());
    if (!_live) read_group(in, g);  // once live, memory is ahead of the log
  }
}

void coordinator::snapshot(kafka::writer& out) const {
  out.varuint(static_cast<std::uint32_t>(_groups.size()));
  for (const auto& [name, g] : _groups) {
    if (g->stored.empty()) {
      group fresh;
      fresh.name = name;
      fresh.empty_since_ms = g->empty_since_ms;
      write_group(out, fresh);
    } else {
      out.raw(g->stored);
    }
    out.varuint(static_cast<std::uint32_t>(g->offsets.size()));
    for (const auto& [where, o] : g->offsets) write_offset(out, where, o);
  }
}

bool coordinator::restore(kafka::reader& in) {
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    group& g = make(std::string(in.string(true)));
    if (!read_group(in, g)) return false;
    kafka::writer out;
    write_group(out, g);
    g.stored = std::move(out.buffer());
    for (std::uint32_t k = 0, size = in.varuint(); k < size && in.ok(); ++k) {
      auto [where, o] = read_offset(in);
      g.offsets[std::move(where)] = std::move(o);
    }
  }
  return in.ok();
}

}  // namespace mes::bus::groups
