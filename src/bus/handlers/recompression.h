// compression.type of topics and the broker: what batches are compressed by before they are stored.
#pragma once

#include <optional>

#include "bus/log/store.h"
#include "wire/kafka/record_batch.h"

namespace mes::bus {
struct compression_settings;
}

namespace mes::bus::handlers {

struct wanted_codec {
  wire::kafka::compression codec{};
  int level = 0;  // Kafka's, of that codec
};

// Nothing: batches stay as their producer compressed them.
std::optional<wanted_codec> codec_for(const compression_settings& broker, const log::topic& t);

}  // namespace mes::bus::handlers
