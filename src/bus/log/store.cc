#include "bus/log/store.h"

#include <algorithm>
#include <charconv>

#include "base/instant.h"
#include "bus/log/store_state.h"
#include "wire/kafka/crc32c.h"

namespace mes::bus::log {
namespace kafka = wire::kafka;

std::int64_t topic::config_number(const std::string& key, std::int64_t otherwise) const {
  const auto it = configs.find(key);
  if (it == configs.end()) return otherwise;
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(it->second.data(), it->second.data() + it->second.size(), value);
  return fault == std::errc{} ? value : otherwise;
}

store::store(store_options options, state_machine& beside, const observe::logger& log)
    : _options(std::move(options)), _beside(beside), _logger(log), _mail(std::make_shared<mailbox>()) {}

store::~store() = default;

result<std::unique_ptr<store>> store::open(store_options options, state_machine& beside, const observe::logger& log) {
  std::unique_ptr<store> s(new store(std::move(options), beside, log));
  if (auto made = s->_options.files->make_dirs(s->_options.directory); !made) return fail(std::move(made.error()));
  if (auto recovered = s->recover(); !recovered) return fail(std::move(recovered.error()));
  return s;
}

result<void> store::close() {
  flush_dirty();
  _log->finish();
  if (auto collected = collect(); !collected) return collected;
  return write_everything(_log->durable());
}

std::shared_ptr<topic> store::find(std::string_view name) const {
  const auto it = _by_name.find(name);
  return it == _by_name.end() ? nullptr : it->second;
}

std::shared_ptr<topic> store::find(const uuid& id) const {
  const auto it = _by_id.find(id);
  return it == _by_id.end() ? nullptr : it->second;
}

void store::insert(std::shared_ptr<topic> t) {
  _by_id[t->id] = t;
  _by_name[t->name] = std::move(t);
}

void store::create_topic(const std::string& name, std::int32_t partitions, std::map<std::string, std::string> configs,
                         std::function<void(bool)> done) {
  auto& waiting = _creating[name];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::topic_created));
  out.uuid(uuid::make_v4());
  out.string(true, name);
  out.int32(partitions);
  write_configs(out, configs);
  append_state(std::move(out.buffer()), [this, name](bool stored) {
    auto callbacks = std::move(_creating[name]);
    _creating.erase(name);
    for (auto& callback : callbacks) callback(stored);
  });
}

void store::delete_topic(const uuid& id, done callback) {
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::topic_deleted));
  out.uuid(id);
  append_state(std::move(out.buffer()), std::move(callback));
}

void store::add_partitions(const uuid& id, std::int32_t count, done callback) {
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::partitions));
  out.uuid(id);
  out.int32(count);
  append_state(std::move(out.buffer()), std::move(callback));
}

void store::set_configs(const uuid& id, const std::map<std::string, std::string>& configs, done callback) {
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::configs));
  out.uuid(id);
  write_configs(out, configs);
  append_state(std::move(out.buffer()), std::move(callback));
}

void store::delete_records(const std::shared_ptr<topic>& t, std::int32_t partition, std::int64_t before,
                           done callback) {
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::log_start));
  out.uuid(t->id);
  out.int32(partition);
  out.int64(before);
  append_state(std::move(out.buffer()), std::move(callback));
}

std::int64_t store::append(const std::shared_ptr<topic>& t, std::int32_t index, char* batch,
                           kafka::batch_header header) {
  partition& p = *t->partitions[static_cast<std::size_t>(index)];
  header.base_offset = p.end_offset();
  header.leader_epoch = _leader_epoch;
  kafka::set_base_offset(batch, header.base_offset);
  kafka::set_leader_epoch(batch, header.leader_epoch);
  frame_header frame;
  frame.kind = frame_kind::batch;
  frame.topic = t->id;
  frame.partition = index;
  frame.base_offset = header.base_offset;
  frame.leader_epoch = header.leader_epoch;
  frame.payload_crc = header.crc;
  const std::string_view bytes(batch, header.batch_size);
  p.appended(header, _log->append(frame, bytes), header.control() ? kafka::read_end_marker(bytes) : std::nullopt);
  _dirty.push_back({t, index, p.end_offset()});
  return header.base_offset;
}

void store::append_state(std::string payload, done callback) {
  frame_header frame;
  frame.kind = frame_kind::state;
  frame.payload_crc = kafka::crc32c(payload);
  _log->append(frame, payload);
  when_durable([this, payload = std::move(payload), callback = std::move(callback)](bool stored) mutable {
    if (stored) apply(payload);
    if (callback) callback(stored);
  });
}

void store::when_durable(done callback) {
  flush_dirty();  // first: what the callback may look at is up to date
  _log->when_durable(std::move(callback));
}

