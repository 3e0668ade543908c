// What the relay does with the tables outbox and inbox, inside of a unit of work. Internal to store/.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "store/outbox.h"

namespace mes::store {

struct outbox_rows {
  std::vector<std::pair<std::int64_t, runtime::kafka_record>> rows;  // by id
  std::int64_t beyond = 0;                                           // about so many more are waiting
};
outbox_rows read_outbox(session& s, std::int64_t after, std::int64_t rows_max);
void delete_outbox(session& s, std::int64_t through);

// Rows deleted, at most `rows_max`.
std::int64_t prune_inbox(session& s, std::int64_t before_ms, std::int64_t rows_max);

}  // namespace mes::store
