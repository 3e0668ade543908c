// The coordinator's state as the log and its checkpoints keep it.
#include <tuple>

#include "base/instant.h"
#include "bus/groups/changes.h"
#include "bus/groups/coordinator.h"
#include "bus/groups/offset_record.h"

namespace mes::bus::groups {
namespace kafka = wire::kafka;
namespace {

std::string written(const group& g) {
  kafka::writer out;
  write_group(out, g);
  return std::move(out.buffer());
}

// What a checkpoint may say of a group's members: only what is in the log.
void write_members(kafka::writer& out, const group& g) {
  out.boolean(g.modern != nullptr);
  if (g.modern) {
    out.string(true, g.name);
    write_change(out, whole(*g.modern), change_form::without_moved);
  } else if (g.stored.empty()) {
    group fresh;
    fresh.name = g.name;
    fresh.empty_since_ms = g.empty_since_ms;
    write_group(out, fresh);
  } else {
    out.raw(g.stored);
  }
}

}  // namespace

void coordinator::put_group(const group& g, std::function<void(error_code)> done) {
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::group));
  write_group(out, g);
  if (out.buffer().size() > _options.state_bytes_max) return done(error_code::unknown_server_error);
  _put(std::move(out.buffer()), [done = std::move(done)](bool stored) {
    done(stored ? error_code::none : error_code::coordinator_not_available);
  });
}

void coordinator::start() {
  _live = true;
  std::vector<group*> classic_again;  // the last of the others left, and then the process ended
  for (auto& [name, g] : _groups) {
    for (auto& [id, m] : g->members) keep_alive(*g, m);
    if (!g->modern) continue;
    for (const auto& [id, m] : g->modern->members) {
      keep_alive(*g, *m);
      watch_rebalance(*g, *m);
    }
    if (is_all_classic(*g->modern)) classic_again.push_back(g.get());
  }
  for (group* const g : classic_again) downgrade(*g, [] {});
}

void coordinator::apply(std::string_view payload) {
  kafka::reader in(payload);
  const auto what = static_cast<change>(in.int8());
  const std::string name(in.string(true));
  if (!in.ok()) return;
  switch (what) {
    case change::group_deleted:
      return apply_deleted(name);
    case change::offsets_committed_without_expiry:
    case change::offsets_committed:
    case change::offsets_deleted:
      in = kafka::reader(payload);
      return apply_offsets(in, make(name));
    case change::group:
      return apply_group(in, make(name));
    case change::consumer_group_without_principals:
      return apply_consumer(in, change_form::without_principals, make(name));
    case change::consumer_group_without_moved:
      return apply_consumer(in, change_form::without_moved, make(name));
    case change::consumer_group:
      return apply_consumer(in, change_form::latest, make(name));
  }
}

void coordinator::apply_consumer(kafka::reader& in, change_form form, group& g) {
  auto change = read_change(in, form);
  if (!in.ok()) return;
  if (change.fresh) {
    if (_live) leave_classic_behind(g);
    g = group{.name = std::move(g.name),
              .offsets = std::move(g.offsets),
              .modern = std::make_unique<consumer_group>(),
              .clocks = std::move(g.clocks),
              .changing = g.changing,
              .waiting = std::move(g.waiting),
              .topics_seen = g.topics_seen};
  }
  if (!g.modern) return;
  const bool counts = change.fresh || change.patterns || !change.members.empty() || !change.gone.empty();
  groups::apply(*g.modern, std::move(change));
  if (counts) count_memory(g);
}

void coordinator::apply_offsets(kafka::reader& in, group& g) {
  const auto what = static_cast<change>(in.int8());
  in.string(true);
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    topic_partition where;
    if (what == change::offsets_deleted) {
      where.first = in.string(true);
      where.second = in.int32();
      g.offsets.erase(where);
    } else {
      committed_offset o;
      std::tie(where, o) = read_offset(in, what == change::offsets_committed);
      if (in.ok()) g.offsets[where] = std::move(o);
    }
    if (in.ok() && _changed) _changed(g.name, &where);
  }
}

// Once live, memory is ahead of the log, but for a group that comes back from KIP-848's protocol by this very change.
void coordinator::apply_group(kafka::reader& in, group& g) {
  kafka::writer out;
  out.string(true, g.name);
  out.raw(in.rest());
  g.stored = std::move(out.buffer());
  const bool is_ahead = _live && !g.modern;
  if (!is_ahead) g.modern.reset();
  count_memory(g);
  if (is_ahead) return;
  read_group(in, g);
  for (auto& [id, m] : g.members) count_memory(g, m);
}

// Members that joined meanwhile stay: they are not in the log yet.
void coordinator::apply_deleted(const std::string& name) {
  if (_changed) _changed(name, nullptr);
  group* const g = known(name);
  if (!g) return;
  const bool is_used = _live && (!g->members.empty() || !g->ids_given.empty() || g->changing || !g->waiting.empty());
  if (!is_used) {
    for (const auto& [id, clock] : std::exchange(g->clocks, {})) {
      _loop.cancel(clock.session);
      _loop.cancel(clock.rebalance);
    }
    _groups.erase(name);
    return;
  }
  g->offsets.clear();
  g->stored.clear();
  count_memory(*g);
}

void coordinator::snapshot(kafka::writer& out) const {
  out.varuint(static_cast<std::uint32_t>(_groups.size()));
  for (const auto& [name, g] : _groups) {
    write_members(out, *g);
    out.varuint(static_cast<std::uint32_t>(g->offsets.size()));
    for (const auto& [where, o] : g->offsets) write_offset(out, where, o);
  }
}

bool coordinator::restore(kafka::reader& in, std::int8_t version) {
  constexpr std::int8_t with_both_kinds = 4, with_principals = 5;
  const bool has_both_kinds = version >= with_both_kinds;
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    const bool is_modern = has_both_kinds && in.boolean();
    group& g = make(std::string(in.string(true)));
    if (is_modern) {
      g.modern = std::make_unique<consumer_group>();
      groups::apply(*g.modern, read_change(in, version >= with_principals ? change_form::without_moved
                                                                          : change_form::without_principals));
    } else {
      if (!read_group(in, g)) return false;
      g.stored = written(g);
      for (auto& [id, m] : g.members) count_memory(g, m);
    }
    count_memory(g);
    for (std::uint32_t k = 0, size = in.varuint(); k < size && in.ok(); ++k) {
      auto [where, o] = read_offset(in, has_both_kinds);
      g.offsets[std::move(where)] = std::move(o);
    }
  }
  return in.ok();
}

}  // namespace mes::bus::groups
