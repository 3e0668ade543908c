#include "wire/kafka/compression.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::wire::kafka {
namespace {

using unpacked = std::expected<std::string, unpack_fault>;
constexpr auto broken = std::unexpected(unpack_fault::broken), too_large = std::unexpected(unpack_fault::too_large);
constexpr std::size_t step = std::size_t{64} << 10;

// Makes room for another step; false at the limit.
bool grow(std::string& out, std::size_t used, std::size_t bytes_max) {
  if (used > bytes_max) return false;
  const std::size_t wanted = used + std::min(step, bytes_max + 1 - used);
  // The last doubling goes to the limit, and a byte further, so that none follows for that byte alone.
  if (wanted > out.capacity() && 2 * out.capacity() >= bytes_max) out.reserve(bytes_max + 1);
  out.resize(wanted);
  return out.size() > used;
}

unpacked gunzip(std::string_view data, std::size_t bytes_max) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 32) != Z_OK) return broken;
  const auto end = [](z_stream* s) { inflateEnd(s); };
  const std::unique_ptr<z_stream, decltype(end)> guard(&stream, end);
  std::string in(data), out;  // zlib's input is not const
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  std::size_t used = 0;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    if (!grow(out, used, bytes_max)) return too_large;
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(out.size() - used);
    const auto before = stream.avail_out;
    status = inflate(&stream, Z_NO_FLUSH);
    used = out.size() - stream.avail_out;
    if (status != Z_OK && status != Z_STREAM_END) return broken;
    if (status == Z_OK && stream.avail_in == 0 && before == stream.avail_out) return broken;
  }
  if (used > bytes_max) return too_large;
  out.resize(used);
  return out;
}

std::expected<void, unpack_fault> append_snappy(std::string_view data, std::size_t bytes_max, std::string& out) {
  std::size_t size = 0;
  if (snappy_uncompressed_length(data.data(), data.size(), &size) != SNAPPY_OK) return broken;
  if (size > bytes_max - out.size()) return too_large;
  const std::size_t at = out.size();
  out.resize(at + size);
  if (snappy_uncompress(data.data(), data.size(), out.data() + at, &size) != SNAPPY_OK) return broken;
  return {};
}

unpacked unsnappy(std::string_view data, std::size_t bytes_max) {
  constexpr std::string_view xerial("\x82SNAPPY\0", 8);
  std::string out;
  if (!data.starts_with(xerial)) {
    if (const auto added = append_snappy(data, bytes_max, out); !added) return std::unexpected(added.error());
    return out;
  }
  reader blocks(data.substr(std::min<std::size_t>(16, data.size())));  // after magic, version and compatible version
  while (blocks.left() > 0) {
    const auto size = blocks.int32();
    const auto block = blocks.raw(size < 0 ? SIZE_MAX : static_cast<std::size_t>(size));
    if (!blocks.ok()) return broken;
    if (const auto added = append_snappy(block, bytes_max, out); !added) return std::unexpected(added.error());
  }
  return out;
}

unpacked unlz4(std::string_view data, std::size_t bytes_max) {
  LZ4F_dctx* context = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0) return broken;
  const auto end = [](LZ4F_dctx* c) { LZ4F_freeDecompressionContext(c); };
  const std::unique_ptr<LZ4F_dctx, decltype(end)> guard(context, end);
  std::string out;
  std::size_t used = 0;
  for (std::size_t hint = 1; hint != 0;) {
    if (!grow(out, used, bytes_max)) return too_large;
    std::size_t room = out.size() - used, taken = data.size();
    hint = LZ4F_decompress(context, out.data() + used, &room, data.data(), &taken, nullptr);
    if (LZ4F_isError(hint) != 0) return broken;
    used += room;
    data.remove_prefix(taken);
    if (hint != 0 && room == 0 && taken == 0) return broken;
  }
  if (used > bytes_max) return too_large;
  out.resize(used);
  return out;
}

