#include "bus/log/producers.h"

#include <algorithm>

namespace mes::bus::log {
namespace kafka = wire::kafka;
using kafka::error_code;
namespace {

constexpr std::size_t batches_remembered = 5;  // of one producer: its limit of requests in flight

std::int32_t next_sequence(std::int32_t last) { return last == INT32_MAX ? 0 : last + 1; }

void write_batch(kafka::writer& out, const produced_batch& b) {
  out.int16(b.epoch);
  out.int32(b.first_sequence);
  out.int32(b.last_sequence);
  out.int64(b.base_offset);
  out.int64(b.last_offset);
  out.int64(b.timestamp_ms);
}

produced_batch read_batch(kafka::reader& in) {
  produced_batch b;
  b.epoch = in.int16();
  b.first_sequence = in.int32();
  b.last_sequence = in.int32();
  b.base_offset = in.int64();
  b.last_offset = in.int64();
  b.timestamp_ms = in.int64();
  return b;
}

}  // namespace

std::int16_t producer::epoch() const {
  return batches.empty() ? marker_epoch : std::max(marker_epoch, batches.back().epoch);
}

std::int32_t producer::last_sequence() const {
  return batches.empty() || batches.back().epoch != epoch() ? -1 : batches.back().last_sequence;
}

std::expected<std::optional<produced_batch>, error_code> producers::check(const kafka::batch_header& batch,
                                                                          bool new_starts_at_zero) const {
  if (batch.producer_id < 0) return std::nullopt;
  const auto known = _all.find(batch.producer_id);
  if (known == _all.end()) {
    // Its records may have gone with retention: any sequence will do.
    if (new_starts_at_zero && batch.base_sequence != 0)
      return std::unexpected(error_code::out_of_order_sequence_number);
    return std::nullopt;
  }
  const producer& p = known->second;
  const std::int16_t epoch = p.epoch();
  for (const produced_batch& b : p.batches)
    if (b.epoch == batch.producer_epoch && b.epoch == epoch && b.first_sequence == batch.base_sequence &&
        b.last_sequence == batch.last_sequence())
      return b;
  if (batch.producer_epoch < epoch) return std::unexpected(error_code::invalid_producer_epoch);
  const std::int32_t last = batch.producer_epoch > epoch ? -1 : p.last_sequence();
  if (batch.base_sequence != next_sequence(last)) return std::unexpected(error_code::out_of_order_sequence_number);
  if (p.open_at >= 0 && !batch.transactional()) return std::unexpected(error_code::invalid_txn_state);
  return std::nullopt;
}

error_code producers::check_marker(const kafka::end_marker_batch& marker, std::int8_t version) const {
  const auto known = _all.find(marker.producer_id);
  if (known == _all.end()) return error_code::none;
  const producer& p = known->second;
  const bool again = version >= 2 && marker.producer_epoch == p.epoch();
  if (marker.producer_epoch < p.epoch() || (again && p.open_at >= 0)) return error_code::invalid_producer_epoch;
  return marker.coordinator_epoch < p.coordinator_epoch ? error_code::transaction_coordinator_fenced : error_code::none;
}

void producers::appended(const kafka::batch_header& batch, const std::optional<kafka::end_marker_batch>& marker) {
  if (batch.producer_id < 0) return;
  if (batch.control() && !marker) return;
  _pending.push_back({batch.producer_id, batch.base_offset, batch.last_offset(), marker, batch.transactional()});
  if (marker) return;  // takes effect when it is durable
  producer& p = _all[batch.producer_id];
  p.batches.push_back({batch.producer_epoch, batch.base_sequence, batch.last_sequence(), batch.base_offset,
                       batch.last_offset(), batch.max_timestamp_ms});
  if (!batch.transactional() || p.open_at >= 0) return;
  p.open_at = batch.base_offset;
  _open[p.open_at] = batch.producer_id;
}

void producers::durable_up_to(std::int64_t end) {
  while (!_pending.empty() && _pending.front().last_offset < end) {
    const pending now = _pending.front();
    _pending.pop_front();
    if (now.marker) {
      end_transaction(now);
      continue;
    }
    producer& p = _all[now.producer_id];
    // Only durable batches push older ones out: a checkpoint keeps the durable ones alone.
    const auto it = std::ranges::find(p.batches, now.base_offset, &produced_batch::base_offset);
    if (it == p.batches.end()) continue;
    p.last_used_ms = it->timestamp_ms;
    const auto durable = static_cast<std::size_t>(it - p.batches.begin()) + 1;
    if (durable > batches_remembered)
      p.batches.erase(p.batches.begin(), p.batches.begin() + static_cast<std::ptrdiff_t>(durable - batches_remembered));
  }
}

void producers::end_transaction(const pending& now) {
  const kafka::end_marker_batch& marker = *now.marker;
  producer& p = _all[now.producer_id];
  if (marker.producer_epoch > p.epoch())
    std::erase_if(p.batches, [&](const produced_batch& b) { return b.base_offset < now.base_offset; });
  p.marker_epoch = std::max(p.marker_epoch, marker.producer_epoch);
  p.coordinator_epoch = marker.coordinator_epoch;
  p.last_used_ms = marker.timestamp_ms;
  if (p.open_at < 0 || p.open_at > now.base_offset) return;
  const std::int64_t first = std::exchange(p.open_at, -1);
  _open.erase(first);
  // What was appended while the marker was on its way to the disk begins the next one.
  const bool more = !p.batches.empty() && p.batches.back().base_offset > now.base_offset;
  const auto next = std::ranges::find_if(_pending, [&](const pending& later) {
    return more && later.producer_id == now.producer_id && later.transactional && !later.marker;
  });
  if (next != _pending.end()) {
    p.open_at = next->base_offset;
    _open[p.open_at] = now.producer_id;
  }
  if (marker.what == kafka::end_marker::commit) return;
  _aborted.push_back({now.producer_id, first, now.last_offset, std::min(first_open(), now.last_offset + 1)});
}

void producers::take_back(std::int64_t end) {
  while (!_pending.empty() && _pending.back().last_offset >= end) {
    const pending gone = _pending.back();
    _pending.pop_back();
    const auto it = _all.find(gone.producer_id);
    if (gone.marker || it == _all.end()) continue;
    producer& p = it->second;
    std::erase_if(p.batches, [&](const produced_batch& b) { return b.base_offset >= end; });
    if (p.open_at >= end) {
      _open.erase(p.open_at);
      p.open_at = -1;
    }
    if (p.batches.empty() && p.marker_epoch < 0) _all.erase(it);
  }
}

void producers::forget_before(std::int64_t start) {
  const auto kept =
      std::ranges::find_if(_aborted, [&](const aborted_transaction& a) { return a.last_offset >= start; });
  _aborted.erase(_aborted.begin(), kept);
}

void producers::expire(std::int64_t not_used_since_ms, std::int64_t high_watermark) {
  std::erase_if(_all, [&](const auto& entry) {
    const producer& p = entry.second;
    if (p.open_at >= 0 || p.last_used_ms >= not_used_since_ms) return false;
    return p.batches.empty() || p.batches.back().last_offset < high_watermark;
  });
}

bool producers::is_open(std::int64_t producer_id) const {
  const auto it = _all.find(producer_id);
  return it != _all.end() && it->second.open_at >= 0;
}

std::vector<aborted_transaction> producers::aborted(std::int64_t from, std::int64_t end) const {
  std::vector<aborted_transaction> found;
  auto it = std::ranges::lower_bound(_aborted, from, {}, &aborted_transaction::last_offset);
  for (; it != _aborted.end(); ++it) {
    if (it->first_offset < end) found.push_back(*it);
    if (it->stable_after >= end) break;  // all that ended later began later than that
  }
  return found;
}

bool producers::is_aborted(std::int64_t producer_id, std::int64_t offset) const {
  auto it = std::ranges::lower_bound(_aborted, offset, {}, &aborted_transaction::last_offset);
  for (; it != _aborted.end(); ++it) {
    // A producer's transactions follow one another: its first that ends after the offset decides.
    if (it->producer_id == producer_id) return it->first_offset <= offset;
    if (it->stable_after > offset) return false;
  }
  return false;
}

void producers::snapshot(kafka::writer& out, std::int64_t high_watermark) const {
  const auto is_durable = [&](const produced_batch& b) { return b.last_offset < high_watermark; };
  const auto is_kept = [&](const auto& entry) {
    return entry.second.marker_epoch >= 0 || std::ranges::any_of(entry.second.batches, is_durable);
  };
  out.varuint(static_cast<std::uint32_t>(std::ranges::count_if(_all, is_kept)));
  for (const auto& entry : _all) {
    const producer& p = entry.second;
    if (!is_kept(entry)) continue;
    out.int64(entry.first);
    out.int16(p.marker_epoch);
    out.int32(p.coordinator_epoch);
    out.int64(p.last_used_ms);
    out.int64(p.open_at < high_watermark ? p.open_at : -1);
    out.varuint(static_cast<std::uint32_t>(std::ranges::count_if(p.batches, is_durable)));
    for (const produced_batch& b : p.batches)
      if (is_durable(b)) write_batch(out, b);
  }
  out.varuint(static_cast<std::uint32_t>(_aborted.size()));
  for (const aborted_transaction& a : _aborted) {
    out.int64(a.producer_id);
    out.int64(a.first_offset);
    out.int64(a.last_offset);
    out.int64(a.stable_after);
  }
}

bool producers::restore(kafka::reader& in, std::int8_t version) {
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    const std::int64_t id = in.int64();
    producer& p = _all[id];
    if (version >= 2) {
      p.marker_epoch = in.int16();
      p.coordinator_epoch = in.int32();
      p.last_used_ms = in.int64();
      p.open_at = in.int64();
      if (p.open_at >= 0) _open[p.open_at] = id;
    }
    for (std::uint32_t k = 0, size = in.varuint(); k < size && in.ok(); ++k) p.batches.push_back(read_batch(in));
    if (version < 2 && !p.batches.empty()) p.last_used_ms = p.batches.back().timestamp_ms;
  }
  if (version < 2) return in.ok();
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    aborted_transaction& a = _aborted.emplace_back();
    a.producer_id = in.int64();
    a.first_offset = in.int64();
    a.last_offset = in.int64();
    a.stable_after = in.int64();
  }
  return in.ok();
}

}  // namespace mes::bus::log
