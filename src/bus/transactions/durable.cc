// The coordinator's durable side: transactions as the log and the checkpoint keep them.
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
    if (t.state == state::prepare_commit)
      for (const auto& [group, offsets] : t.offsets) _around.commit_offsets(group, offsets);
    if (t.state != state::ongoing) t.offsets.clear();
    e->durable = std::move(t);
    if (!_store) e->now = *e->durable;  // once live, `now` is ahead
  } else if (what == change::offsets) {
    const auto it = _entries.find(in.string(true));
    if (it == _entries.end() || !it->second->durable) return;
    transaction& t = *it->second->durable;
    read_offsets(in, t.offsets[std::string(in.string(true))]);
    if (!_store) it->second->now.offsets = t.offsets;
  } else if (what == change::partition) {
    const auto it = _entries.find(in.string(true));
    if (it == _entries.end() || !it->second->durable) return;
    const uuid topic = in.uuid();
    const partition_id added{topic, in.int32()};
    it->second->durable->partitions.insert(added);
    if (!_store) it->second->now.partitions.insert(added);
  } else if (what == change::removed) {
    const auto it = _entries.find(in.string(true));
    if (it == _entries.end()) return;
    _active.erase(it->first);
    _entries.erase(it);
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
    }
  }
}

bool coordinator::restore(kafka::reader& in) {
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    transaction t;
    if (!read(in, t)) return false;
    for (std::uint32_t k = 0, size = in.varuint(); k < size && in.ok(); ++k) {
      const std::string group(in.string(true));
      if (!read_offsets(in, t.offsets[group])) return false;
    }
    auto e = std::make_unique<entry>();
    e->now = t;
    e->durable = std::move(t);
    std::string id = e->now.id;
    _entries[std::move(id)] = std::move(e);
  }
  return in.ok();
}

}  // namespace mes::bus::transactions
