#include "telemetry/parts/part_writer.h"

#include <fmt/format.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>

#include "telemetry/parts/bytes.h"

namespace mes::telemetry {
namespace {

constexpr std::size_t write_buffer_bytes = 256u << 10;
constexpr int zstd_level = 1;  // level 3 was slower and not smaller on log lines

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

void put_texts(std::string& out, const std::vector<std::string>& texts) {
  put(out, static_cast<std::uint32_t>(texts.size()));
  for (const std::string& t : texts) put_text(out, t);
}

}  // namespace

result<std::unique_ptr<part_writer>> part_writer::create(os::file_system& fs, std::string path) {
  std::string unfinished = path + ".tmp";
  auto file = fs.open(unfinished, os::open_mode::create);
  if (!file) return fail(std::move(file.error()));
  if (auto cut = (*file)->truncate(0); !cut) return fail(std::move(cut.error()));
  std::unique_ptr<part_writer> made(new part_writer(fs, std::move(path), std::move(*file)));
  if (auto written = made->write(part_magic); !written) return fail(std::move(written.error()));
  return made;
}

part_writer::part_writer(os::file_system& fs, std::string path, std::unique_ptr<os::file> file)
    : _fs(fs), _path(std::move(path)), _file(std::move(file)), _zstd(ZSTD_createCCtx()) {
  ZSTD_CCtx_setParameter(_zstd, ZSTD_c_compressionLevel, zstd_level);
  ZSTD_CCtx_setParameter(_zstd, ZSTD_c_checksumFlag, 1);
}

part_writer::~part_writer() { ZSTD_freeCCtx(_zstd); }

std::uint32_t part_writer::stream_number(std::string_view stream) {
  if (_streams.empty() || _streams.back() != stream) {
    auto at = std::find(_streams.begin(), _streams.end(), stream);
    if (at != _streams.end()) return static_cast<std::uint32_t>(at - _streams.begin());
    _streams.emplace_back(stream);
  }
  return static_cast<std::uint32_t>(_streams.size() - 1);
}

result<void> part_writer::add(const row& r) {
  std::uint32_t stream = stream_number(r.stream);
  if (_open.rows > 0 && (_open.stream != stream || _raw.size() >= block_raw_bytes))
    if (auto ended = end_block(); !ended) return ended;
  if (_open.rows == 0) {
    _open = {};
    _open.stream = stream;
    _open.time_min_us = _open.time_max_us = r.time_us;
    _open.sequence_min = _open.sequence_max = r.sequence;
  }
  ++_open.rows;
  _open.time_min_us = std::min(_open.time_min_us, r.time_us);
  _open.time_max_us = std::max(_open.time_max_us, r.time_us);
  _open.sequence_min = std::min(_open.sequence_min, r.sequence);
  _open.sequence_max = std::max(_open.sequence_max, r.sequence);
  if (r.trace_key != 0) _traces.push_back({r.trace_key, next_block()});
  if (!r.id.empty()) _ids.push_back({id_key_of(r.id), next_block()});
  row bare = r;
  bare.stream = {};
  append_row(_raw, bare);
  return {};
}

result<void> part_writer::end_block() {
  if (_open.rows == 0) return {};
  _packed.resize(ZSTD_compressBound(_raw.size()));
  std::size_t size = ZSTD_compress2(_zstd, _packed.data(), _packed.size(), _raw.data(), _raw.size());
  if (ZSTD_isError(size))
    return fail(error_code::internal, fmt::format("zstd cannot compress a block: {}", ZSTD_getErrorName(size)));
  _open.offset = _offset;
  _open.packed_bytes = static_cast<std::uint32_t>(size);
  _open.raw_bytes = static_cast<std::uint32_t>(_raw.size());
  _blocks.push_back(_open);
  _open = {};
  _raw.clear();
  return write(std::string_view(_packed.data(), size));
}

result<void> part_writer::copy_block(const part& from, std::size_t block) {
  if (auto ended = end_block(); !ended) return ended;
  block_info copy = from.blocks()[block];
  auto packed = from.read_packed(copy);
  if (!packed) return fail(std::move(packed.error()));
  copy.stream = stream_number(from.stream_of(copy));
  copy.offset = _offset;
  _blocks.push_back(copy);
  return write(*packed);
}

result<void> part_writer::write(std::string_view bytes) {
  _out.append(bytes);
  _offset += bytes.size();
  return _out.size() >= write_buffer_bytes ? flush() : result<void>{};
}

result<void> part_writer::flush() {
  auto written = _file->append(_out);
  _out.clear();
  return written;
}

result<std::uint32_t> part_writer::write_keys(std::vector<key_entry>& keys, const key_feed& feed) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  key_entry fed;
  auto more = feed ? feed(fed) : result<bool>(false);
  if (!more) return fail(std::move(more.error()));
  std::uint32_t count = 0;
  std::string bytes;
  for (std::size_t own = 0; own < keys.size() || *more; ++count) {
    bool take_own = own < keys.size() && (!*more || keys[own].key <= fed.key);
    const key_entry next = take_own ? keys[own++] : fed;
    if (!take_own) {
      more = feed(fed);
      if (!more) return fail(std::move(more.error()));
    }
    put(bytes, next.key);
    put(bytes, next.block);
    if (bytes.size() < write_buffer_bytes) continue;
    if (auto written = write(bytes); !written) return fail(std::move(written.error()));
    bytes.clear();
  }
  if (auto written = write(bytes); !written) return fail(std::move(written.error()));
  return count;
}

std::string part_writer::directory() const {
  std::string out;
  put(out, _written_us);
  put_texts(out, _streams);
  put(out, static_cast<std::uint32_t>(_blocks.size()));
  for (const block_info& b : _blocks) {
    put(out, b.offset);
    put(out, b.packed_bytes);
    put(out, b.raw_bytes);
    put(out, b.rows);
    put(out, b.stream);
    put(out, b.time_min_us);
    put(out, b.time_max_us);
    put(out, b.sequence_min);
    put(out, b.sequence_max);
  }
  put_texts(out, _labels);
  put(out, static_cast<std::uint32_t>(_replaces.size()));
  for (std::uint64_t number : _replaces) put(out, number);
  return out;
}

result<void> part_writer::finish() {
  if (auto ended = end_block(); !ended) return ended;
  if (_blocks.empty()) return fail(error_code::internal, "A part without rows");
  std::uint64_t trace_offset = _offset;
  auto traces = write_keys(_traces, _trace_feed);
  if (!traces) return fail(std::move(traces.error()));
  std::uint64_t id_offset = _offset;
  auto ids = write_keys(_ids, _id_feed);
  if (!ids) return fail(std::move(ids.error()));
  std::string entries = directory(), footer;
  put(footer, _offset);
  put(footer, static_cast<std::uint32_t>(entries.size()));
  put(footer, trace_offset);
  put(footer, *traces);
  put(footer, id_offset);
  put(footer, *ids);
  put(footer, XXH3_64bits(entries.data(), entries.size()) ^ XXH3_64bits(footer.data(), footer.size()));
  footer += part_end_magic;
  if (auto written = write(entries); !written) return written;
  if (auto written = write(footer); !written) return written;
  if (auto written = flush(); !written) return written;
  if (auto synced = _file->sync(); !synced) return synced;
  _file.reset();
  if (auto renamed = _fs.rename(_path + ".tmp", _path); !renamed) return renamed;
  return _fs.sync_dir(folder_of(_path));
}

}  // namespace mes::telemetry
