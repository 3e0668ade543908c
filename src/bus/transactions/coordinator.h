// Transactions of producers: batches in many partitions and offsets of groups, all of them committed or none.
//
// The decision of an end, its markers and its completion are written in one go, in this order. The decision is one
// frame of the log: what was cut off after it is written again when the log is opened, what was cut off before it never
// happened. Requests see a transaction as it was last written (`now`); recovery and checkpoints see it as it is
// durable. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/log/store.h"
#include "bus/net/poller.h"
#include "bus/transactions/sent_offsets.h"
#include "bus/transactions/transaction.h"
#include "observe/log.h"

namespace mes::bus::transactions {

// The coordinator's changes as they stand in the log: the first byte of their payload.
enum class change : std::int8_t {
  transaction = 48,
  offsets = 49,
  removed = 50,
  partition = 51,  // of older versions; read, not written
  added = 52,      // partitions and groups, to a transaction that is open
};
constexpr bool is_change(std::int8_t first_byte) { return first_byte >= 48 && first_byte <= 52; }

struct coordinator_options {
  std::int32_t timeout_max_ms = 900'000;    // what a producer may ask for: transaction.max.timeout.ms
  std::int64_t id_expiry_ms = 604'800'000;  // of one without transactions: transactional.id.expiration.ms
  std::int64_t look_again_ms = 10'000;      // at the latest, at what times out: the clock may jump; as Kafka
  std::size_t ids_max = 100'000;            // Kafka has no bound of its own
  std::size_t group_names_bytes_max = std::size_t{1} << 20;  // of one transaction; Kafka's record of it has this bound
};

struct surroundings {
  std::function<void(std::function<void(std::int64_t id)>)> new_producer_id;  // -1: could not be stored
  // A group whose offsets an open transaction has; it may be there already.
  std::function<void(const std::string& group)> make_group;
  // Offsets of a committed transaction, as applied state.
  std::function<void(const std::string& group, const group_offsets& offsets)> commit_offsets;
  std::function<std::int64_t()> now_ms;  // wall clock
};

struct init_request {
  std::string id;
  std::int32_t timeout_ms = 0;
  std::optional<producer_claim> expected;
};

struct end_request {
  std::string id;
  producer_claim claim;
  bool commit = false;
  bool raises_epoch = false;  // transactions v2
};

// Of init and end: the id and epoch that the producer goes on with.
struct producer_result {
  wire::kafka::error_code error = wire::kafka::error_code::none;
  producer_claim producer;
};

struct coordinator_stats {
  std::uint64_t committed = 0, aborted = 0, timed_out = 0;
};

class coordinator {
 public:
  using error_code = wire::kafka::error_code;
  using done = std::function<void(error_code)>;

  coordinator(coordinator_options options, net::poller& loop, surroundings around, const observe::logger& log);
  ~coordinator();
  void start(log::store& store);  // after recovery: ends what was decided before

  void init(init_request request, std::function<void(producer_result)> answer);
  void add_partitions(const std::string& id, producer_claim claim, const std::vector<partition_id>& partitions,
                      done answer);
  void add_group(const std::string& id, producer_claim claim, const std::string& group, done answer);
  void add_offsets(const std::string& id, producer_claim claim, const std::string& group, const group_offsets& offsets,
                   bool may_add_group, done answer);
  void end(end_request request, std::function<void(producer_result)> answer);

  // Whether the partition belongs to the producer's transaction: TRANSACTION_ABORTABLE if not.
  error_code verify(std::string_view id, producer_claim claim, const partition_id& partition) const;
  // The same before a batch is appended. `may_add`: the partition joins with it (transactions v2).
  error_code check_produce(std::string_view id, producer_claim claim, const partition_id& partition, bool may_add);
  // The same before offsets of a group are committed.
  error_code verify_group(std::string_view id, producer_claim claim, const std::string& group, bool may_add) const;
  bool has_pending_offset(const std::string& group, const groups::topic_partition& where) const {
    return _sent.contain(group, where);
  }
  bool has_pending_offset(const std::string& group) const { return _sent.contain(group); }  // of any partition

  const transaction* find(std::string_view id) const;
  void for_each(const std::function<void(const transaction&)>& each) const;
  std::size_t size() const { return _entries.size(); }
  bool has_room_for(std::string_view id) const { return _entries.size() < _options.ids_max || _entries.contains(id); }
  std::size_t open_count() const { return _active.size(); }
  const coordinator_stats& stats() const { return _stats; }
  const coordinator_options& options() const { return _options; }

  void expire(std::int64_t now_ms);      // aborts what has timed out
  void expire_ids(std::int64_t now_ms);  // now and then

  void apply(std::string_view payload);
  void topic_deleted(const std::string& topic);  // its offsets are not committed any more
  // An offset that was set without a transaction, or deleted, stays so: what open transactions had sent before is not
  // committed any more.
  void offset_changed(const std::string& group, const groups::topic_partition& where);
  void group_deleted(const std::string& group);
  void snapshot(wire::kafka::writer& out) const;
  bool restore(wire::kafka::reader& in, std::int8_t version = 6);  // before 6 pending offsets have no order

 private:
  struct entry {
    transaction now;
    std::optional<transaction> durable;  // nothing: new, on its way to the disk
    std::uint32_t pending = 0;           // changes on their way
    bool is_expiring = false;            // the last of them forgets it: nothing may come after
  };
  entry* find_entry(std::string_view id);
  void go_back(entry& e) { _sent.assign(e.now, *e.durable); }
  void forget(const std::string& id);
  void commit_offsets(const transaction& t);
  void forget_offset(const std::string& group, const groups::topic_partition& where, std::int64_t before);
  error_code check(std::string_view id, producer_claim claim) const;
  void init_with(entry& e, const init_request& request, std::optional<std::int64_t> fresh_producer_id,
                 const std::function<void(producer_result)>& answer);
  void end_with(const end_request& request, std::optional<std::int64_t> fresh_producer_id,
                const std::function<void(producer_result)>& answer);
  bool has_room_for(const transaction& t, const std::string& group) const;
  void add(entry& e, const std::vector<partition_id>& partitions, const std::vector<std::string>& groups, done answer);
  void put(const std::string& id, std::string payload, std::function<void(bool stored)> stored);
  void put_transaction(const transaction& t, std::function<void(bool stored)> stored);
  void finish(entry& e, bool commit, bool raises_epoch, std::optional<std::int64_t> fresh_producer_id,
              std::function<void(bool stored)> stored);
  void write_markers(const transaction& t, bool only_open);
  void complete_decided(entry& e, bool only_open, std::function<void(bool stored)> stored);
  void abort(const std::string& id, producer_claim claim, std::function<void(bool stored)> stored);
  void noted(const entry& e);
  void watch();

  coordinator_options _options;
  net::poller& _loop;
  surroundings _around;
  const observe::logger& _logger;
  log::store* _store = nullptr;
  coordinator_stats _stats;
  std::map<std::string, std::unique_ptr<entry>, std::less<>> _entries;
  std::set<std::string, std::less<>> _active;  // whose `now` is ongoing or decided
  sent_offsets _sent;
  std::int64_t _offsets_seen = 0;  // of open transactions, in the log
  net::poller::timer_id _timer = 0;
  std::int64_t _timer_at_ms = 0;
};

}  // namespace mes::bus::transactions
