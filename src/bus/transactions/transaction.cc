#include "bus/transactions/transaction.h"

#include <algorithm>
#include <array>

#include "bus/groups/offset_record.h"

namespace mes::bus::transactions {
using wire::kafka::error_code;
namespace {

constexpr std::array<std::string_view, 8> state_names = {"Empty",        "Ongoing",          "PrepareCommit",
                                                         "PrepareAbort", "CompleteCommit",   "CompleteAbort",
                                                         "Dead",         "PrepareEpochFence"};

end_outcome answer(error_code e) { return {end_outcome::step::answer, e}; }
init_outcome refuse(error_code e) { return {init_outcome::step::refuse, e, {}}; }

}  // namespace

std::string_view name_of(state s) { return state_names[static_cast<std::size_t>(s)]; }
bool is_state_name(std::string_view name) { return std::ranges::find(state_names, name) != state_names.end(); }

init_outcome init(const transaction& t, std::optional<producer_claim> expected, std::int32_t timeout_ms,
                  std::int64_t now_ms, std::optional<std::int64_t> fresh_producer_id) {
  // An id and epoch that a client names must be of this transactional id, or of before its id was changed.
  const bool known = !expected || t.epoch == -1 || expected->id == t.producer_id ||
                     (expected->id == t.previous_producer_id && is_exhausted(expected->epoch));
  if (!known) return refuse(error_code::producer_fenced);
  if (t.decided()) return refuse(error_code::concurrent_transactions);
  if (t.state == state::ongoing) {
    if (expected && expected->epoch != t.epoch && expected->epoch != t.last_epoch)
      return refuse(error_code::producer_fenced);
    return {init_outcome::step::abort_first, error_code::none, {}};
  }
  init_outcome out{init_outcome::step::done, error_code::none, t};
  transaction& next = out.next;
  next.state = state::empty;
  next.timeout_ms = timeout_ms;
  next.started_ms = -1;
  next.updated_ms = now_ms;
  next.previous_producer_id = t.producer_id;
  const bool first = t.epoch == -1;
  if (expected && !first && expected->epoch != t.epoch) {
    // A retry of a request whose answer was lost gets the same answer; any other is an old instance.
    if (expected->epoch != t.last_epoch) return refuse(error_code::producer_fenced);
    next.previous_producer_id = t.previous_producer_id;
    return out;
  }
  next.last_epoch = expected ? t.epoch : std::int16_t{-1};
  if (!is_exhausted(t.epoch)) {
    next.epoch = static_cast<std::int16_t>(t.epoch + 1);
    return out;
  }
  if (!fresh_producer_id) return {init_outcome::step::needs_producer_id, error_code::none, {}};
  next.producer_id = *fresh_producer_id;
  next.epoch = 0;
  return out;
}

error_code check(const transaction& t, producer_claim claim) {
  if (t.producer_id != claim.id) return error_code::invalid_producer_id_mapping;
  if (t.epoch != claim.epoch) return error_code::producer_fenced;
  return t.decided() ? error_code::concurrent_transactions : error_code::none;
}

void begin(transaction& t, std::int64_t now_ms) {
  t.updated_ms = now_ms;
  if (t.state == state::ongoing) return;
  t.state = state::ongoing;
  t.started_ms = now_ms;
}

end_outcome end(const transaction& t, producer_claim claim, bool commit, bool raises_epoch,
                std::optional<std::int64_t> fresh_producer_id) {
  // With v2 the answer of an end that succeeded may have been lost: the epoch, or the id, has moved on by one.
  const bool changed_id = raises_epoch && t.previous_producer_id == claim.id && claim.epoch == INT16_MAX - 1 &&
                          t.epoch == 0 && t.producer_id != claim.id;
  const bool raised = raises_epoch && t.producer_id == claim.id && t.epoch == claim.epoch + 1;
  const bool current = t.producer_id == claim.id && t.epoch == claim.epoch;
  if (t.producer_id != claim.id && !changed_id) return answer(error_code::invalid_producer_id_mapping);
  const bool complete = t.state == state::complete_commit || t.state == state::complete_abort;
  if (raises_epoch) {
    const bool valid = t.decided() ? raised : complete ? raised || changed_id || current : current;
    if (!valid) return answer(error_code::producer_fenced);
  } else if (!current) {
    return answer(error_code::producer_fenced);
  }
  const bool same_end = commit ? t.state == state::prepare_commit || t.state == state::complete_commit
                               : t.state == state::prepare_abort || t.state == state::complete_abort;
  if (t.decided()) return answer(same_end ? error_code::concurrent_transactions : error_code::invalid_txn_state);
  // With v2 a producer may abort a transaction that it has added nothing to: only the epoch moves.
  const bool may_end = t.state == state::ongoing || (raises_epoch && current && !commit);
  if (!may_end) {
    const bool retry = raises_epoch ? raised || changed_id : true;
    return answer(complete && same_end && retry ? error_code::none : error_code::invalid_txn_state);
  }
  if (raises_epoch && is_exhausted(t.epoch) && !fresh_producer_id) return {end_outcome::step::needs_producer_id, {}};
  return {end_outcome::step::end, error_code::none};
}

void decide(transaction& t, bool commit, bool raises_epoch, std::optional<std::int64_t> fresh_producer_id,
            std::int64_t now_ms) {
  if (t.state != state::ongoing) t.started_ms = now_ms;
  t.state = commit ? state::prepare_commit : state::prepare_abort;
  t.updated_ms = now_ms;
  if (!raises_epoch) return;
  t.next_producer_id = is_exhausted(t.epoch) ? fresh_producer_id.value_or(-1) : -1;
  t.last_epoch = t.epoch;
  t.epoch = static_cast<std::int16_t>(t.epoch + 1);
}

void complete(transaction& t, std::int64_t now_ms) {
  t.state = t.state == state::prepare_commit ? state::complete_commit : state::complete_abort;
  t.updated_ms = now_ms;
  t.partitions.clear();
  t.groups.clear();
  t.offsets.clear();
  if (t.next_producer_id < 0) return;
  t.previous_producer_id = std::exchange(t.producer_id, std::exchange(t.next_producer_id, -1));
  t.epoch = 0;
}

void write_members(wire::kafka::writer& out, const transaction& t) {
  out.varuint(static_cast<std::uint32_t>(t.partitions.size()));
  for (const auto& [topic, index] : t.partitions) {
    out.uuid(topic);
    out.int32(index);
  }
  out.varuint(static_cast<std::uint32_t>(t.groups.size()));
  for (const auto& g : t.groups) out.string(true, g);
}

void read_members(wire::kafka::reader& in, transaction& t) {
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    const uuid topic = in.uuid();
    t.partitions.emplace(topic, in.int32());
  }
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) t.groups.emplace(in.string(true));
}

