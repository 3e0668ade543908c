// Opening the log: the checkpoint, the index files of closed segments, then the frames after the checkpoint.
#include <fmt/format.h>

#include <algorithm>

#include "bus/log/leader_epochs.h"
#include "bus/log/store_state.h"
#include "os/whole_file.h"
#include "wire/kafka/crc32c.h"

namespace mes::bus::log {
namespace kafka = wire::kafka;
namespace {

constexpr std::size_t read_ahead = std::size_t{1} << 20;

// A sliding view of a file.
class window {
 public:
  explicit window(const os::file& file) : _file(file) {}

  // `size` bytes at `at`, fewer at the end of the file; valid until the next call.
  result<std::string_view> at(std::uint64_t where, std::size_t size) {
    if (where < _start || where + size > _start + _bytes.size()) {
      _bytes.resize(std::max(size, read_ahead));
      _start = where;
      auto got = _file.pread(where, _bytes);
      if (!got) return fail(std::move(got.error()));
      _bytes.resize(*got);
    }
    return std::string_view(_bytes).substr(where - _start, size);
  }

 private:
  const os::file& _file;
  std::string _bytes;
  std::uint64_t _start = 0;
};

}  // namespace

result<std::uint64_t> used_bytes(const os::file& segment, std::uint64_t from, std::uint64_t size) {
  std::string bytes(read_ahead, '\0');
  std::uint64_t used = 0;
  for (std::uint64_t at = from; at < size; at += read_ahead) {
    const auto got = segment.pread(at, bytes);
    if (!got) return fail(got.error());
    const auto last = std::string_view(bytes).substr(0, *got).find_last_not_of('\0');
    if (last != std::string_view::npos) used = at - from + last + 1;
  }
  return used;
}

bool payload_holds(const frame_header& header, std::string_view payload) {
  if (header.kind == frame_kind::state) return kafka::crc32c(payload) == header.payload_crc;
  const auto batch = kafka::check_batch_sum(payload);
  const bool has_offsets = batch && batch->base_offset >= 0 && batch->last_offset_delta >= 0 &&
                           batch->base_offset < INT64_MAX - batch->last_offset_delta;
  return has_offsets && batch->batch_size == payload.size() && batch->base_offset == header.base_offset &&
         batch->leader_epoch == header.leader_epoch && batch->crc == header.payload_crc;
}

// False if there is none.
result<bool> store::load_checkpoint() {
  auto bytes = os::read_whole(*_options.files, path(std::string(checkpoint_file)));
  if (!bytes) {
    if (bytes.error().code != error_code::not_found) return fail(std::move(bytes.error()));
    _cluster_id = uuid::make_v4();
    return false;
  }
  const auto body = unseal(checkpoint_magic, *bytes);
  if (const auto newer = body ? checkpoint_of_newer_format(*body) : std::nullopt)
    return fail(error_code::conflict, fmt::format("{} {}", path(std::string(checkpoint_file)), *newer));
  if (body && restore(*body)) return true;
  return fail(error_code::corrupt,
              fmt::format("{} does not hold together: it is needed to read the log. Restore it from a backup",
                          path(std::string(checkpoint_file))));
}

result<void> store::recover() {
  const auto has_checkpoint = load_checkpoint();
  if (!has_checkpoint) return fail(has_checkpoint.error());
  auto names = _options.files->list(_options.directory);
  if (!names) return fail(std::move(names.error()));
  std::vector<std::shared_ptr<segment>> segments;
  bool cleaned = false;
  for (const std::string& name : *names) {
    // Of a checkpoint that was being written: on a full disk it may have all the space that there is.
    if (name == os::fresh_name(std::string(checkpoint_file)))
      if (auto removed = _options.files->remove(path(name)); !removed) return removed;
    const auto number = parse_segment_name(name);
    if (!number) continue;
    if (is_cleaned(*number)) {
      _last_cleaned = std::max(_last_cleaned, *number);
      cleaned = true;
      continue;
    }
    auto file = _options.files->open(path(name), os::open_mode::read_write);
    if (!file) return fail(std::move(file.error()));
    segments.push_back(std::make_shared<segment>(segment{*number, std::move(*file)}));
  }
  if (auto dropped = drop_blank_end(segments); !dropped) return dropped;
  _recovery.segments = segments.size();
  // Without a checkpoint only a log that is there from its first byte on tells of everything.
  const bool whole = !cleaned && (segments.empty() || segments.front()->number == 1);
  if (!*has_checkpoint && !whole)
    return fail(
        error_code::corrupt,
        fmt::format("{} is missing: it is needed to read the log, whose beginning is not there any more. Restore "
                    "it from a backup",
                    path(std::string(checkpoint_file))));
  const bool missing = _checkpoint.segment != 0 && (segments.empty() || segments.back()->number < _checkpoint.segment);
  if (missing)
    return fail(error_code::corrupt,
                fmt::format("{} is missing, but the checkpoint tells of it", path(segment_name(_checkpoint.segment))));
  std::uint32_t end = 0;
  std::vector<std::uint64_t> unindexed;
  for (const auto& s : segments) {
    const bool last = s == segments.back();
    if (s->number < _checkpoint.segment) {
      if (load_index(s, UINT32_MAX, false)) {
        s->unchecked_below = UINT32_MAX;
        _segments[s->number] = s;
        continue;
      }
      _logger.warn("index file missing or broken, made anew", {{"segment", static_cast<std::int64_t>(s->number)}});
    }
    auto scanned = scan(s, last);
    if (!scanned) return fail(std::move(scanned.error()));
    end = *scanned;
    if (last) continue;
    _segments[s->number] = s;
    unindexed.push_back(s->number);
  }
  if (auto loaded = load_cleaned(*names); !loaded) return loaded;
  for (const auto& [name, t] : _by_name)
    for (std::size_t i = 0; i < t->partitions.size(); ++i) {
      look_for_missing(*t, static_cast<std::int32_t>(i));
      t->partitions[i]->settle();
    }

  const std::shared_ptr<segment> active = segments.empty() ? nullptr : segments.back();
  _active_segment = active ? active->number : 0;
  _log = std::make_unique<segment_log>(
      segment_log_options{_options.files, _options.directory, _options.segment_bytes, _options.sync, _options.notify},
      active, end);
  for (const std::uint64_t number : unindexed) write_index_of(number);
  if (*has_checkpoint || active) _leader_epoch = next_leader_epoch(_leader_epoch, _options.now_ms);
  // It is durable before anybody hears of it. On a full disk it is so with the first batch: nothing else has it then.
  const bool is_indexed = _recovery.scanned_bytes == 0 && _recovery.cut_bytes == 0 && _checkpoint.segment != 0;
  return is_indexed ? write_checkpoint(_checkpoint) : write_everything({_active_segment, end});
}

// Compaction leaves gaps, what it has not reached has none, and the end is never deleted.
void store::look_for_missing(const topic& t, std::int32_t index) {
  const partition& p = *t.partitions[static_cast<std::size_t>(index)];
  const auto missing = [&](std::int64_t from, std::int64_t end) {
    _recovery.missing.push_back({t.name, index, from, end});
    _logger.error(
        "records are in no file any more",
        {{"topic", std::string_view(t.name)}, {"partition", std::int64_t{index}}, {"from", from}, {"to", end - 1}});
  };
  std::int64_t at = std::max(p.log_start(), p.cleaned().end);
  for (const range& r : p.ranges()) {
    if (r.first_offset > at) missing(at, r.first_offset);
    at = std::max(at, r.end_offset);
  }
  if (at < p.end_offset()) missing(at, p.end_offset());
}

// A segment that was begun when the power went, before anything of it was durable. On a full disk it could not even get
// its header; the one before has room for what makes space.
result<void> store::drop_blank_end(std::vector<std::shared_ptr<segment>>& segments) {
  if (segments.size() < 2 || segments.back()->number <= _checkpoint.segment) return {};
  const segment& s = *segments.back();
  auto size = s.file->size();
  if (!size) return fail(std::move(size.error()));
  const auto used = used_bytes(*s.file, 0, *size);
  if (!used) return fail(used.error());
  if (*used > 0) return {};
  if (auto removed = _options.files->remove(path(segment_name(s.number))); !removed) return removed;
  segments.pop_back();
  return _options.files->sync_dir(_options.directory);
}

// Returns the end of the last whole frame.
result<std::uint32_t> store::scan(const std::shared_ptr<segment>& s, bool last) {
  window bytes(*s->file);
  auto size = s->file->size();
  if (!size) return fail(std::move(size.error()));
  const bool at_checkpoint = s->number == _checkpoint.segment;
  std::uint64_t at = segment_header_size;
  auto start = bytes.at(0, segment_header_size);
  if (!start) return fail(std::move(start.error()));
  if (const auto newer = segment_of_newer_format(*start, s->number))
    return fail(error_code::conflict, fmt::format("{} {}", path(segment_name(s->number)), *newer));
  if (!is_segment_header(*start, s->number)) at = 0;  // nothing of it was ever durable, or it is broken
  if (at != 0 && at_checkpoint && *size >= _checkpoint.offset && load_index(s, _checkpoint.offset, true)) {
    at = _checkpoint.offset;
    s->unchecked_below = _checkpoint.offset;
  }
  while (at != 0) {
    auto head = bytes.at(at, frame_header_size);
    if (!head) return fail(std::move(head.error()));
    const auto header = read_frame_header(*head, s->number);
    if (!header || at + frame_header_size + header->payload_size > *size) break;
    auto payload = bytes.at(at + frame_header_size, header->payload_size);
    if (!payload) return fail(std::move(payload.error()));
    if (!payload_holds(*header, *payload)) break;
    const bool apply = s->number > _checkpoint.segment || (at_checkpoint && at >= _checkpoint.offset);
    if (apply)
      if (auto ok = follows(*header, *payload); !ok)
        return fail(error_code::corrupt,
                    fmt::format("{}, byte {}: {}", path(segment_name(s->number)), at, ok.error().message));
    replay(*header, *payload, {s, static_cast<std::uint32_t>(at + frame_header_size)}, apply);
    at += frame_header_size + header->payload_size;
    _recovery.scanned_bytes += frame_header_size + header->payload_size;
  }
  const auto end = static_cast<std::uint32_t>(at);
  if (at_checkpoint && end < _checkpoint.offset)
    return fail(error_code::corrupt,
                fmt::format("{} is broken at byte {}, before what the last clean stop wrote (byte {})",
                            path(segment_name(s->number)), end, _checkpoint.offset));
  if (!last) {
    if (at != *size)
      return fail(error_code::corrupt, fmt::format("{} is broken at byte {}, and it is not the last segment",
                                                   path(segment_name(s->number)), at));
    return end;
  }
  if (auto ok = cut(*s, end, *size); !ok) return fail(std::move(ok.error()));
  return std::max(end, static_cast<std::uint32_t>(segment_header_size));
}

// A batch has the offset that its partition's next batch gets. Where it is whole and has not, what was written before
// it is lost, and nothing may be cut away here: it was acknowledged.
result<void> store::follows(const frame_header& header, std::string_view payload) const {
  if (header.kind != frame_kind::batch) return {};
  const auto batch = kafka::peek_batch(payload);
  const auto t = find(header.topic);
  const auto index = static_cast<std::size_t>(header.partition);
  if (!t || index >= t->partitions.size()) return {};
  const std::int64_t expected = t->partitions[index]->end_offset();
  if (batch->base_offset == expected) return {};
  return fail(error_code::corrupt,
              fmt::format("partition {} of topic {} goes on with offset {}, but {} was to follow: what lies between is "
                          "missing. Restore the folder from a backup; to go on without all that was written from here "
                          "on, cut the file at this byte",
                          header.partition, t->name, batch->base_offset, expected));
}

// Takes away what follows the last whole frame; what is not zero is kept in a file beside, if there is space.
result<void> store::cut(segment& s, std::uint32_t at, std::uint64_t size) {
  const auto used = used_bytes(*s.file, at, size);
  if (!used) return fail(used.error());
  if (*used > 0) {
    std::string name = fmt::format("{}.cut-at-{}", segment_name(s.number), at);
    std::string rest(*used, '\0');
    if (auto got = s.file->pread(at, rest); !got) return fail(std::move(got.error()));
    if (auto kept = os::write_whole(*_options.files, path(name), rest); !kept) {
      if (kept.error().code != error_code::storage_full) return fail(std::move(kept.error()));
      name = "(nowhere: no space)";
    }
    _recovery.cut_bytes = *used;
    _recovery.cut_at = name;
    _logger.warn(
        "log cut at the first frame that does not hold together; what was cut was never acknowledged unless "
        "the disk lost it",
        {{"cut_bytes", static_cast<std::int64_t>(*used)}, {"kept_as", name}});
  }
  if (at == 0) {
    // The segment's own header is missing: it begins anew.
    if (auto ok = s.file->truncate(0); !ok) return ok;
    if (auto ok = s.file->pwrite(0, make_segment_header(s.number)); !ok) return ok;
    return s.file->sync();
  }
  if (size != at)
    if (auto ok = s.file->truncate(at); !ok) return ok;
  return s.file->sync();  // what a process wrote that was ended before its sync counts from now on
}

void store::replay(const frame_header& header, std::string_view payload, const segment_log::place& where,
                   bool apply_it) {
  if (header.kind == frame_kind::state) {
    if (apply_it) apply(payload);
    return;
  }
  const auto t = find(header.topic);
  const auto index = static_cast<std::size_t>(header.partition);
  if (!t || index >= t->partitions.size()) return;  // deleted since
  const auto batch = kafka::peek_batch(payload);
  partition& p = *t->partitions[index];
  if (!apply_it) return p.indexed(*batch, where);
  _leader_epoch = std::max(_leader_epoch, batch->leader_epoch);
  p.appended(*batch, where, batch->control() ? kafka::read_end_marker(payload) : std::nullopt);
  p.durable_up_to(p.end_offset());
}

}  // namespace mes::bus::log
