// Kafka's codecs of record batches; decompression is bounded.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "wire/kafka/record_batch.h"

namespace mes::wire::kafka {

enum class unpack_fault : std::uint8_t { broken, too_large };  // broken: or of an unknown codec

// At most `bytes_max`. Snappy comes plain or in xerial's blocks, lz4 as frames.
std::expected<std::string, unpack_fault> decompress(compression codec, std::string_view data, std::size_t bytes_max);

// The same, for who wants little of it and would keep less: `each` gets a piece after the other, and none after it has
// returned false. The rest is not unpacked then.
std::expected<void, unpack_fault> decompress_in_pieces(compression codec, std::string_view data, std::size_t bytes_max,
                                                       const std::function<bool(std::string_view)>& each);

// In the forms that Kafka's own client writes. Levels are those of Kafka's compression.*.level; none and snappy have
// none. No value: unknown, or the library fails.
int default_level(compression codec);
std::optional<std::string> compress(compression codec, std::string_view data, std::optional<int> level = {});

}  // namespace mes::wire::kafka
