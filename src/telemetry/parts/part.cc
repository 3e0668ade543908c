#include "telemetry/parts/part.h"

#include <fmt/format.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>

#include "telemetry/parts/bytes.h"
#include "telemetry/parts/chunk.h"

namespace mes::telemetry {
namespace {

std::unexpected<error> damaged(const std::string& path, std::string_view what) {
  return fail(error_code::corrupt, fmt::format("{} is damaged: {}", path, what));
}

result<std::string> read_exactly(const os::file& file, std::uint64_t offset, std::size_t size,
                                 const std::string& path) {
  std::string bytes(size, '\0');
  auto got = file.pread(offset, bytes);
  if (!got) return fail(std::move(got.error()));
  if (*got != size) return damaged(path, "it ends too early");
  return bytes;
}

bool take_texts(std::string_view& in, std::vector<std::string>& into) {
  std::uint32_t count = 0;
  if (!take(in, count) || count > in.size() / sizeof count) return false;
  into.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string_view text;
    if (!take_text(in, text)) return false;
    into.emplace_back(text);
  }
  return true;
}

}  // namespace

result<std::shared_ptr<const part>> part::open(os::file_system& fs, std::string path, std::string index,
                                               std::uint64_t number) {
  auto made = std::make_shared<part>();
  made->_path = std::move(path);
  made->_index = std::move(index);
  made->_number = number;
  if (auto loaded = made->load(fs); !loaded) return fail(std::move(loaded.error()));
  return made;
}

result<void> part::load(os::file_system& fs) {
  auto file = fs.open(_path, os::open_mode::read);
  if (!file) return fail(std::move(file.error()));
  _file = std::move(*file);
  auto size = _file->size();
  if (!size) return fail(std::move(size.error()));
  _size = *size;
  if (_size < part_magic.size() + part_footer_bytes) return damaged(_path, "it is too short");
  auto footer = read_exactly(*_file, _size - part_footer_bytes, part_footer_bytes, _path);
  if (!footer) return fail(std::move(footer.error()));
  std::string_view in = *footer, end;
  std::uint64_t directory_offset = 0, hash = 0;
  std::uint32_t directory_size = 0, trace_count = 0, id_count = 0;
  bool whole = take(in, directory_offset) && take(in, directory_size) && take(in, _traces.offset) &&
               take(in, trace_count) && take(in, _ids.offset) && take(in, id_count);
  std::string_view hashed = std::string_view(*footer).substr(0, footer->size() - in.size());
  whole = whole && take(in, hash) && take_bytes(in, part_end_magic.size(), end) && end == part_end_magic;
  if (!whole || directory_offset + directory_size + part_footer_bytes != _size) return damaged(_path, "no footer");
  auto directory = read_exactly(*_file, directory_offset, directory_size, _path);
  if (!directory) return fail(std::move(directory.error()));
  if (hash != (XXH3_64bits(directory->data(), directory->size()) ^ XXH3_64bits(hashed.data(), hashed.size())))
    return damaged(_path, "the directory's hash does not hold");
  _traces.count = trace_count;
  _ids.count = id_count;
  if (!parse_directory(*directory)) return damaged(_path, "the directory does not parse");
  if (auto loaded = load_fence(_traces); !loaded) return loaded;
  return load_fence(_ids);
}