unpacked unzstd(std::string_view data, std::size_t bytes_max) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), &ZSTD_freeDStream);
  std::string out;
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  std::size_t used = 0;
  for (std::size_t hint = 1; hint != 0;) {
    if (!grow(out, used, bytes_max)) return too_large;
    ZSTD_outBuffer to{out.data() + used, out.size() - used, 0};
    const std::size_t before = in.pos;
    hint = ZSTD_decompressStream(stream.get(), &to, &in);
    if (ZSTD_isError(hint) != 0) return broken;
    used += to.pos;
    if (hint != 0 && to.pos == 0 && in.pos == before) return broken;
  }
  if (used > bytes_max) return too_large;
  out.resize(used);
  return out;
}

std::optional<std::string> gzip(std::string_view data, int level) {
  z_stream stream{};
  constexpr int as_gzip = 15 + 16, memory_level = 8;
  if (deflateInit2(&stream, level, Z_DEFLATED, as_gzip, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) return std::nullopt;
  const auto end = [](z_stream* s) { deflateEnd(s); };
  const std::unique_ptr<z_stream, decltype(end)> guard(&stream, end);
  std::string in(data), out(deflateBound(&stream, data.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return std::nullopt;
  out.resize(out.size() - stream.avail_out);
  return out;
}

// Xerial's blocks: magic, version and compatible version (1), then blocks, each with its length in front.
std::optional<std::string> snappy(std::string_view data) {
  constexpr std::size_t block = std::size_t{32} << 10;
  writer out;
  out.raw(std::string_view("\x82SNAPPY\0", 8));
  out.int32(1);
  out.int32(1);
  for (std::size_t at = 0; at < data.size(); at += block) {
    const std::string_view part = data.substr(at, block);
    std::size_t size = snappy_max_compressed_length(part.size());
    std::string packed(size, '\0');
    if (snappy_compress(part.data(), part.size(), packed.data(), &size) != SNAPPY_OK) return std::nullopt;
    out.int32(static_cast<std::int32_t>(size));
    out.raw(std::string_view(packed).substr(0, size));
  }
  return std::move(out.buffer());
}

// Kafka's default of 9 stands for the fast compressor; every other level is one of the slow one, which here begins
// at 3.
std::optional<std::string> lz4(std::string_view data, int level) {
  constexpr int fast = 0, slow_min = 3;
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.compressionLevel = level == default_level(compression::lz4) ? fast : std::max(level, slow_min);
  std::string out(LZ4F_compressFrameBound(data.size(), &preferences), '\0');
  const std::size_t size = LZ4F_compressFrame(out.data(), out.size(), data.data(), data.size(), &preferences);
  if (LZ4F_isError(size) != 0) return std::nullopt;
  out.resize(size);
  return out;
}

std::optional<std::string> zstd(std::string_view data, int level) {
  std::string out(ZSTD_compressBound(data.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), data.data(), data.size(), level);
  if (ZSTD_isError(size) != 0) return std::nullopt;
  out.resize(size);
  return out;
}

}  // namespace

std::expected<std::string, unpack_fault> decompress(compression codec, std::string_view data, std::size_t bytes_max) {
  switch (codec) {
    case compression::none:
      if (data.size() > bytes_max) return too_large;
      return std::string(data);
    case compression::gzip:
      return gunzip(data, bytes_max);
    case compression::snappy:
      return unsnappy(data, bytes_max);
    case compression::lz4:
      return unlz4(data, bytes_max);
    case compression::zstd:
      return unzstd(data, bytes_max);
  }
  return broken;
}

int default_level(compression codec) {
  switch (codec) {
    case compression::gzip:
      return Z_DEFAULT_COMPRESSION;
    case compression::lz4:
      return 9;
    case compression::zstd:
      return ZSTD_CLEVEL_DEFAULT;
    case compression::none:
    case compression::snappy:
      break;
  }
  return 0;
}

std::optional<std::string> compress(compression codec, std::string_view data, std::optional<int> wanted_level) {
  const int level = wanted_level.value_or(default_level(codec));
  switch (codec) {
    case compression::none:
      return std::string(data);
    case compression::gzip:
      return gzip(data, level);
    case compression::snappy:
      return snappy(data);
    case compression::lz4:
      return lz4(data, level);
    case compression::zstd:
      return zstd(data, level);
  }
  return std::nullopt;
}

}  // namespace mes::wire::kafka
