#include "bus/transactions/coordinator.h"

#include <algorithm>
#include <ranges>

#include "wire/kafka/end_marker.h"

namespace mes::bus::transactions {
namespace kafka = wire::kafka;
namespace {

constexpr std::int64_t watch_delay_min_ms = 200, watch_delay_full_ms = 2'000;  // on a full disk

}  // namespace

coordinator::coordinator(coordinator_options options, net::poller& loop, surroundings around,
                         const observe::logger& log)
    : _options(options), _loop(loop), _around(std::move(around)), _logger(log) {}

coordinator::~coordinator() { _loop.cancel(_timer); }

void coordinator::start(log::store& store) {
  _store = &store;
  for (auto& [id, e] : _entries) {
    go_back(*e);
    noted(*e);
  }
  const auto active = _active;
  for (const std::string& id : active)
    if (entry& e = *find_entry(id); e.now.decided()) {
      _logger.info("transaction ended that was decided before the stop", {{"transactional_id", std::string_view(id)}});
      complete_decided(e, true, nullptr);
    }
  watch();
}

coordinator::entry* coordinator::find_entry(std::string_view id) {
  const auto it = _entries.find(id);
  return it == _entries.end() ? nullptr : it->second.get();
}

const transaction* coordinator::find(std::string_view id) const {
  const auto it = _entries.find(id);
  return it == _entries.end() || it->second->now.epoch < 0 ? nullptr : &it->second->now;
}

void coordinator::for_each(const std::function<void(const transaction&)>& each) const {
  for (const auto& [id, e] : _entries)
    if (e->now.epoch >= 0) each(e->now);
}

// ---- InitProducerId ----

void coordinator::init(init_request request, std::function<void(producer_result)> answer) {
  if (request.id.empty()) return answer({error_code::invalid_request, {}});
  if (request.timeout_ms <= 0 || request.timeout_ms > _options.timeout_max_ms)
    return answer({error_code::invalid_transaction_timeout, {}});
  // As for groups. Java's client ends with it at once; librdkafka's tries as long as it may, and then tells it.
  if (!has_room_for(request.id)) return answer({error_code::policy_violation, {}});
  const auto with_fresh_id = [this](init_request r, std::function<void(producer_result)> then) {
    _around.new_producer_id([this, r = std::move(r), then = std::move(then)](std::int64_t fresh) {
      if (fresh < 0) return then({error_code::coordinator_not_available, {}});
      entry* e = find_entry(r.id);
      if (!e && !has_room_for(r.id)) return then({error_code::policy_violation, {}});
      if (!e) {
        e = _entries.emplace(r.id, std::make_unique<entry>()).first->second.get();
        e->now.id = r.id;
        e->now.producer_id = fresh;
      }
      init_with(*e, r, fresh, then);
    });
  };
  entry* e = find_entry(request.id);
  if (!e) return with_fresh_id(std::move(request), std::move(answer));
  if (is_exhausted(e->now.epoch) && !e->now.active()) return with_fresh_id(std::move(request), std::move(answer));
  init_with(*e, request, std::nullopt, answer);
}

void coordinator::init_with(entry& e, const init_request& request, std::optional<std::int64_t> fresh,
                            const std::function<void(producer_result)>& answer) {
  if (e.pending > 0) return answer({error_code::concurrent_transactions, {}});
  auto outcome = transactions::init(e.now, request.expected, request.timeout_ms, _around.now_ms(), fresh);
  switch (outcome.what) {
    case init_outcome::step::refuse:
      return answer({outcome.error, {}});
    case init_outcome::step::needs_producer_id:
      return answer({error_code::concurrent_transactions, {}});  // it changed meanwhile: the client asks again
    case init_outcome::step::abort_first:
      // The epoch that this raises is given to nobody; the client asks again and gets the one after it.
      return abort(e.now.id, {e.now.producer_id, e.now.epoch}, [answer](bool stored) {
        answer({stored ? error_code::concurrent_transactions : error_code::coordinator_not_available, {}});
      });
    case init_outcome::step::done:
      break;
  }
  _sent.assign(e.now, outcome.next);
  put_transaction(e.now, [answer, who = producer_claim{e.now.producer_id, e.now.epoch}](bool stored) {
    answer(stored ? producer_result{error_code::none, who}
                  : producer_result{error_code::coordinator_not_available, {}});
  });
}

// ---- What belongs to a transaction ----

kafka::error_code coordinator::check(std::string_view id, producer_claim claim) const {
  if (id.empty()) return error_code::invalid_request;
  const auto e = _entries.find(id);
  if (e == _entries.end() || e->second->now.epoch < 0) return error_code::invalid_producer_id_mapping;
  return e->second->is_expiring ? error_code::concurrent_transactions : transactions::check(e->second->now, claim);
}

void coordinator::add_partitions(const std::string& id, producer_claim claim,
                                 const std::vector<partition_id>& partitions, done answer) {
  if (const auto e = check(id, claim); e != error_code::none) return answer(e);
  add(*find_entry(id), partitions, {}, std::move(answer));
}

void coordinator::add_group(const std::string& id, producer_claim claim, const std::string& group, done answer) {
  if (const auto e = check(id, claim); e != error_code::none) return answer(e);
  entry& e = *find_entry(id);
  if (!has_room_for(e.now, group)) return answer(error_code::unknown_server_error);  // as Kafka's too large record
  add(e, {}, {group}, std::move(answer));
}

bool coordinator::has_room_for(const transaction& t, const std::string& group) const {
  constexpr std::size_t beside_name = 64;
  if (t.groups.contains(group)) return true;
  std::size_t bytes = group.size() + beside_name;
  for (const std::string& g : t.groups) bytes += g.size() + beside_name;
  return bytes <= _options.group_names_bytes_max;
}

// What begins the transaction is written as all of it, then only what is new. What is there already may be on its way
// to the disk: its answer waits for that too.
void coordinator::add(entry& e, const std::vector<partition_id>& partitions, const std::vector<std::string>& groups,
                      done answer) {
  const bool begins = e.now.state != state::ongoing;
  transaction added{.id = e.now.id};
  for (const partition_id& p : partitions)
    if (e.now.partitions.insert(p).second) added.partitions.insert(p);
  for (const std::string& g : groups)
    if (e.now.groups.insert(g).second) added.groups.insert(g);
  const bool is_all_there = !begins && added.partitions.empty() && added.groups.empty();
  if (is_all_there && e.pending == 0) return answer(error_code::none);
  const auto stored = [answer = std::move(answer)](bool ok) {
    answer(ok ? error_code::none : error_code::coordinator_not_available);
  };
  if (is_all_there) return _store->when_durable(stored);
  if (begins) {
    begin(e.now, _around.now_ms());
    return put_transaction(e.now, stored);
  }
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::added));
  out.string(true, added.id);
  write_members(out, added);
  put(added.id, std::move(out.buffer()), stored);
}

