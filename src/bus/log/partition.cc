#include "bus/log/partition.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "wire/kafka/crc32c.h"
#include "wire/kafka/reader.h"

namespace mes::bus::log {
namespace kafka = wire::kafka;
namespace {

template <class T>
T little(T value) {
  if constexpr (std::endian::native == std::endian::big) return std::byteswap(value);
  return value;
}

}  // namespace

void append_index_entry(std::string& out, const index_entry& e) {
  char bytes[index_entry_size];
  const std::int64_t base = little(e.base_offset), time = little(e.max_timestamp_ms);
  const std::uint32_t at = little(e.payload_at), size = little(e.size);
  std::memcpy(bytes, &base, 8);
  std::memcpy(bytes + 8, &time, 8);
  std::memcpy(bytes + 16, &at, 4);
  std::memcpy(bytes + 20, &size, 4);
  out.append(bytes, sizeof bytes);
}

index_entry parse_index_entry(const char* bytes) {
  index_entry e;
  std::memcpy(&e.base_offset, bytes, 8);
  std::memcpy(&e.max_timestamp_ms, bytes + 8, 8);
  std::memcpy(&e.payload_at, bytes + 16, 4);
  std::memcpy(&e.size, bytes + 20, 4);
  return {little(e.base_offset), little(e.max_timestamp_ms), little(e.payload_at), little(e.size)};
}

std::vector<std::uint32_t> index_sums(std::string_view entries) {
  constexpr std::size_t chunk_bytes = std::size_t{index_chunk_entries} * index_entry_size;
  std::vector<std::uint32_t> sums;
  for (std::size_t at = 0; at < entries.size(); at += chunk_bytes)
    sums.push_back(kafka::crc32c(entries.substr(at, chunk_bytes)));
  return sums;
}

result<std::vector<index_entry>> read_index_chunk(const range& r, std::uint32_t chunk) {
  const std::uint32_t first = chunk * index_chunk_entries;
  const std::uint32_t count = std::min(index_chunk_entries, r.skipped + r.count - first);
  std::string bytes(std::size_t{count} * index_entry_size, '\0');
  const auto got = r.index->pread(r.index_at + std::uint64_t{first} * index_entry_size, bytes);
  if (!got) return fail(got.error());
  if (*got != bytes.size() || chunk >= r.index_sums.size() || kafka::crc32c(bytes) != r.index_sums[chunk])
    return fail(error_code::corrupt, index_name(r.in->number) + " does not hold together any more");
  std::vector<index_entry> entries;
  for (std::uint32_t k = 0; k < count; ++k)
    entries.push_back(parse_index_entry(bytes.data() + std::size_t{k} * index_entry_size));
  return entries;
}

std::uint64_t partition::size_bytes() const {
  std::uint64_t sum = 0;
  for (const range& r : _ranges) sum += r.bytes;
  return sum;
}

std::int64_t partition::last_stable_offset() const {
  return std::min(_high_watermark, std::max(_log_start, _producers.first_open()));
}

void partition::indexed(const kafka::batch_header& batch, const segment_log::place& where) {
  if (_ranges.empty() || _ranges.back().in != where.in) {
    _ranges.emplace_back().in = where.in;
    _ranges.back().first_offset = batch.base_offset;
  }
  range& r = _ranges.back();
  r.entries.push_back({batch.base_offset, batch.max_timestamp_ms, where.payload_at, batch.batch_size});
  r.count += 1;
  r.bytes += batch.batch_size;
  r.end_offset = batch.last_offset() + 1;
  r.max_timestamp_ms = std::max(r.max_timestamp_ms, batch.max_timestamp_ms);
}

void partition::appended(const kafka::batch_header& batch, const segment_log::place& where,
                         const std::optional<kafka::end_marker_batch>& marker) {
  indexed(batch, where);
  _end_offset = batch.last_offset() + 1;
  if (_epochs.empty() || _epochs.back().epoch < batch.leader_epoch)
    _epochs.push_back({batch.leader_epoch, batch.base_offset});
  _producers.appended(batch, marker);
}

void partition::durable_up_to(std::int64_t end) {
  _high_watermark = std::max(_high_watermark, end);
  _producers.durable_up_to(end);
}

void partition::take_back() {
  _end_offset = _high_watermark;
  while (!_ranges.empty() && _ranges.back().resident()) {
    range& r = _ranges.back();
    while (!r.entries.empty() && r.entries.back().base_offset >= _end_offset) {
      r.bytes -= r.entries.back().size;
      r.entries.pop_back();
      r.count -= 1;
    }
    if (!r.entries.empty()) {
      r.end_offset = std::min(r.end_offset, _end_offset);
      break;
    }
    _ranges.pop_back();
  }
  while (!_epochs.empty() && _epochs.back().first_offset >= _end_offset) _epochs.pop_back();
  _producers.take_back(_end_offset);
}

std::optional<index_entry> partition::entry(const range& r, std::uint32_t i) const {
  if (i >= r.count) return std::nullopt;
  if (r.resident()) return r.entries[i];
  const std::uint32_t k = r.skipped + i, chunk = k / index_chunk_entries;
  const std::uint64_t at = r.index_at + std::uint64_t{chunk} * index_chunk_entries * index_entry_size;
  if (_chunk_of != r.index.get() || _chunk_at != at) {
    auto read = read_index_chunk(r, chunk);
    if (!read) {
      _fault = std::move(read.error());
      if (_fault->code == error_code::corrupt) _broken_index = r.in->number;
      return std::nullopt;
    }
    _chunk = std::move(*read);
    _chunk_of = r.index.get();
    _chunk_at = at;
  }
  return _chunk[k % index_chunk_entries];
}

// The last entry that begins at or before `offset`.
std::optional<std::uint32_t> partition::find(const range& r, std::int64_t offset) const {
  std::uint32_t low = 0, high = r.count;  // entries before `low` begin at or before it, from `high` on after it
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const auto e = entry(r, middle);
    if (!e) return std::nullopt;
    if (e->base_offset <= offset)
      low = middle + 1;
    else
      high = middle;
  }
  return low == 0 ? 0 : low - 1;
}

