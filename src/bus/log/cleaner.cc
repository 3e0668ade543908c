#include "bus/log/cleaner.h"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <optional>
#include <unordered_set>
#include <variant>

#include "bus/log/cleaned_writer.h"
#include "bus/log/key_map.h"

namespace mes::bus::log {
namespace kafka = wire::kafka;
namespace {

// What keeps a partition from being cleaned: the others go on.
struct bad_batch {
  std::string why;
  std::optional<std::uint64_t> broken_index;
};
using step = std::expected<void, std::variant<bad_batch, error>>;

std::unexpected<std::variant<bad_batch, error>> bad(const range& r, const index_entry& e, std::string_view what) {
  return std::unexpected<std::variant<bad_batch, error>>(
      bad_batch{fmt::format("{} at byte {}: {}", segment_name(r.in->number), e.payload_at, what), {}});
}
std::unexpected<std::variant<bad_batch, error>> broken(error e) {
  return std::unexpected<std::variant<bad_batch, error>>(std::move(e));
}

class partition_cleaner {
 public:
  partition_cleaner(const clean_options& options, const clean_task& task, clean_outcome& outcome, cleaned_writer& out)
      : _options(options),
        _task(task),
        _outcome(outcome),
        _out(out),
        _aborted(task.aborted),
        _keys(task.compact ? options.memory_bytes_max : 0) {
    std::ranges::sort(_aborted, {}, producer_and_start);
  }

  std::expected<cleaned_task, std::variant<bad_batch, error>> run() {
    _end = _end_of_batches = _task.end;
    if (_task.compact)
      if (auto mapped =
              each_batch(_task.compacted, _end, [this](const auto& b, const auto& bytes) { return map(b, bytes); });
          !mapped)
        return std::unexpected(std::move(mapped.error()));
    const std::int64_t end = std::max(_end_of_batches, _task.cleaned_end);
    std::int64_t first = _task.log_start;
    if (!_task.kept.empty()) first = _task.kept.back().end_offset;
    if (!_task.compact && !_task.ranges.empty()) first = std::max(first, _task.ranges.front().first_offset);
    const std::int64_t last = _task.kept_behind.empty() ? end : _task.kept_behind.front().first_offset;
    _out.begin(_task.topic, _task.partition, first);
    if (auto copied =
            each_batch(_task.log_start, last, [this](const auto& b, const auto& bytes) { return copy(b, bytes); });
        !copied) {
      _out.give_up();
      return std::unexpected(std::move(copied.error()));
    }
    _out.end(last);
    return cleaned_task{_task.topic, _task.partition, end, _task.compact ? _end : _task.compacted, {}};
  }

 private:
  // The batches of [from, end). `what` returns false to stop.
  template <class What>
  step each_batch(std::int64_t from, std::int64_t end, What what) {
    for (const range& r : _task.ranges) {
      if (r.end_offset <= from) continue;
      for (std::uint32_t k = 0; k < r.count;) {
        auto entries = read_entries(r, k);
        if (!entries)
          return step(std::unexpect, bad_batch{entries.error().message, entries.error().code == error_code::corrupt
                                                                            ? std::optional(r.in->number)
                                                                            : std::nullopt});
        k += static_cast<std::uint32_t>(entries->size());
        for (const index_entry& e : *entries) {
          if (e.base_offset >= end) return {};
          if (_options.stop && *_options.stop) return broken(error(error_code::cancelled, "The bus stops"));
          std::string bytes(e.size, '\0');
          const auto got = r.in->file->pread(e.payload_at, bytes);
          if (!got) return bad(r, e, got.error().message);
          _outcome.bytes_read += bytes.size();
          const auto batch = kafka::check_batch_sum(bytes);
          if (*got != bytes.size() || !batch || batch->batch_size != bytes.size() ||
              batch->base_offset != e.base_offset)
            return bad(r, e, "the batch does not hold together");
          if (batch->last_offset() < from) continue;
          auto more = what(*batch, bytes);
          if (!more)
            return more.error().code == error_code::corrupt ? bad(r, e, more.error().message)
                                                            : broken(std::move(more.error()));
          if (!*more) return {};
        }
      }
    }
    return {};
  }