void store::flush_dirty() {
  if (_dirty.empty()) return;
  _log->when_durable([this, dirty = std::move(_dirty)](bool stored) {
    for (const dirty_partition& d : dirty) {
      partition& p = *d.of->partitions[static_cast<std::size_t>(d.index)];
      if (!stored)
        p.take_back();
      else
        p.durable_up_to(d.end);
    }
    if (!stored || !_events.advanced) return;
    for (const dirty_partition& d : dirty) _events.advanced(d.of, d.index);
  });
  _dirty = {};
}

void store::submit() {
  flush_dirty();
  _log->submit();
}

result<void> store::collect() {
  if (auto collected = _log->collect(); !collected) return collected;
  if (auto failed = _mail->take_fault()) return fail(std::move(*failed));
  for (auto& index : _mail->take_indexes()) adopt_index(index.segment, index.directory, index.file);
  if (const auto at = _mail->take_checkpoint()) _checkpoint = *at;
  close_segments();
  return {};
}

void store::apply(std::string_view payload) {
  if (payload.empty()) return;
  if (static_cast<unsigned char>(payload[0]) >= first_foreign_change) return _beside.apply(payload);
  kafka::reader in(payload);
  const auto what = static_cast<change>(in.int8());
  if (what == change::topic_created) return apply_topic_created(in);
  const auto t = find(in.uuid());
  if (!t) return;
  if (what == change::topic_deleted) {
    _by_id.erase(t->id);
    _by_name.erase(t->name);
    if (_events.deleted) _events.deleted(*t);
  } else if (what == change::partitions) {
    const auto count = static_cast<std::size_t>(std::max(0, in.int32()));
    while (in.ok() && t->partitions.size() < count) t->partitions.push_back(std::make_unique<partition>());
  } else if (what == change::configs) {
    t->configs = read_configs(in);
  } else if (what == change::log_start) {
    const auto index = static_cast<std::size_t>(in.int32());
    const auto before = in.int64();
    // During recovery the records may not be there yet; they were when this was written.
    if (index < t->partitions.size()) t->partitions[index]->delete_before(before);
  }
}

void store::apply_topic_created(kafka::reader& in) {
  auto t = std::make_shared<topic>();
  t->id = in.uuid();
  t->name = in.string(true);
  const std::int32_t count = in.int32();
  t->configs = read_configs(in);
  if (!in.ok() || count < 0 || count > partitions_max || _by_name.contains(t->name)) return;
  for (std::int32_t i = 0; i < count; ++i) t->partitions.push_back(std::make_unique<partition>());
  insert(std::move(t));
}

void store::retire() {
  const std::int64_t now = instant::now().ms();
  for (const auto& [name, t] : _by_name) {
    const auto policy = t->configs.find("cleanup.policy");
    const bool deletes = policy == t->configs.end() || policy->second.contains("delete");
    const std::int64_t keep_ms = t->config_number("retention.ms", _options.retention_ms);
    const std::int64_t keep_bytes = t->config_number("retention.bytes", _options.retention_bytes);
    for (std::size_t i = 0; i < t->partitions.size(); ++i) {
      partition& p = *t->partitions[i];
      p.expire_producers(now - _options.producer_expiry_ms);
      const bool moved = p.retire(_log->durable().segment, [&](const range& r, std::uint64_t size) {
        if (!deletes) return false;
        if (keep_ms >= 0 && r.max_timestamp_ms < now - keep_ms) return true;
        return keep_bytes >= 0 && size - r.bytes >= static_cast<std::uint64_t>(keep_bytes);
      });
      if (moved) delete_records(t, static_cast<std::int32_t>(i), p.log_start(), nullptr);
    }
  }
  std::map<std::uint64_t, bool> used;
  for (const auto& [id, t] : _by_id)
    for (const auto& p : t->partitions)
      for (const range& r : p->ranges()) used[r.in->number] = true;
  for (auto it = _segments.begin(); it != _segments.end();) {
    if (it->first >= _checkpoint.segment || used.contains(it->first)) {
      ++it;
      continue;
    }
    _logger.info("segment removed", {{"segment", static_cast<std::int64_t>(it->first)}});
    _log->run_on_writer([files = _options.files, mail = _mail, log = path(segment_name(it->first)),
                         index = path(index_name(it->first))] {
      for (const auto& name : {index, log})
        if (auto removed = files->remove(name); !removed && removed.error().code != error_code::not_found)
          mail->put_fault(std::move(removed.error()));
    });
    it = _segments.erase(it);
  }
}

std::uint64_t store::disk_bytes() const {
  std::uint64_t sum = _log->durable().offset;
  for (const auto& [number, s] : _segments)
    if (auto size = s->file->size()) sum += *size;
  return sum;
}

}  // namespace mes::bus::log