void write(wire::kafka::writer& out, const transaction& t) {
  out.string(true, t.id);
  out.int64(t.producer_id);
  out.int64(t.previous_producer_id);
  out.int64(t.next_producer_id);
  out.int16(t.epoch);
  out.int16(t.last_epoch);
  out.int32(t.timeout_ms);
  out.int8(static_cast<std::int8_t>(t.state));
  out.int64(t.started_ms);
  out.int64(t.updated_ms);
  write_members(out, t);
}

bool read(wire::kafka::reader& in, transaction& t) {
  t.id = in.string(true);
  t.producer_id = in.int64();
  t.previous_producer_id = in.int64();
  t.next_producer_id = in.int64();
  t.epoch = in.int16();
  t.last_epoch = in.int16();
  t.timeout_ms = in.int32();
  const auto s = in.int8();
  t.started_ms = in.int64();
  t.updated_ms = in.int64();
  read_members(in, t);
  if (s < 0 || s > static_cast<std::int8_t>(state::complete_abort)) return false;
  t.state = static_cast<transactions::state>(s);
  return in.ok();
}

void write_offsets(wire::kafka::writer& out, const group_offsets& offsets) {
  out.varuint(static_cast<std::uint32_t>(offsets.size()));
  for (const auto& [where, o] : offsets) groups::write_offset(out, where, o);
}

bool read_offsets(wire::kafka::reader& in, group_offsets& offsets) {
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    auto [where, o] = groups::read_offset(in);
    offsets[std::move(where)] = std::move(o);
  }
  return in.ok();
}

}  // namespace mes::bus::transactions