  // Some entries from the given one on.
  static result<std::vector<index_entry>> read_entries(const range& r, std::uint32_t from) {
    if (r.resident()) return std::vector(r.entries.begin() + from, r.entries.end());
    const std::uint32_t at = r.skipped + from;
    auto entries = read_index_chunk(r, at / index_chunk_entries);
    if (entries) entries->erase(entries->begin(), entries->begin() + at % index_chunk_entries);
    return entries;
  }

  static std::pair<std::int64_t, std::int64_t> producer_and_start(const aborted_transaction& a) {
    return {a.producer_id, a.first_offset};
  }

  // A producer's transactions follow one another: the last that began before the batch decides.
  bool is_aborted(const kafka::batch_header& b) const {
    if (!b.transactional()) return false;
    const auto next =
        std::ranges::upper_bound(_aborted, std::pair(b.producer_id, b.base_offset), {}, producer_and_start);
    if (next == _aborted.begin()) return false;
    const aborted_transaction& last = *std::prev(next);
    return last.producer_id == b.producer_id && b.base_offset < last.last_offset;
  }

  // First pass: the last offset of every key of what is dirty. Stops before the record whose key has no room, which may
  // be within a batch: one batch can have more keys than there is room for.
  result<bool> map(const kafka::batch_header& b, const std::string& bytes) {
    if (b.control() || is_aborted(b)) return true;
    bool room = true;
    const auto whole = kafka::for_each_record(bytes, _options.batch_bytes_max, [&](const kafka::record_view& r) {
      if (!r.key || r.offset < _task.compacted) return true;
      room = _keys.put(*r.key, r.offset);
      if (!room) _end = r.offset;
      return room;
    });
    if (!whole && whole.error() == kafka::batch_fault::too_large) return true;
    if (!whole) return fail(error_code::corrupt, "its records cannot be read");
    if (!room) _end_of_batches = _end == b.base_offset ? _end : b.last_offset() + 1;
    return room;
  }

  // Second pass.
  result<bool> copy(const kafka::batch_header& b, const std::string& bytes) {
    if (!_task.compact || b.base_offset >= _end) return put(b, bytes);
    const bool deletes_are_over = b.has_delete_horizon() && b.base_timestamp_ms <= _options.now_ms;
    const std::int64_t horizon = saturated(_options.now_ms, _task.delete_retention_ms);
    if (b.control()) {
      // The marker of a transaction stays as long as there was something of it, and its own time after that.
      if (_in_transaction.erase(b.producer_id) > 0) return put(b, bytes);
      if (deletes_are_over) return drop(b.count);
      if (b.has_delete_horizon()) return put(b, bytes);
      return put_rewritten(bytes, horizon, [](const kafka::record_view&) { return true; });
    }
    if (b.transactional()) _in_transaction.insert(b.producer_id);
    if (is_aborted(b)) return drop(b.count);
    const bool drops_deletes = deletes_are_over && !_has_unread;
    std::int32_t kept = 0;
    bool tombstones = false;
    const auto keep = [&](const kafka::record_view& r) {
      if (r.offset >= _end) return true;
      if (!r.key) return false;
      const auto last = _keys.find(*r.key);
      if (last && *last > r.offset) return false;
      return r.value || !drops_deletes;
    };
    const auto whole = kafka::for_each_record(bytes, _options.batch_bytes_max, [&](const kafka::record_view& r) {
      if (!keep(r)) return true;
      ++kept;
      tombstones |= !r.value;
      return true;
    });
    if (!whole && whole.error() == kafka::batch_fault::too_large) return put_unread(b, bytes);
    if (!whole) return fail(error_code::corrupt, "its records cannot be read");
    const bool gets_horizon = tombstones && !b.has_delete_horizon();
    if (kept == b.count && !gets_horizon) return put(b, bytes);
    _outcome.records_dropped += static_cast<std::uint64_t>(b.count - kept);
    if (kept == 0) return true;
    return put_rewritten(bytes, gets_horizon ? std::optional(horizon) : std::nullopt, keep);
  }

