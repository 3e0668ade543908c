// Rows of one index that were appended together: what lies in memory until it is in a part.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "telemetry/parts/row.h"

namespace mes::telemetry {

// Bytes behind the last row that a JSON parser may read (and ignores).
inline constexpr std::size_t parser_padding_bytes = 64;

// Immutable once made; shared between the writer and queries.
struct chunk {
  std::string index;
  std::string bytes;  // rows, then the padding
  std::vector<row> rows;

  std::size_t size_bytes() const { return bytes.capacity() + rows.capacity() * sizeof(row) + sizeof(chunk); }
};

// Takes the bytes of rows. The n-th row without a sequence gets `first_sequence` + n. Null: the bytes are no rows.
std::shared_ptr<const chunk> make_chunk(std::string index, std::string rows, std::uint64_t first_sequence);

}  // namespace mes::telemetry