kafka::error_code coordinator::verify_group(std::string_view id, producer_claim claim, const std::string& group,
                                            bool may_add) const {
  if (const auto e = check(id, claim); e != error_code::none || may_add) return e;
  const transaction& t = *find(id);
  return t.state == state::ongoing && t.groups.contains(group) ? error_code::none : error_code::transaction_abortable;
}

void coordinator::add_offsets(const std::string& id, producer_claim claim, const std::string& group,
                              const group_offsets& offsets, bool may_add_group, done answer) {
  if (const auto e = verify_group(id, claim, group, may_add_group); e != error_code::none) return answer(e);
  entry& e = *find_entry(id);
  if (!has_room_for(e.now, group)) return answer(error_code::unknown_server_error);
  add(e, {}, {group}, [](error_code) {});
  for (const auto& [where, o] : offsets) _sent.put(e.now, group, where, o);
  kafka::writer out;
  out.int8(static_cast<std::int8_t>(change::offsets));
  out.string(true, id);
  out.string(true, group);
  write_offsets(out, offsets);
  put(id, std::move(out.buffer()), [answer = std::move(answer)](bool stored) {
    answer(stored ? error_code::none : error_code::coordinator_not_available);
  });
}

kafka::error_code coordinator::verify(std::string_view id, producer_claim claim, const partition_id& partition) const {
  if (const auto e = check(id, claim); e != error_code::none) return e;
  const transaction& t = *find(id);
  return t.state == state::ongoing && t.partitions.contains(partition) ? error_code::none
                                                                       : error_code::transaction_abortable;
}

