// What a topic's settings demand of the records of a produced batch (Kafka's LogValidator).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/log/store.h"
#include "wire/kafka/errors.h"
#include "wire/kafka/record_batch.h"

namespace mes::bus::handlers {

struct record_fault {
  std::int32_t index = 0;  // of the record in the batch
  std::string why;
};

struct refused_records {
  wire::kafka::error_code error{};
  std::vector<record_fault> records;  // the first few
};

// Nothing: all of them may be appended. `now_ms` by the wall clock.
std::optional<refused_records> check_records(const log::topic& t, const wire::kafka::batch_header& batch,
                                             std::string_view bytes, std::int64_t now_ms);

}  // namespace mes::bus::handlers
