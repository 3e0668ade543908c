// Kafka's codecs of record batches; decompression is bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/kafka/record_batch.h"

namespace mes::wire::kafka {

// No value: broken, unknown, or more than `bytes_max`. Snappy comes plain or in xerial's blocks, lz4 as frames.
std::optional<std::string> decompress(compression codec, std::string_view data, std::size_t bytes_max);

// At each codec's default level, in the forms that Kafka's own client writes. No value: unknown, or the library fails.
std::optional<std::string> compress(compression codec, std::string_view data);

}  // namespace mes::wire::kafka
