// What a compressed batch's records are, and their times. What its header says of them is the producer's word alone,
// and some give the last record's time for the largest.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "wire/kafka/record_batch.h"

namespace mes::wire::kafka {

// The largest, -1 at least. The batch is unpacked a piece at a time, and none of it is kept. bad_record: they are not
// the records that the header tells of. bad_packing, too_large: the head of one cannot be unpacked, or only to more
// than `bytes_max`.
std::expected<std::int64_t, batch_fault> largest_timestamp(const batch_header& header, std::string_view batch,
                                                           std::size_t bytes_max);

}  // namespace mes::wire::kafka
