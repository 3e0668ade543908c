// The bytes of a part: an immutable file of compressed blocks, visible by one rename.
//
//   "MESPART1"
//   blocks        zstd frames with checksum, each of rows of one stream in order of time
//   trace index   (u64 trace key, u32 block), sorted
//   id index      (u64 hash of an explicit id, u32 block), sorted
//   directory     time of writing, streams, blocks, labels, numbers of the parts that this one replaces
//   footer        part_footer_bytes: where all of that is, XXH3 of directory and footer, "MESPEND1"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mes::telemetry {

inline constexpr std::string_view part_magic = "MESPART1";
inline constexpr std::string_view part_end_magic = "MESPEND1";
inline constexpr std::size_t part_footer_bytes = 8 + 4 + 8 + 4 + 8 + 4 + 8 + 8;
inline constexpr std::size_t key_entry_bytes = 12;
inline constexpr std::size_t block_raw_bytes = 128u << 10;     // what a block is cut at
inline constexpr std::size_t block_raw_bytes_max = 64u << 20;  // more is damage

struct block_info {
  std::uint64_t offset = 0;
  std::uint32_t packed_bytes = 0;
  std::uint32_t raw_bytes = 0;
  std::uint32_t rows = 0;
  std::uint32_t stream = 0;  // index into the part's streams
  std::int64_t time_min_us = 0, time_max_us = 0;
  std::uint64_t sequence_min = 0, sequence_max = 0;
};

struct key_entry {
  std::uint64_t key = 0;
  std::uint32_t block = 0;
  auto operator<=>(const key_entry&) const = default;
};

}  // namespace mes::telemetry