kafka::error_code coordinator::check_produce(std::string_view id, producer_claim claim, const partition_id& partition,
                                             bool may_add) {
  const error_code error = verify(id, claim, partition);
  if (error != error_code::transaction_abortable || !may_add) return error;
  // The change stands before the batch in the log, and both are stored together or not at all.
  add(*find_entry(id), {partition}, {}, [](error_code) {});
  return error_code::none;
}

// ---- The end ----

void coordinator::end(end_request request, std::function<void(producer_result)> answer) {
  if (request.id.empty()) return answer({error_code::invalid_request, {}});
  const entry* e = find_entry(request.id);
  if (!e || e->now.epoch < 0) return answer({error_code::invalid_producer_id_mapping, {}});
  const auto outcome = transactions::end(e->now, request.claim, request.commit, request.raises_epoch, std::nullopt);
  if (outcome.what != end_outcome::step::needs_producer_id) return end_with(request, std::nullopt, answer);
  _around.new_producer_id([this, request = std::move(request), answer = std::move(answer)](std::int64_t fresh) {
    if (fresh < 0) return answer({error_code::coordinator_not_available, {}});
    end_with(request, fresh, answer);
  });
}

void coordinator::end_with(const end_request& request, std::optional<std::int64_t> fresh,
                           const std::function<void(producer_result)>& answer) {
  entry* e = find_entry(request.id);
  if (!e) return answer({error_code::invalid_producer_id_mapping, {}});
  if (e->is_expiring) return answer({error_code::concurrent_transactions, {}});
  const auto outcome = transactions::end(e->now, request.claim, request.commit, request.raises_epoch, fresh);
  if (outcome.what == end_outcome::step::answer && outcome.error == error_code::none)
    return answer({error_code::none, {e->now.producer_id, e->now.epoch}});
  if (outcome.what == end_outcome::step::answer) return answer({outcome.error, {}});
  finish(*e, request.commit, request.raises_epoch, fresh, [this, id = request.id, answer](bool stored) {
    const transaction* t = find(id);
    if (!stored || !t) return answer({error_code::coordinator_not_available, {}});
    answer({error_code::none, {t->producer_id, t->epoch}});
  });
}

void coordinator::finish(entry& e, bool commit, bool raises_epoch, std::optional<std::int64_t> fresh,
                         std::function<void(bool)> stored) {
  decide(e.now, commit, raises_epoch, fresh, _around.now_ms());
  put_transaction(e.now, nullptr);
  complete_decided(e, false, [this, commit, stored = std::move(stored)](bool ok) {
    if (ok) ++(commit ? _stats.committed : _stats.aborted);
    if (stored) stored(ok);
  });
}

// Markers, then the completion; `now` stays decided until all of it is durable, so that nothing comes between.
void coordinator::complete_decided(entry& e, bool only_open, std::function<void(bool)> stored) {
  write_markers(e.now, only_open);
  transaction completed = e.now;
  complete(completed, _around.now_ms());
  put_transaction(completed, [this, id = e.now.id, stored = std::move(stored)](bool ok) {
    if (entry* then = find_entry(id); ok && then) {
      go_back(*then);
      noted(*then);
    }
    if (stored) stored(ok);
  });
}

