// The times of a compressed batch's records. What its header says of them is the producer's word alone, and some give
// the last record's time for the largest.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "wire/kafka/record_batch.h"

namespace mes::wire::kafka {

// The largest, -1 at least. Keys and values are passed over, and nothing behind the head of the last record is
// unpacked. too_large: what lies before it takes more than `bytes_max`.
std::expected<std::int64_t, batch_fault> largest_timestamp(const batch_header& header, std::string_view batch,
                                                           std::size_t bytes_max);

}  // namespace mes::wire::kafka