std::size_t partition::first_range(std::int64_t offset) const {
  const auto it = std::ranges::partition_point(_ranges, [&](const range& r) { return r.end_offset <= offset; });
  return static_cast<std::size_t>(it - _ranges.begin());
}

// The first entry of `r` that holds `offset` or something after it. Compaction leaves gaps between batches: one that
// ends before `offset` must not be given, for clients would ask for it again and again.
std::optional<std::uint32_t> partition::start_of(const range& r, std::int64_t offset) const {
  if (offset <= r.first_offset) return 0;
  const auto found = find(r, offset);
  if (!found || !is_cleaned(r.in->number)) return found;
  const auto e = entry(r, *found);
  if (!e || e->base_offset >= offset) return found;
  constexpr std::size_t last_offset_delta_at = 23;
  char bytes[4];
  const auto got = r.in->file->pread(e->payload_at + last_offset_delta_at, bytes);
  if (!got || *got != sizeof bytes) return std::nullopt;
  kafka::reader in({bytes, sizeof bytes});
  return e->base_offset + in.int32() < offset ? *found + 1 : *found;
}

partition::read_result partition::read(std::int64_t offset, std::size_t bytes_max, bool one_at_least,
                                       std::vector<kafka::external_bytes>& out, std::int64_t below) const {
  const std::int64_t limit = std::min(_high_watermark, below);
  read_result got{0, offset};
  if (offset >= limit) return got;  // DeleteRecords may have gone into the middle of an open transaction's batch
  for (std::size_t i = first_range(offset); i < _ranges.size(); ++i) {
    const range& r = _ranges[i];
    if (r.first_offset >= limit) break;
    const auto start = start_of(r, offset);
    if (!start) break;
    auto e = entry(r, *start);
    for (std::uint32_t k = *start; k < r.count; ++k) {
      if (!e || e->base_offset >= limit) return got;
      if (got.bytes + e->size > bytes_max && !(one_at_least && got.bytes == 0)) return got;
      if (e->payload_at < r.in->unchecked_below && !holds_together(r, *e)) return got;
      out.push_back({r.in, e->payload_at, e->size});
      got.bytes += e->size;
      e = entry(r, k + 1);
      got.end = e ? e->base_offset : r.end_offset;
    }
  }
  return got;
}

std::size_t partition::available(std::int64_t offset, std::size_t enough, std::int64_t below) const {
  const std::int64_t limit = std::min(_high_watermark, below);
  if (offset >= limit) return 0;
  std::size_t sum = 0;
  for (std::size_t i = first_range(offset); i < _ranges.size() && sum < enough; ++i) {
    const range& r = _ranges[i];
    if (r.first_offset >= limit) break;
    if (offset <= r.first_offset && r.end_offset <= limit) {
      sum += r.bytes;
      continue;
    }
    const auto start = start_of(r, offset);
    if (!start) break;
    for (std::uint32_t k = *start; k < r.count && sum < enough; ++k) {
      const auto e = entry(r, k);
      if (!e || e->base_offset >= limit) return sum;
      sum += e->size;
    }
  }
  return sum;
}

result<std::string> partition::read_batch(const range& r, const index_entry& e) const {
  std::string bytes(e.size, '\0');
  auto got = r.in->file->pread(e.payload_at, bytes);
  if (!got) return fail(std::move(got.error()));
  if (*got != bytes.size()) return fail(error_code::corrupt, "a segment ends before its index says");
  return bytes;
}

// Of a segment that was there when this process started: its bytes may have changed since they were written.
bool partition::holds_together(const range& r, const index_entry& e) const {
  const auto bytes = read_batch(r, e);
  if (bytes) {
    const auto batch = kafka::check_batch_sum(*bytes);
    if (batch && batch->batch_size == e.size && batch->base_offset == e.base_offset) return true;
  }
  _fault = bytes ? error(error_code::corrupt, segment_name(r.in->number) + " at byte " + std::to_string(e.payload_at) +
                                                  ": the batch does not hold together")
                 : bytes.error();
  return false;
}

