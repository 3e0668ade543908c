// The coordinator's durable side: transactions as the log and the checkpoint keep them.
#include <algorithm>

#include "bus/transactions/coordinator.h"

namespace mes::bus::transactions {
namespace kafka = wire::kafka;

void coordinator::put(const std::string& id, std::string payload, std::function<void(bool)> stored) {
  if (entry* e = find_entry(id)) ++e->pending;
  _store->append_state(std::move(payload), [this, id, stored = std::move(stored)](bool ok) {
    if (entry* e = find_entry(id)) {
      --e->pending;
      // What could not be stored takes everything after it along.
      if (!ok && e->durable) e->now = *e->durable;
      noted(*e);
      if (!ok && !e->durable && e->pending == 0) _entries.erase(id);
    }
    if (stored) stored(ok);
  });
}

void coordinator::put_transaction(const transaction& t, std::function<void(bool)> stored) {
  if (const entry* e = find_entry(t.id)) noted(*e);
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::transaction));
  write(out, t);
  put(t.id, std::move(out.buffer()), std::move(stored));
}

void coordinator::apply(std::string_view payload) {
  kafka::reader in(payload);
  const auto what = static_cast<change>(in.int8());
  if (what == change::transaction) {
    transaction t;
    if (!read(in, t)) return;
    auto& e = _entries[t.id];
    if (!e) e = std::make_unique<entry>();
    if (e->durable) t.offsets = std::move(e->durable->offsets);
    if (t.state == state::prepare_commit) commit_offsets(t);
    if (t.state != state::ongoing) {
      for (const std::string& group : t.groups) _with_offsets.erase({group, t.id});
      t.offsets.clear();
    }
    e->durable = std::move(t);
  } else if (what == change::offsets) {
    const auto it = _entries.find(in.string(true));
    if (it == _entries.end() || !it->second->durable) return;
    transaction& t = *it->second->durable;
    const std::string group(in.string(true));
    group_offsets offsets;
    read_offsets(in, offsets);
    for (auto& [where, o] : offsets) {
      o.order = ++_offsets_seen;
      t.offsets[group][where] = std::move(o);
    }
    _with_offsets.emplace(group, t.id);
  } else if (what == change::partition) {
    const auto it = _entries.find(in.string(true));
    if (it == _entries.end() || !it->second->durable) return;
    const uuid topic = in.uuid();
    it->second->durable->partitions.emplace(topic, in.int32());
  } else if (what == change::added) {
    const auto it = _entries.find(in.string(true));
    if (it == _entries.end() || !it->second->durable) return;
    read_members(in, *it->second->durable);
  } else if (what == change::removed) {
    const auto it = _entries.find(in.string(true));
    if (it == _entries.end()) return;
    _active.erase(it->first);
    _entries.erase(it);
  }
}

namespace {

bool erase_offset(transaction& t, const std::string& group, const groups::topic_partition& where, std::int64_t before) {
  const auto of_group = t.offsets.find(group);
  if (of_group == t.offsets.end()) return false;
  const auto sent = of_group->second.find(where);
  if (sent == of_group->second.end() || sent->second.order >= before) return false;
  of_group->second.erase(sent);
  if (of_group->second.empty()) t.offsets.erase(of_group);
  return true;
}

}  // namespace

// What another transaction had sent before these, and commits later, would take them back.
void coordinator::commit_offsets(const transaction& t) {
  for (const auto& [group, offsets] : t.offsets) {
    _around.commit_offsets(group, offsets);
    for (const auto& [where, o] : offsets) forget_offset(group, where, o.order);
  }
}

void coordinator::offset_changed(const std::string& group, const groups::topic_partition& where) {
  forget_offset(group, where, INT64_MAX);
}

void coordinator::forget_offset(const std::string& group, const groups::topic_partition& where, std::int64_t before) {
  for (const std::string& id : with_offsets_of(group)) {
    entry* const e = find_entry(id);
    if (!e || !e->durable || !erase_offset(*e->durable, group, where, before)) continue;
    if (e->pending == 0) erase_offset(e->now, group, where, INT64_MAX);  // else one may be on its way that is newer
  }
}

void coordinator::group_deleted(const std::string& group) {
  for (const std::string& id : with_offsets_of(group)) {
    entry* const e = find_entry(id);
    if (e && e->durable) e->durable->offsets.erase(group);
    if (e && e->pending == 0) e->now.offsets.erase(group);
  }
}

void coordinator::topic_deleted(const std::string& topic) {
  const auto forget = [&](transaction& t) {
    for (auto& [group, offsets] : t.offsets)
      std::erase_if(offsets, [&](const auto& o) { return o.first.first == topic; });
  };
  for (auto& [id, e] : _entries) {
    forget(e->now);
    if (e->durable) forget(*e->durable);
  }
}

void coordinator::snapshot(kafka::writer& out) const {
  std::uint32_t count = 0;
  for (const auto& [id, e] : _entries) count += e->durable ? 1 : 0;
  out.varuint(count);
  for (const auto& [id, e] : _entries) {
    if (!e->durable) continue;
    write(out, *e->durable);
    out.varuint(static_cast<std::uint32_t>(e->durable->offsets.size()));
    for (const auto& [group, offsets] : e->durable->offsets) {
      out.string(true, group);
      write_offsets(out, offsets);
      for (const auto& [where, o] : offsets) out.int64(o.order);
    }
  }
}

bool coordinator::restore(kafka::reader& in, std::int8_t version) {
  constexpr std::int8_t with_order = 6;
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    transaction t;
    if (!read(in, t)) return false;
    for (std::uint32_t k = 0, size = in.varuint(); k < size && in.ok(); ++k) {
      const std::string group(in.string(true));
      group_offsets& offsets = t.offsets[group];
      if (!read_offsets(in, offsets)) return false;
      for (auto& [where, o] : offsets) {
        o.order = version >= with_order ? in.int64() : 0;
        _offsets_seen = std::max(_offsets_seen, o.order);
      }
      _with_offsets.emplace(group, t.id);
    }
    std::string id = t.id;
    auto& e = _entries[std::move(id)] = std::make_unique<entry>();
    e->durable = std::move(t);
  }
  return in.ok();
}

}  // namespace mes::bus::transactions
