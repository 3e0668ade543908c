// The bytes of the log on disk (docs/formats/bus-log.md). Numbers are little-endian.
//
// A segment is a header and frames without gaps; a frame is a header and a payload: a record batch as Kafka's protocol
// has it, or a change of the broker's own state. Zeros follow the last frame of the segment that is written to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"

namespace mes::bus::log {

inline constexpr std::size_t segment_header_size = 64;
inline constexpr std::size_t frame_header_size = 56;
inline constexpr std::uint32_t format_version = 1;
// 1: without transactions; 2: without cleaned segments; 3: groups of the classic protocol alone; 4: no principals.
inline constexpr std::int8_t checkpoint_version = 6;

enum class frame_kind : std::uint8_t { batch = 1, state = 2 };

struct frame_header {
  frame_kind kind = frame_kind::state;
  std::uint32_t payload_size = 0;
  std::uint32_t payload_crc = 0;  // batch: the batch's own CRC; state: of the payload
  uuid topic;                     // batch
  std::int32_t partition = 0;     // batch
  std::int32_t leader_epoch = 0;  // batch
  std::int64_t base_offset = 0;   // batch
};

// The CRC of a header is seeded with the segment's number, so that bytes of another segment never pass for its own.
void append_frame_header(std::string& out, const frame_header& header, std::uint64_t segment);
std::optional<frame_header> read_frame_header(std::string_view bytes, std::uint64_t segment);

std::string make_segment_header(std::uint64_t segment, std::uint32_t version = format_version);
bool is_segment_header(std::string_view bytes, std::uint64_t segment);

// What a newer mes wrote is not broken, and left as it is. Nothing: it is of a version that is read here, or broken.
std::optional<std::string> segment_of_newer_format(std::string_view header, std::uint64_t segment);
std::optional<std::string> checkpoint_of_newer_format(std::string_view body);

// Segments that compaction wrote are numbered from here on, apart from those of the write-ahead log.
inline constexpr std::uint64_t first_cleaned = std::uint64_t{1} << 63;
constexpr bool is_cleaned(std::uint64_t segment) { return segment >= first_cleaned; }

std::string segment_name(std::uint64_t segment);  // "00000000000000000001.log", cleaned: "00000000000000000001.clean"
std::string index_name(std::uint64_t segment);    // "….index", cleaned: "….clean-index"
std::optional<std::uint64_t> parse_segment_name(std::string_view name);  // of "….log" and "….clean" only

// A file that is written whole: magic, length, CRC, body. Read gives nothing if any of it does not hold.
std::string seal(std::string_view magic, std::string_view body);  // magic: 8 bytes
std::optional<std::string_view> unseal(std::string_view magic, std::string_view file);

}  // namespace mes::bus::log
