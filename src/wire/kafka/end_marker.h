// Control batches that end a transaction in a partition: one record whose key says commit or abort (KIP-98).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mes::wire::kafka {

enum class end_marker : std::int16_t { abort = 0, commit = 1 };  // as the record's key has them

struct end_marker_batch {
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  end_marker what = end_marker::abort;
  std::int32_t coordinator_epoch = 0;
  std::int64_t timestamp_ms = 0;
};

std::string make_end_marker(const end_marker_batch& marker);

// What a control batch says; nothing: it ends no transaction, or does not hold together.
std::optional<end_marker_batch> read_end_marker(std::string_view batch);

}  // namespace mes::wire::kafka
