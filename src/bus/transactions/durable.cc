// The coordinator's durable side: transactions as the log and the checkpoint keep them.
#include <algorithm>

#include "bus/transactions/coordinator.h"

namespace mes::bus::transactions {
namespace kafka = wire::kafka;

void coordinator::forget(const std::string& id) {
  const auto it = _entries.find(id);
  if (it == _entries.end()) return;
  _sent.clear(it->second->now);
  if (it->second->durable) _sent.clear(*it->second->durable);
  _active.erase(id);
  _entries.erase(it);
}

void coordinator::put(const std::string& id, std::string payload, std::function<void(bool)> stored) {
  if (entry* e = find_entry(id)) ++e->pending;
  _store->append_state(std::move(payload), [this, id, stored = std::move(stored)](bool ok) {
    if (entry* e = find_entry(id)) {
      --e->pending;
      // What could not be stored takes everything after it along.
      if (!ok && e->durable) go_back(*e);
      noted(*e);
      if (!ok && !e->durable && e->pending == 0) forget(id);
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
    if (t.state != state::ongoing) _sent.clear(t);
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
      _sent.put(t, group, where, std::move(o));
    }
    _around.make_group(group);
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
    forget(std::string(in.string(true)));
  }
}

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
  const auto is_older = [&](const transaction& t) {
    const auto of_group = t.offsets.find(group);
    if (of_group == t.offsets.end()) return false;
    const auto sent = of_group->second.find(where);
    return sent != of_group->second.end() && sent->second.order < before;
  };
  for (const std::string& id : _sent.senders(group, where)) {
    entry* const e = find_entry(id);
    if (!e || !e->durable || !is_older(*e->durable)) continue;
    _sent.erase(*e->durable, group, where);
    if (e->pending == 0) _sent.erase(e->now, group, where);  // else one may be on its way that is newer
  }
}

void coordinator::group_deleted(const std::string& group) {
  for (const std::string& id : _sent.senders(group)) {
    entry* const e = find_entry(id);
    if (e && e->durable) _sent.erase_group(*e->durable, group);
    if (e && e->pending == 0) _sent.erase_group(e->now, group);
  }
}

void coordinator::topic_deleted(const std::string& topic) {
  for (auto& [id, e] : _entries) {
    _sent.erase_topic(e->now, topic);
    if (e->durable) _sent.erase_topic(*e->durable, topic);
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
      group_offsets offsets;
      if (!read_offsets(in, offsets)) return false;
      for (auto& [where, o] : offsets) {
        o.order = version >= with_order ? in.int64() : 0;
        _offsets_seen = std::max(_offsets_seen, o.order);
        _sent.put(t, group, where, std::move(o));
      }
      _around.make_group(group);  // of a checkpoint that older versions made after a crash
    }
    std::string id = t.id;
    auto& e = _entries[std::move(id)] = std::make_unique<entry>();
    e->durable = std::move(t);
  }
  return in.ok();
}

}  // namespace mes::bus::transactions
