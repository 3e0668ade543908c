#include "wire/kafka/compression.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::wire::kafka {
namespace {

using unpacked = std::expected<void, unpack_fault>;
constexpr auto broken = std::unexpected(unpack_fault::broken), too_large = std::unexpected(unpack_fault::too_large);
constexpr std::size_t step = std::size_t{64} << 10;

// Where a codec puts what it unpacks, a piece at a time.
class output {
 public:
  explicit output(std::size_t bytes_max) : _bytes_max(bytes_max) {}
  virtual ~output() = default;

  // For a piece, but for no more than a byte beyond the limit. Empty: that byte has come.
  std::span<char> room(std::size_t size) {
    return is_over() ? std::span<char>() : make_room(std::min(size, _bytes_max + 1 - _used));
  }
  // The first `size` bytes of it are filled. False: no more is wanted.
  bool add(std::size_t size) {
    _used += size;
    return take(size);
  }
  bool is_over() const { return _used > _bytes_max; }

 protected:
  const std::size_t _bytes_max;
  std::size_t _used = 0;

 private:
  virtual std::span<char> make_room(std::size_t size) = 0;
  virtual bool take(std::size_t size) = 0;
};

class whole_output final : public output {
 public:
  using output::output;
  std::string bytes() {
    _bytes.resize(_used);
    return std::move(_bytes);
  }

 private:
  std::span<char> make_room(std::size_t size) override {
    const std::size_t wanted = _used + size;
    // The last doubling goes to the limit, and a byte further, so that none follows for that byte alone.
    if (wanted > _bytes.capacity() && 2 * _bytes.capacity() >= _bytes_max) _bytes.reserve(_bytes_max + 1);
    _bytes.resize(wanted);
    return std::span(_bytes).subspan(_used);
  }
  bool take(std::size_t) override { return true; }

  std::string _bytes;
};

class output_in_pieces final : public output {
 public:
  output_in_pieces(std::size_t bytes_max, const std::function<bool(std::string_view)>& each)
      : output(bytes_max), _each(each) {}

 private:
  std::span<char> make_room(std::size_t size) override {
    if (size > _room) {
      _piece = std::make_unique_for_overwrite<char[]>(size);
      _room = size;
    }
    return {_piece.get(), size};
  }
  bool take(std::size_t size) override { return _each({_piece.get(), size}); }

  const std::function<bool(std::string_view)>& _each;
  std::unique_ptr<char[]> _piece;
  std::size_t _room = 0;
};

unpacked gunzip(std::string_view data, output& out) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 32) != Z_OK) return broken;
  const auto end = [](z_stream* s) { inflateEnd(s); };
  const std::unique_ptr<z_stream, decltype(end)> guard(&stream, end);
  std::string in(data);  // zlib's input is not const
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  // As Java's client: what follows is read if it is a member too (RFC 1952, section 2.2), and is nothing otherwise.
  const auto has_another = [&] {
    return stream.avail_in > 1 && stream.next_in[0] == 0x1f && stream.next_in[1] == 0x8b;
  };
  for (int status = Z_OK; status != Z_STREAM_END || has_another();) {
    if (status == Z_STREAM_END) inflateReset(&stream);
    const auto room = out.room(step);
    if (room.empty()) return too_large;
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    status = inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = room.size() - stream.avail_out;
    if (status != Z_OK && status != Z_STREAM_END) return broken;
    if (status == Z_OK && stream.avail_in == 0 && got == 0) return broken;
    if (!out.add(got)) break;
  }
  return {};
}

// False: no more is wanted.
std::expected<bool, unpack_fault> unsnappy_block(std::string_view data, output& out) {
  std::size_t size = 0;
  if (snappy_uncompressed_length(data.data(), data.size(), &size) != SNAPPY_OK) return broken;
  if (size == 0) return true;
  const auto room = out.room(size);
  if (room.size() < size) return too_large;
  if (snappy_uncompress(data.data(), data.size(), room.data(), &size) != SNAPPY_OK) return broken;
  return out.add(size);
}

unpacked unsnappy(std::string_view data, output& out) {
  constexpr std::string_view xerial("\x82SNAPPY\0", 8);
  if (!data.starts_with(xerial)) {
    if (const auto added = unsnappy_block(data, out); !added) return std::unexpected(added.error());
    return {};
  }
  reader blocks(data.substr(std::min<std::size_t>(16, data.size())));  // after magic, version and compatible version
  while (blocks.left() > 0) {
    const auto size = blocks.int32();
    const auto block = blocks.raw(size < 0 ? SIZE_MAX : static_cast<std::size_t>(size));
    if (!blocks.ok()) return broken;
    const auto added = unsnappy_block(block, out);
    if (!added) return std::unexpected(added.error());
    if (!*added) break;
  }
  return {};
}

unpacked unlz4(std::string_view data, output& out) {
  LZ4F_dctx* context = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0) return broken;
  const auto end = [](LZ4F_dctx* c) { LZ4F_freeDecompressionContext(c); };
  const std::unique_ptr<LZ4F_dctx, decltype(end)> guard(context, end);
  for (std::size_t hint = 1; hint != 0;) {
    const auto room = out.room(step);
    if (room.empty()) return too_large;
    std::size_t got = room.size(), taken = data.size();
    hint = LZ4F_decompress(context, room.data(), &got, data.data(), &taken, nullptr);
    if (LZ4F_isError(hint) != 0) return broken;
    data.remove_prefix(taken);
    if (hint != 0 && got == 0 && taken == 0) return broken;
    if (!out.add(got)) break;
  }
  return {};
}

unpacked unzstd(std::string_view data, output& out) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), &ZSTD_freeDStream);
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  for (std::size_t hint = 1; hint != 0 || in.pos < in.size;) {  // frames follow each other (RFC 8878, section 3)
    const auto room = out.room(step);
    if (room.empty()) return too_large;
    ZSTD_outBuffer to{room.data(), room.size(), 0};
    const std::size_t before = in.pos;
    hint = ZSTD_decompressStream(stream.get(), &to, &in);
    if (ZSTD_isError(hint) != 0) return broken;
    if (hint != 0 && to.pos == 0 && in.pos == before) return broken;
    if (!out.add(to.pos)) break;
  }
  return {};
}

unpacked plain(std::string_view data, output& out) {
  while (!data.empty()) {
    const auto room = out.room(std::min(step, data.size()));
    if (room.empty()) return too_large;
    std::ranges::copy(data.substr(0, room.size()), room.data());
    data.remove_prefix(room.size());
    if (!out.add(room.size())) break;
  }
  return {};
}

unpacked unpack(compression codec, std::string_view data, output& out) {
  const auto by = [codec] {
    switch (codec) {
      case compression::none:
        return plain;
      case compression::gzip:
        return gunzip;
      case compression::snappy:
        return unsnappy;
      case compression::lz4:
        return unlz4;
      case compression::zstd:
        return unzstd;
    }
    return decltype(&plain){};
  }();
  if (!by) return broken;
  auto done = by(data, out);
  return done && out.is_over() ? too_large : done;
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
  whole_output out(bytes_max);
  if (const auto done = unpack(codec, data, out); !done) return std::unexpected(done.error());
  return out.bytes();
}

std::expected<void, unpack_fault> decompress_in_pieces(compression codec, std::string_view data, std::size_t bytes_max,
                                                       const std::function<bool(std::string_view)>& each) {
  output_in_pieces out(bytes_max, each);
  return unpack(codec, data, out);
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
