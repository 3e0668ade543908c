#include "bus/log/cleaned_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/whole_file.h"

namespace mes::bus::log {
namespace kafka = wire::kafka;
namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

}  // namespace

void cleaned_writer::begin(const uuid& topic, std::int32_t partition, std::int64_t first_offset) {
  _topic = topic;
  _partition = partition;
  _first_offset = first_offset;
  _ranges.clear();
}

result<void> cleaned_writer::open() {
  auto opened = _options.files->open(_options.directory + "/" + segment_name(_next), os::open_mode::create);
  if (!opened) return fail(std::move(opened.error()));
  file& f = _files.emplace_back();
  f.of = std::make_shared<segment>(segment{_next++, std::move(*opened)});
  if (auto cut = f.of->file->truncate(0); !cut) return cut;
  _buffer = make_segment_header(f.of->number);
  f.end = segment_header_size;
  return {};
}

result<void> cleaned_writer::flush() {
  if (_buffer.empty()) return {};
  if (_bytes_written + _buffer.size() > _options.bytes_max)
    return fail(error_code::storage_full, fmt::format("More than {} bytes would be written", _options.bytes_max));
  file& f = _files.back();
  if (auto written = f.of->file->pwrite(f.end - _buffer.size(), _buffer); !written) return written;
  _bytes_written += _buffer.size();
  _buffer.clear();
  return {};
}

result<void> cleaned_writer::close() {
  if (_files.empty()) return {};
  if (auto flushed = flush(); !flushed) return flushed;
  return _files.back().of->file->sync();
}

result<void> cleaned_writer::append(frame_header header, std::string_view batch) {
  const auto size = static_cast<std::uint32_t>(frame_header_size + batch.size());
  if (_files.empty() ||
      (_files.back().end > segment_header_size && _files.back().end + size > _options.segment_bytes)) {
    if (auto closed = close(); !closed) return closed;
    if (auto opened = open(); !opened) return opened;
  }
  file& f = _files.back();
  header.payload_size = static_cast<std::uint32_t>(batch.size());
  append_frame_header(_buffer, header, f.of->number);
  _buffer.append(batch);
  const auto b = kafka::peek_batch(batch);
  if (_ranges.empty() || _ranges.back().in != f.of) {
    const std::int64_t first = _ranges.empty() ? _first_offset : header.base_offset;
    if (!_ranges.empty()) _ranges.back().end_offset = first;
    range& r = _ranges.emplace_back();
    r.in = f.of;
    r.first_offset = first;
  }
  range& r = _ranges.back();
  r.entries.push_back({header.base_offset, b->max_timestamp_ms, f.end + static_cast<std::uint32_t>(frame_header_size),
                       header.payload_size});
  r.count += 1;
  r.bytes += batch.size();
  r.max_timestamp_ms = std::max(r.max_timestamp_ms, b->max_timestamp_ms);
  f.end += size;
  return _buffer.size() < buffer_bytes ? result<void>() : flush();
}

void cleaned_writer::end(std::int64_t end_offset) {
  if (!_ranges.empty()) _ranges.back().end_offset = end_offset;
  for (const range& r : _ranges) std::ranges::find(_files, r.in, &file::of)->index.add(_topic, _partition, r);
  _ranges.clear();
}

result<void> cleaned_writer::finish() {
  if (auto closed = close(); !closed) return closed;
  for (file& f : _files) {
    const std::string name = _options.directory + "/" + index_name(f.of->number);
    const std::string bytes = f.index.finish(f.of->number, UINT32_MAX).bytes();
    auto written = os::write_whole(*_options.files, name, bytes);
    if (!written) return fail(std::move(written.error()));
    _bytes_written += bytes.size();
    auto placed = read_index(*_options.files, name, f.of, UINT32_MAX, false);
    if (!placed) return fail(error_code::storage_failed, name + " cannot be read back");
    f.placed = std::move(*placed);
  }
  return _files.empty() ? result<void>() : _options.files->sync_dir(_options.directory);
}

std::vector<range> cleaned_writer::ranges_of(const uuid& topic, std::int32_t partition) const {
  std::vector<range> found;
  for (const file& f : _files)
    for (const indexed_range& p : f.placed)
      if (p.topic == topic && p.partition == partition) found.push_back(p.what);
  return found;
}

void cleaned_writer::remove() {
  for (const file& f : _files)
    for (const std::string& name : {index_name(f.of->number), segment_name(f.of->number)})
      (void)_options.files->remove(_options.directory + "/" + name);
}

std::vector<std::shared_ptr<segment>> cleaned_writer::segments() const {
  std::vector<std::shared_ptr<segment>> all;
  for (const file& f : _files) all.push_back(f.of);
  return all;
}

}  // namespace mes::bus::log