  result<bool> drop(std::int32_t count) {
    _outcome.records_dropped += static_cast<std::uint64_t>(count);
    return true;
  }

  // It takes too much memory to look into.
  result<bool> put_unread(const kafka::batch_header& b, std::string_view bytes) {
    _has_unread = true;
    _outcome.too_large.push_back({_task.topic, _task.partition, _task.topic_name, b.base_offset});
    return put(b, bytes);
  }

  result<bool> put_rewritten(const std::string& bytes, std::optional<std::int64_t> horizon,
                             const std::function<bool(const kafka::record_view&)>& keep) {
    const auto batch = kafka::rewrite_batch(bytes, _options.batch_bytes_max, horizon, keep);
    if (!batch) return fail(error_code::corrupt, "it cannot be written anew");
    return put(*kafka::peek_batch(*batch), *batch);
  }

  result<bool> put(const kafka::batch_header& b, std::string_view bytes) {
    frame_header frame;
    frame.kind = frame_kind::batch;
    frame.topic = _task.topic;
    frame.partition = _task.partition;
    frame.base_offset = b.base_offset;
    frame.leader_epoch = b.leader_epoch;
    frame.payload_crc = b.crc;
    if (auto written = _out.append(frame, bytes); !written) return fail(std::move(written.error()));
    return true;
  }

  static std::int64_t saturated(std::int64_t now, std::int64_t more) {
    return more > INT64_MAX - now ? INT64_MAX : now + more;
  }

  const clean_options& _options;
  const clean_task& _task;
  clean_outcome& _outcome;
  cleaned_writer& _out;
  std::vector<aborted_transaction> _aborted;  // by producer, then as they began
  key_map _keys;
  bool _has_unread = false;  // so far: keys may have values there, which come back if their deletes go
  std::unordered_set<std::int64_t> _in_transaction;  // producers with batches since their last marker
  std::int64_t _end = 0;                             // of what is compacted
  std::int64_t _end_of_batches = 0;                  // of the batch in which that is
};

}  // namespace

clean_outcome clean(const clean_options& options, const std::vector<clean_task>& tasks) {
  clean_outcome outcome;
  cleaned_writer out(options);
  const auto give_up = [&](error fault) {
    out.remove();
    outcome.done.clear();
    outcome.fault = fail(std::move(fault));
  };
  for (const clean_task& task : tasks) {
    auto cleaned = partition_cleaner(options, task, outcome, out).run();
    if (cleaned) {
      outcome.done.push_back(std::move(*cleaned));
    } else if (auto* unreadable = std::get_if<bad_batch>(&cleaned.error())) {
      outcome.uncleanable.push_back(
          {task.topic, task.partition, task.topic_name, std::move(unreadable->why), unreadable->broken_index});
    } else {
      give_up(std::move(std::get<error>(cleaned.error())));
      return outcome;
    }
  }
  if (auto finished = out.finish(); !finished) {
    give_up(std::move(finished.error()));
    return outcome;
  }
  for (cleaned_task& done : outcome.done) {
    const auto task = std::ranges::find_if(
        tasks, [&](const clean_task& t) { return t.topic == done.topic && t.partition == done.partition; });
    done.ranges = task->kept;
    std::ranges::move(out.ranges_of(done.topic, done.partition), std::back_inserter(done.ranges));
    std::ranges::copy(task->kept_behind, std::back_inserter(done.ranges));
  }
  outcome.segments = out.segments();
  outcome.bytes_written = out.bytes_written();
  return outcome;
}

}  // namespace mes::bus::log
