// Decompression of record batches by Kafka's codecs, bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/kafka/record_batch.h"

namespace mes::wire::kafka {

// No value: broken, unknown, or more than `bytes_max`. Snappy comes plain or in xerial's blocks, lz4 as frames.
std::optional<std::string> decompress(compression codec, std::string_view data, std::size_t bytes_max);

}  // namespace mes::wire::kafka