// `only_open`: a marker may be there already.
void coordinator::write_markers(const transaction& t, bool only_open) {
  for (const auto& [topic_id, index] : t.partitions) {
    const auto topic = _store->find(topic_id);
    if (!topic || index < 0 || static_cast<std::size_t>(index) >= topic->partitions.size()) continue;  // deleted since
    if (only_open && !topic->partitions[static_cast<std::size_t>(index)]->producers().is_open(t.producer_id)) continue;
    std::string batch =
        kafka::make_end_marker({t.producer_id, t.epoch,
                                t.state == state::prepare_commit ? kafka::end_marker::commit : kafka::end_marker::abort,
                                _store->leader_epoch(), _around.now_ms()});
    _store->append(topic, index, batch.data(), *kafka::peek_batch(batch));
  }
}

// By the broker itself: a new instance of the producer, or time out. The epoch is raised, whatever the client speaks.
void coordinator::abort(const std::string& id, producer_claim claim, std::function<void(bool)> stored) {
  const auto go = [this, id, claim, stored = std::move(stored)](std::optional<std::int64_t> fresh) {
    entry* e = find_entry(id);
    const bool same = e && e->now.state == state::ongoing && e->now.producer_id == claim.id &&
                      e->now.epoch == claim.epoch && fresh.value_or(0) >= 0;
    if (!same) return stored(false);
    finish(*e, false, true, fresh, stored);
  };
  if (!is_exhausted(claim.epoch)) return go(std::nullopt);
  _around.new_producer_id(go);
}

// ---- Time ----

void coordinator::expire(std::int64_t now_ms) {
  const auto active = _active;
  for (const std::string& id : active) {
    entry& e = *find_entry(id);
    if (e.pending > 0) continue;
    if (e.now.decided()) {  // the disk was full
      complete_decided(e, true, nullptr);
    } else if (e.now.started_ms + e.now.timeout_ms < now_ms) {
      abort(id, {e.now.producer_id, e.now.epoch}, [this, id](bool stored) {
        if (!stored) return;
        _logger.info("transaction timed out, aborted", {{"transactional_id", std::string_view(id)}});
        _stats.timed_out += 1;
      });
    }
  }
}

void coordinator::expire_ids(std::int64_t now_ms) {
  std::vector<std::string> old;
  for (const auto& [id, e] : _entries)
    if (e->pending == 0 && !e->now.active() && e->now.updated_ms <= now_ms - _options.id_expiry_ms) old.push_back(id);
  for (const std::string& id : old) {
    kafka::writer out;
    out.int8(static_cast<std::int8_t>(change::removed));
    out.string(true, id);
    find_entry(id)->is_expiring = true;
    put(id, std::move(out.buffer()), [this, id](bool) {
      if (entry* e = find_entry(id)) e->is_expiring = false;  // there was no space: it stays
    });
  }
}

void coordinator::noted(const entry& e) {
  if (!e.now.active()) {
    _active.erase(e.now.id);
    return;
  }
  _active.insert(e.now.id);
  if (_timer == 0 || e.now.started_ms + e.now.timeout_ms < _timer_at_ms) watch();
}

// One timer, for the transaction that times out first.
void coordinator::watch() {
  _loop.cancel(_timer);
  _timer = 0;
  if (_active.empty() || !_store) return;
  const auto deadline = [this](const std::string& id) {
    const transaction& t = _entries.find(id)->second->now;
    return t.decided() ? 0 : t.started_ms + t.timeout_ms + 1;
  };
  const std::int64_t now = _around.now_ms();
  const std::int64_t earliest = now + (_store->is_full() ? watch_delay_full_ms : watch_delay_min_ms);
  _timer_at_ms = std::max(std::ranges::min(_active | std::views::transform(deadline)), earliest);
  _timer = _loop.after(std::min(_timer_at_ms - now, _options.look_again_ms), [this] {
    _timer = 0;
    expire(_around.now_ms());
    watch();
  });
}

}  // namespace mes::bus::transactions
