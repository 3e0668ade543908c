// One stored event, a span or a document, and its bytes in the log and in the blocks of parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mes::telemetry {

// Views into memory that the holder of the row owns (a chunk, a decompressed block).
struct row {
  static constexpr std::size_t stream_bytes_max = 255;
  static constexpr std::size_t id_bytes_max = 512;  // as Elasticsearch's

  std::int64_t time_us = 0;     // since 1970 UTC: a span's start, a document's @timestamp (or its arrival)
  std::uint64_t sequence = 0;   // unique in the store, in the order of arrival; 0 = not given yet
  std::uint64_t trace_key = 0;  // the low half of its trace id; 0 = none
  std::uint8_t flags = 0;       // none yet
  std::string_view stream;      // the service; empty inside a block, where the block names it
  std::string_view id;          // an explicit document id, "" = none
  std::string_view body;        // exactly as it came
};

void append_row(std::string& out, const row& r);
bool read_row(std::string_view& in, row& into);  // false: the bytes do not hold a row

// The low 64 bits of a trace id given as 16 big-endian bytes or as up to 32 hex digits. 0 where there is none.
std::uint64_t trace_key_of_bytes(std::string_view sixteen_bytes);
std::uint64_t trace_key_of_hex(std::string_view hex);

// The key of an explicit id in the indexes of parts.
std::uint64_t id_key_of(std::string_view id);

}  // namespace mes::telemetry