// Of one batch, as far as it is not deleted.
result<found_offset> partition::first_record(const range& r, const index_entry& e, std::int64_t timestamp_ms) const {
  auto batch = read_batch(r, e);
  if (!batch) return fail(std::move(batch.error()));
  found_offset found;
  const auto whole = kafka::for_each_record(*batch, std::size_t{64} << 20, [&](const kafka::record_view& record) {
    if (record.timestamp_ms < timestamp_ms || record.offset < _log_start) return true;
    found = {record.offset, record.timestamp_ms};
    return false;
  });
  if (!whole) found = {e.base_offset, e.max_timestamp_ms};  // a codec that we cannot read: the batch
  return found;
}

// `found` without what could be read: a fault on the way is no answer.
result<found_offset> partition::unless_fault(result<found_offset> found) const {
  if (auto fault = take_fault()) return fail(std::move(*fault));
  return found;
}

result<found_offset> partition::first_at_or_after(std::int64_t timestamp_ms) const {
  take_fault();
  for (const range& r : _ranges) {
    if (r.max_timestamp_ms < timestamp_ms || r.end_offset <= _log_start) continue;
    for (std::uint32_t k = start_of(r, _log_start).value_or(r.count); k < r.count; ++k) {
      const auto e = entry(r, k);
      if (!e || e->base_offset >= _high_watermark) return unless_fault(found_offset{});
      if (e->max_timestamp_ms < timestamp_ms) continue;
      auto found = first_record(r, *e, timestamp_ms);
      if (!found || found->offset >= 0) return found;
    }
  }
  return unless_fault(found_offset{});
}

result<found_offset> partition::max_timestamp() const {
  take_fault();
  std::vector<const range*> latest_first;
  for (const range& r : _ranges)
    if (r.end_offset > _log_start) latest_first.push_back(&r);
  std::ranges::sort(latest_first, {}, [](const range* r) { return std::pair(-r->max_timestamp_ms, r->first_offset); });
  const range* in = nullptr;
  index_entry best{.max_timestamp_ms = -1};
  for (const range* r : latest_first) {
    // Mostly the first one has it; but what a range says may be of entries that are deleted, or not durable yet.
    if (r->max_timestamp_ms <= best.max_timestamp_ms) break;
    const std::uint32_t start = start_of(*r, _log_start).value_or(r->count);
    for (std::uint32_t k = start; k < r->count && best.max_timestamp_ms < r->max_timestamp_ms; ++k) {
      const auto e = entry(*r, k);
      if (!e || e->base_offset >= _high_watermark) break;
      if (e->max_timestamp_ms <= best.max_timestamp_ms) continue;
      best = *e;
      in = r;
    }
  }
  if (_fault || !in) return unless_fault(found_offset{});
  const auto exact = first_record(*in, best, best.max_timestamp_ms);
  return exact && exact->offset >= 0 ? *exact : found_offset{best.base_offset, best.max_timestamp_ms};
}

std::pair<std::int32_t, std::int64_t> partition::end_of_epoch(std::int32_t epoch) const {
  if (_epochs.empty() || epoch >= _epochs.back().epoch)
    return {_epochs.empty() ? epoch : _epochs.back().epoch, _high_watermark};
  if (epoch < _epochs.front().epoch) return {epoch, _epochs.front().first_offset};
  const auto next = std::ranges::find_if(_epochs, [&](const leader_epoch_start& e) { return e.epoch > epoch; });
  return {std::prev(next)->epoch, next->first_offset};
}

std::optional<std::int32_t> partition::epoch_of(std::int64_t offset) const {
  const auto next = std::ranges::find_if(_epochs, [&](const leader_epoch_start& e) { return e.first_offset > offset; });
  if (_epochs.empty()) return std::nullopt;
  return next == _epochs.begin() ? next->epoch : std::prev(next)->epoch;
}

bool partition::delete_before(std::int64_t offset) {
  if (offset < 0 || offset > _high_watermark) return false;
  start_at(std::max(_log_start, offset));
  return true;
}

void partition::snapshot(kafka::writer& out) const {
  out.int64(_log_start);
  out.int64(_high_watermark);
  std::vector<leader_epoch_start> epochs;
  for (const auto& e : _epochs)
    if (e.first_offset < _high_watermark) epochs.push_back(e);
  out.varuint(static_cast<std::uint32_t>(epochs.size()));
  for (const auto& e : epochs) {
    out.int32(e.epoch);
    out.int64(e.first_offset);
  }
  _producers.snapshot(out, _high_watermark);
}

bool partition::restore(kafka::reader& in, std::int8_t version) {
  _log_start = in.int64();
  _high_watermark = _end_offset = in.int64();
  if (_log_start < 0 || _log_start > _high_watermark) return false;
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    const auto epoch = in.int32();
    _epochs.push_back({epoch, in.int64()});
  }
  if (!in.ok() || !_producers.restore(in, version)) return false;
  start_at(_log_start);  // older versions kept the epochs before it
  return true;
}

}  // namespace mes::bus::log
