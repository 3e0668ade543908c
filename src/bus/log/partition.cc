#include "bus/log/partition.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "wire/kafka/reader.h"

namespace mes::bus::log {
namespace kafka = wire::kafka;
namespace {

constexpr std::size_t batches_remembered = 5;  // of one producer: its limit of requests in flight
constexpr std::uint32_t chunk_entries = 128;

template <class T>
T little(T value) {
  if constexpr (std::endian::native == std::endian::big) return std::byteswap(value);
  return value;
}

std::int32_t next_sequence(std::int32_t last) { return last == INT32_MAX ? 0 : last + 1; }

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

std::uint64_t partition::size_bytes() const {
  std::uint64_t sum = 0;
  for (const range& r : _ranges) sum += r.bytes;
  return sum;
}

std::expected<std::optional<std::int64_t>, kafka::error_code> partition::check_producer(
    const kafka::batch_header& batch) const {
  if (batch.producer_id < 0) return std::nullopt;
  const auto known = _producers.find(batch.producer_id);
  if (known == _producers.end() || known->second.empty()) return std::nullopt;
  const produced_batch& last = known->second.back();
  if (batch.producer_epoch < last.epoch) return std::unexpected(kafka::error_code::invalid_producer_epoch);
  if (batch.producer_epoch > last.epoch) {
    if (batch.base_sequence != 0) return std::unexpected(kafka::error_code::out_of_order_sequence_number);
    return std::nullopt;
  }
  for (const produced_batch& b : known->second)
    if (b.epoch == batch.producer_epoch && b.first_sequence == batch.base_sequence &&
        b.last_sequence == batch.last_sequence())
      return b.base_offset;
  if (batch.base_sequence != next_sequence(last.last_sequence))
    return std::unexpected(kafka::error_code::out_of_order_sequence_number);
  return std::nullopt;
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

void partition::appended(const kafka::batch_header& batch, const segment_log::place& where) {
  indexed(batch, where);
  _end_offset = batch.last_offset() + 1;
  if (_epochs.empty() || _epochs.back().epoch < batch.leader_epoch)
    _epochs.push_back({batch.leader_epoch, batch.base_offset});
  if (batch.producer_id >= 0)
    _producers[batch.producer_id].push_back({batch.producer_epoch, batch.base_sequence, batch.last_sequence(),
                                             batch.base_offset, batch.last_offset(), batch.max_timestamp_ms});
}

void partition::durable_up_to(std::int64_t end) {
  _high_watermark = std::max(_high_watermark, end);
  // Only durable batches may push older ones out: a checkpoint keeps the durable ones alone.
  for (auto& [id, batches] : _producers) {
    if (batches.size() <= batches_remembered) continue;
    const auto pending = std::ranges::find_if(batches, [&](const produced_batch& b) { return b.last_offset >= end; });
    const auto durable = static_cast<std::size_t>(pending - batches.begin());
    if (durable > batches_remembered)
      batches.erase(batches.begin(), batches.begin() + static_cast<std::ptrdiff_t>(durable - batches_remembered));
  }
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
  while (!_epochs.empty() && _epochs.back().first_offset >= _end_offset && _epochs.size() > 1) _epochs.pop_back();
  for (auto it = _producers.begin(); it != _producers.end();) {
    auto& batches = it->second;
    while (!batches.empty() && batches.back().base_offset >= _end_offset) batches.pop_back();
    it = batches.empty() ? _producers.erase(it) : std::next(it);
  }
}

std::optional<index_entry> partition::entry(const range& r, std::uint32_t i) const {
  if (i >= r.count) return std::nullopt;
  if (r.resident()) return r.entries[i];
  const std::uint64_t at = r.index_at + std::uint64_t{i} * index_entry_size;
  const bool here = _chunk_of == r.index.get() && at >= _chunk_at && at < _chunk_at + _chunk.size() * index_entry_size;
  if (!here) {
    const std::uint32_t count = std::min(chunk_entries, r.count - i);
    std::string bytes(count * index_entry_size, '\0');
    const auto got = r.index->pread(at, bytes);
    if (!got || *got != bytes.size()) return std::nullopt;
    _chunk.clear();
    for (std::uint32_t k = 0; k < count; ++k) _chunk.push_back(parse_index_entry(bytes.data() + k * index_entry_size));
    _chunk_of = r.index.get();
    _chunk_at = at;
  }
  return _chunk[(at - _chunk_at) / index_entry_size];
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

std::size_t partition::read(std::int64_t offset, std::size_t bytes_max, bool one_at_least,
                            std::vector<kafka::external_bytes>& out) const {
  std::size_t sum = 0;
  for (std::size_t i = first_range(offset); i < _ranges.size(); ++i) {
    const range& r = _ranges[i];
    if (r.first_offset >= _high_watermark) break;
    const auto start = offset <= r.first_offset ? std::optional<std::uint32_t>(0) : find(r, offset);
    if (!start) break;
    for (std::uint32_t k = *start; k < r.count; ++k) {
      const auto e = entry(r, k);
      if (!e || e->base_offset >= _high_watermark) return sum;
      if (sum + e->size > bytes_max && !(one_at_least && sum == 0)) return sum;
      out.push_back({r.in, e->payload_at, e->size});
      sum += e->size;
    }
  }
  return sum;
}

std::size_t partition::available(std::int64_t offset, std::size_t enough) const {
  if (offset >= _high_watermark) return 0;
  std::size_t sum = 0;
  for (std::size_t i = first_range(offset); i < _ranges.size() && sum < enough; ++i) {
    const range& r = _ranges[i];
    if (r.first_offset >= _high_watermark) break;
    if (offset <= r.first_offset && r.end_offset <= _high_watermark) {
      sum += r.bytes;
      continue;
    }
    const auto start = find(r, offset);
    if (!start) break;
    for (std::uint32_t k = *start; k < r.count && sum < enough; ++k) {
      const auto e = entry(r, k);
      if (!e || e->base_offset >= _high_watermark) return sum;
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

result<found_offset> partition::first_at_or_after(std::int64_t timestamp_ms) const {
  for (const range& r : _ranges) {
    if (r.max_timestamp_ms < timestamp_ms || r.end_offset <= _log_start) continue;
    for (std::uint32_t i = 0; i < r.count; ++i) {
      const auto e = entry(r, i);
      if (!e || e->base_offset >= _high_watermark) return found_offset{};
      if (e->max_timestamp_ms < timestamp_ms) continue;
      auto batch = read_batch(r, *e);
      if (!batch) return fail(std::move(batch.error()));
      found_offset found;
      const bool whole = kafka::for_each_record(*batch, std::size_t{64} << 20, [&](const kafka::record_view& record) {
        if (record.timestamp_ms < timestamp_ms || record.offset < _log_start) return true;
        found = {record.offset, record.timestamp_ms};
        return false;
      });
      if (!whole) found = {e->base_offset, e->max_timestamp_ms};  // a codec that we cannot read: the batch
      if (found.offset >= 0) return found;
    }
  }
  return found_offset{};
}

found_offset partition::max_timestamp() const {
  found_offset best;
  for (const range& r : _ranges) {
    if (r.max_timestamp_ms <= best.timestamp_ms || r.end_offset <= _log_start) continue;
    for (std::uint32_t i = 0; i < r.count; ++i) {
      const auto e = entry(r, i);
      if (!e || e->base_offset >= _high_watermark) break;
      if (e->max_timestamp_ms > best.timestamp_ms) best = {e->base_offset, e->max_timestamp_ms};
    }
  }
  if (best.offset < 0) return best;
  const auto exact = first_at_or_after(best.timestamp_ms);
  return exact && exact->offset >= 0 ? *exact : best;
}

std::pair<std::int32_t, std::int64_t> partition::end_of_epoch(std::int32_t epoch) const {
  if (_epochs.empty() || epoch >= _epochs.back().epoch)
    return {_epochs.empty() ? epoch : _epochs.back().epoch, _high_watermark};
  if (epoch < _epochs.front().epoch) return {epoch, _epochs.front().first_offset};
  const auto next = std::ranges::find_if(_epochs, [&](const leader_epoch_start& e) { return e.epoch > epoch; });
  return {std::prev(next)->epoch, next->first_offset};
}

bool partition::delete_before(std::int64_t offset) {
  if (offset < 0 || offset > _high_watermark) return false;
  _log_start = std::max(_log_start, offset);
  return true;
}

bool partition::retire(std::uint64_t active_segment, const std::function<bool(const range&, std::uint64_t)>& expired) {
  const std::int64_t before = _log_start;
  std::uint64_t size = size_bytes();
  std::size_t gone = 0;
  for (; gone < _ranges.size(); ++gone) {
    const range& r = _ranges[gone];
    if (r.in->number >= active_segment || r.end_offset > _high_watermark) break;
    if (r.end_offset > _log_start && !expired(r, size)) break;
    size -= r.bytes;
    _log_start = std::max(_log_start, r.end_offset);
  }
  _ranges.erase(_ranges.begin(), _ranges.begin() + static_cast<std::ptrdiff_t>(gone));
  if (gone > 0) _chunk_of = nullptr;
  return _log_start != before;
}

void partition::expire_producers(std::int64_t not_used_since_ms) {
  std::erase_if(_producers, [&](const auto& p) {
    return p.second.back().timestamp_ms < not_used_since_ms && p.second.back().last_offset < _high_watermark;
  });
}

void partition::snapshot(kafka::writer& out) const {
  out.int64(_log_start);
  out.int64(_high_watermark);
  std::vector<leader_epoch_start> epochs;
  for (const auto& e : _epochs)
    if (e.first_offset < _high_watermark || epochs.empty()) epochs.push_back(e);
  out.varuint(static_cast<std::uint32_t>(epochs.size()));
  for (const auto& e : epochs) {
    out.int32(e.epoch);
    out.int64(e.first_offset);
  }
  const auto is_durable = [this](const produced_batch& b) { return b.last_offset < _high_watermark; };
  out.varuint(static_cast<std::uint32_t>(
      std::ranges::count_if(_producers, [&](const auto& p) { return std::ranges::any_of(p.second, is_durable); })));
  for (const auto& [id, batches] : _producers) {
    const auto count = std::ranges::count_if(batches, is_durable);
    if (count == 0) continue;
    out.int64(id);
    out.varuint(static_cast<std::uint32_t>(count));
    for (const produced_batch& b : batches) {
      if (!is_durable(b)) continue;
      out.int16(b.epoch);
      out.int32(b.first_sequence);
      out.int32(b.last_sequence);
      out.int64(b.base_offset);
      out.int64(b.last_offset);
      out.int64(b.timestamp_ms);
    }
  }
}

bool partition::restore(kafka::reader& in) {
  _log_start = in.int64();
  _high_watermark = _end_offset = in.int64();
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    const auto epoch = in.int32();
    _epochs.push_back({epoch, in.int64()});
  }
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    auto& batches = _producers[in.int64()];
    for (std::uint32_t k = 0, size = in.varuint(); k < size && in.ok(); ++k) {
      produced_batch& b = batches.emplace_back();
      b.epoch = in.int16();
      b.first_sequence = in.int32();
      b.last_sequence = in.int32();
      b.base_offset = in.int64();
      b.last_offset = in.int64();
      b.timestamp_ms = in.int64();
    }
  }
  return in.ok();
}

void partition::attach(range r) {
  if (r.end_offset > _log_start) _ranges.push_back(std::move(r));
}

void partition::settle() {
  durable_up_to(_end_offset);
  std::erase_if(_ranges, [this](const range& r) { return r.end_offset <= _log_start; });
  if (_ranges.empty() || _log_start < _ranges.front().first_offset)
    _log_start = std::max(_log_start,
                          _ranges.empty() ? _high_watermark : std::min(_high_watermark, _ranges.front().first_offset));
}

}  // namespace mes::bus::log