bool part::parse_directory(std::string_view in) {
  std::uint32_t count = 0;
  if (!take(in, _written_us) || !take_texts(in, _streams) || !take(in, count)) return false;
  _blocks.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    block_info b;
    if (!take(in, b.offset) || !take(in, b.packed_bytes) || !take(in, b.raw_bytes) || !take(in, b.rows) ||
        !take(in, b.stream) || !take(in, b.time_min_us) || !take(in, b.time_max_us) || !take(in, b.sequence_min) ||
        !take(in, b.sequence_max))
      return false;
    if (b.stream >= _streams.size() || b.raw_bytes > block_raw_bytes_max || b.offset + b.packed_bytes > _size)
      return false;
    _time_min_us = _blocks.empty() ? b.time_min_us : std::min(_time_min_us, b.time_min_us);
    _time_max_us = _blocks.empty() ? b.time_max_us : std::max(_time_max_us, b.time_max_us);
    _sequence_max = std::max(_sequence_max, b.sequence_max);
    _rows += b.rows;
    _blocks.push_back(b);
  }
  if (!take_texts(in, _labels) || !take(in, count)) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint64_t number = 0;
    if (!take(in, number)) return false;
    _replaces.push_back(number);
  }
  return in.empty();
}

result<void> part::load_fence(key_index& keys) {
  if (keys.offset + keys.count * key_entry_bytes > _size) return damaged(_path, "an index is out of bounds");
  keys.fence.reserve(keys.count / fence_every + 1);
  for (std::size_t first = 0; first < keys.count; first += fence_every) {
    auto entry = read_entries(keys, first, 1);
    if (!entry) return fail(std::move(entry.error()));
    keys.fence.push_back(entry->front().key);
  }
  return {};
}

result<std::vector<key_entry>> part::read_entries(const key_index& keys, std::size_t first, std::size_t count) const {
  count = std::min(count, keys.count - std::min(first, keys.count));
  auto bytes = read_exactly(*_file, keys.offset + first * key_entry_bytes, count * key_entry_bytes, _path);
  if (!bytes) return fail(std::move(bytes.error()));
  std::vector<key_entry> entries(count);
  std::string_view in = *bytes;
  for (key_entry& e : entries)
    if (!take(in, e.key) || !take(in, e.block) || e.block >= _blocks.size())
      return damaged(_path, "an index names a block that is not there");
  return entries;
}

result<std::vector<key_entry>> part::read_keys(keys which, std::size_t first, std::size_t count) const {
  return read_entries(which == keys::traces ? _traces : _ids, first, count);
}

result<std::vector<std::uint32_t>> part::find(const key_index& keys, std::uint64_t key) const {
  std::vector<std::uint32_t> blocks;
  // Equal keys may begin in the stretch before the first fence that is not less.
  auto fence = std::lower_bound(keys.fence.begin(), keys.fence.end(), key);
  std::size_t stretch = static_cast<std::size_t>(fence - keys.fence.begin());
  if (stretch > 0) --stretch;
  for (; stretch < keys.fence.size() && keys.fence[stretch] <= key; ++stretch) {
    auto entries = read_entries(keys, stretch * fence_every, fence_every);
    if (!entries) return fail(std::move(entries.error()));
    auto at = std::lower_bound(entries->begin(), entries->end(), key_entry{key, 0});
    for (; at != entries->end() && at->key == key; ++at)
      if (blocks.empty() || blocks.back() != at->block) blocks.push_back(at->block);
  }
  return blocks;
}

result<std::string> part::read_packed(const block_info& b) const {
  return read_exactly(*_file, b.offset, b.packed_bytes, _path);
}

result<block_rows> part::read_block(std::size_t block) const {
  const block_info& b = _blocks.at(block);
  auto packed = read_packed(b);
  if (!packed) return fail(std::move(packed.error()));
  block_rows read;
  read.bytes.resize(b.raw_bytes + parser_padding_bytes);
  std::size_t size = ZSTD_decompress(read.bytes.data(), b.raw_bytes, packed->data(), packed->size());
  if (ZSTD_isError(size) || size != b.raw_bytes) return damaged(_path, "a block does not decompress");
  std::string_view in(read.bytes.data(), size);
  read.rows.reserve(b.rows);
  row next;
  while (!in.empty()) {
    if (!read_row(in, next)) return damaged(_path, "a block holds no rows");
    next.stream = _streams[b.stream];
    read.rows.push_back(next);
  }
  return read;
}

}  // namespace mes::telemetry
