// A transaction of a producer as a value, and the rules of Kafka's transaction coordinator on it: values in, values
// out (KIP-98; KIP-360: a producer goes on after an error; KIP-890: transactions v2, where each end raises the epoch).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/uuid.h"
#include "bus/groups/group.h"
#include "wire/kafka/errors.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::bus::transactions {

enum class state : std::int8_t {
  empty = 0,
  ongoing = 1,
  prepare_commit = 2,  // decided, not yet told to every partition
  prepare_abort = 3,
  complete_commit = 4,
  complete_abort = 5
};
std::string_view name_of(state s);          // as Kafka prints it: "PrepareCommit"
bool is_state_name(std::string_view name);  // Kafka's states, also those that no transaction here is ever in

using partition_id = std::pair<uuid, std::int32_t>;  // topic, partition
using group_offsets = std::map<groups::topic_partition, groups::committed_offset>;

struct transaction {
  std::string id;  // transactional.id
  std::int64_t producer_id = -1;
  std::int64_t previous_producer_id = -1;  // before it was changed for want of epochs
  std::int64_t next_producer_id = -1;      // from the end of this transaction on; -1: it stays
  std::int16_t epoch = -1;
  std::int16_t last_epoch = -1;  // the one before, if its producer may still name it
  std::int32_t timeout_ms = 0;
  transactions::state state = transactions::state::empty;
  std::int64_t started_ms = -1;  // wall clock
  std::int64_t updated_ms = 0;
  std::set<partition_id> partitions;
  std::set<std::string> groups;                  // that it may commit offsets of
  std::map<std::string, group_offsets> offsets;  // not visible before it commits

  bool decided() const { return state == state::prepare_commit || state == state::prepare_abort; }
  bool active() const { return state == state::ongoing || decided(); }
};

// Who a request says it comes from.
struct producer_claim {
  std::int64_t id = -1;
  std::int16_t epoch = -1;
};

// No client is given the largest epoch: it is for the marker that fences the last one.
constexpr bool is_exhausted(std::int16_t epoch) { return epoch >= INT16_MAX - 1; }

// InitProducerId with a transactional id.
struct init_outcome {
  enum class step : std::uint8_t { refuse, abort_first, needs_producer_id, done };
  step what = step::refuse;
  wire::kafka::error_code error = wire::kafka::error_code::none;  // of refuse
  transaction next;                                               // of done
};
init_outcome init(const transaction& t, std::optional<producer_claim> expected, std::int32_t timeout_ms,
                  std::int64_t now_ms, std::optional<std::int64_t> fresh_producer_id);

// Whether that producer may work in the transaction now: none, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED or
// CONCURRENT_TRANSACTIONS.
wire::kafka::error_code check(const transaction& t, producer_claim claim);
void begin(transaction& t, std::int64_t now_ms);  // if it is not ongoing

// EndTxn. `raises_epoch`: transactions v2.
struct end_outcome {
  enum class step : std::uint8_t { answer, needs_producer_id, end };
  step what = step::answer;
  wire::kafka::error_code error = wire::kafka::error_code::none;
};
end_outcome end(const transaction& t, producer_claim claim, bool commit, bool raises_epoch,
                std::optional<std::int64_t> fresh_producer_id);

void decide(transaction& t, bool commit, bool raises_epoch, std::optional<std::int64_t> fresh_producer_id,
            std::int64_t now_ms);
void complete(transaction& t, std::int64_t now_ms);  // of a decided one

// The log's form, without the offsets. Members: its partitions and groups; read_members() adds to them.
void write_members(wire::kafka::writer& out, const transaction& t);
void read_members(wire::kafka::reader& in, transaction& t);
void write(wire::kafka::writer& out, const transaction& t);
bool read(wire::kafka::reader& in, transaction& t);
void write_offsets(wire::kafka::writer& out, const group_offsets& offsets);
bool read_offsets(wire::kafka::reader& in, group_offsets& offsets);  // adds to them

}  // namespace mes::bus::transactions
