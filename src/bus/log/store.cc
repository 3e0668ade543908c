#include "bus/log/store.h"

#include <algorithm>

#include "base/instant.h"
#include "bus/log/number_text.h"
#include "bus/log/store_state.h"
#include "wire/kafka/crc32c.h"

namespace mes::bus::log {
namespace kafka = wire::kafka;

std::int64_t topic::config_number(const std::string& key, std::int64_t otherwise) const {
  const auto it = configs.find(key);
  return it == configs.end() ? otherwise : parse_number<std::int64_t>(it->second).value_or(otherwise);
}

bool topic::is_compacted() const {
  const auto policy = configs.find("cleanup.policy");
  return policy != configs.end() && policy->second.contains("compact");
}

bool topic::is_deleted() const {
  const auto policy = configs.find("cleanup.policy");
  return policy == configs.end() || policy->second.contains("delete");
}

store::store(store_options options, state_machine& beside, const observe::logger& log)
    : _options(std::move(options)), _beside(beside), _logger(log), _mail(std::make_shared<mailbox>()) {}

store::~store() {
  _stop_cleaning = true;
  _cleaner.join();
}

result<std::unique_ptr<store>> store::open(store_options options, state_machine& beside, const observe::logger& log) {
  std::unique_ptr<store> s(new store(std::move(options), beside, log));
  if (auto made = s->_options.files->make_dirs(s->_options.directory); !made) return fail(std::move(made.error()));
  if (auto recovered = s->recover(); !recovered) return fail(std::move(recovered.error()));
  return s;
}

result<void> store::close() {
  _stop_cleaning = true;
  _cleaner.join();
  if (const auto outcome = _mail->take_cleaned()) discard(*outcome);
  flush_dirty();
  _log->finish();
  if (auto collected = collect(); !collected) return collected;
  find_unused();
  if (auto written = write_everything(_log->durable()); !written) return written;
  remove_unused();
  return {};
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
  _partitions += t->partitions.size();
  _by_id[t->id] = t;
  _by_name[t->name] = std::move(t);
}

void store::create_topic(const std::string& name, std::int32_t partitions,
                         const std::map<std::string, std::string>& configs, std::function<void(bool)> done) {
  auto& waiting = _creating[name];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::topic_created));
  out.uuid(uuid::make_v4());
  out.string(true, name);
  out.int32(partitions);
  write_configs(out, configs);
  const auto coming = static_cast<std::size_t>(partitions);
  _partitions_coming += coming;
  append_state(std::move(out.buffer()), [this, name, coming](bool stored) {
    _partitions_coming -= coming;
    auto callbacks = std::move(_creating[name]);
    _creating.erase(name);
    for (auto& callback : callbacks)
      if (callback) callback(stored);
  });
}

void store::delete_topic(const uuid& id, done callback) {
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::topic_deleted));
  out.uuid(id);
  const auto t = find(id);
  if (t) t->deleting = true;
  append_state(std::move(out.buffer()), [t, callback = std::move(callback)](bool stored) mutable {
    if (t) t->deleting = stored;
    if (callback) callback(stored);
  });
}

void store::add_partitions(const uuid& id, std::int32_t count, done callback) {
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::partitions));
  out.uuid(id);
  out.int32(count);
  const auto t = find(id);
  const auto have = t ? t->partitions.size() : 0;
  const auto coming = static_cast<std::size_t>(count) - std::min(static_cast<std::size_t>(count), have);
  _partitions_coming += coming;
  append_state(std::move(out.buffer()), [this, coming, callback = std::move(callback)](bool stored) mutable {
    _partitions_coming -= coming;
    if (callback) callback(stored);
  });
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

std::int64_t store::append(const std::shared_ptr<topic>& t, std::int32_t index, char* batch, kafka::batch_header header,
                           std::shared_ptr<const char[]> memory) {
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
  p.appended(header, _log->append(frame, bytes, std::move(memory)),
             header.control() ? kafka::read_end_marker(bytes) : std::nullopt);
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
  // What was appended and not submitted goes with a group that fails: its partitions must hear of that.
  flush_dirty();
  if (auto collected = _log->collect(); !collected) return collected;
  if (std::exchange(_look_for_unused, false)) find_unused();
  if (auto failed = _mail->take_fault()) return fail(std::move(*failed));
  for (auto& index : _mail->take_indexes()) adopt_index(index.segment, index.directory, index.file);
  if (const auto written = _mail->take_checkpoint()) {
    _checkpoint = written->at;
    _checkpoints_kept = written->number;
    remove_unused();
  }
  if (auto outcome = _mail->take_cleaned()) finish_cleaning(std::move(*outcome));
  close_segments();
  return {};
}

void store::apply(std::string_view payload) {
  if (payload.empty()) return;
  if (static_cast<unsigned char>(payload[0]) >= first_foreign_change) return _beside.apply(payload);
  kafka::reader in(payload);
  const auto what = static_cast<change>(in.int8());
  if (what == change::topic_created || what == change::topic_deleted || what == change::partitions) ++_topics_version;
  if (what == change::topic_created) return apply_topic_created(in);
  if (what == change::cleaned) {
    for (const cleaned_change& c : read_cleaned(in)) apply_cleaned(c);
    return;
  }
  const auto t = find(in.uuid());
  if (!t) return;
  if (what == change::topic_deleted) {
    _by_id.erase(t->id);
    _by_name.erase(t->name);
    _partitions -= t->partitions.size();
    forget_cleaning_of(*t);
    _beside.topic_deleted(t->name);
    if (_events.deleted) _events.deleted(*t);
  } else if (what == change::partitions) {
    const auto count = static_cast<std::size_t>(std::max(0, in.int32()));
    while (in.ok() && count <= partitions_max && t->partitions.size() < count) {
      t->partitions.push_back(std::make_unique<partition>());
      ++_partitions;
    }
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
  if (!in.ok() || count < 0 || count > partitions_max || _by_name.contains(t->name) || _by_id.contains(t->id)) return;
  for (std::int32_t i = 0; i < count; ++i) t->partitions.push_back(std::make_unique<partition>());
  insert(std::move(t));
}

}  // namespace mes::bus::log
