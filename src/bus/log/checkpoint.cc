// Checkpoints and index files: what a start needs not read from the log.
#include <bit>
#include <cassert>
#include <cstring>
#include <map>
#include <unordered_map>

#include "bus/log/store_state.h"
#include "os/whole_file.h"

namespace mes::bus::log {
namespace kafka = wire::kafka;
namespace {

// A checkpoint or an index that cannot be written for want of space is no fault: the log holds all of it, and the next
// one may succeed.
bool harmless(const error& e) { return e.code == error_code::storage_full; }

}  // namespace

std::string index_file::bytes() const {
  std::string out = entries;
  out += seal(index_magic, directory);
  std::uint64_t at = entries.size();
  if constexpr (std::endian::native == std::endian::big) at = std::byteswap(at);
  char bytes[8];
  std::memcpy(bytes, &at, 8);
  return out.append(bytes, 8);
}

void index_builder::add(const uuid& topic, std::int32_t partition, const range& r) {
  ++_count;
  _ranges.uuid(topic);
  _ranges.int32(partition);
  _ranges.int64(r.first_offset);
  _ranges.int64(r.end_offset);
  _ranges.int64(r.max_timestamp_ms);
  _ranges.int64(static_cast<std::int64_t>(r.bytes));
  _ranges.int64(static_cast<std::int64_t>(_index.entries.size()));
  _ranges.int32(static_cast<std::int32_t>(r.count));
  const std::size_t at = _index.entries.size();
  for (const index_entry& e : r.entries) append_index_entry(_index.entries, e);
  for (const std::uint32_t sum : index_sums(std::string_view(_index.entries).substr(at)))
    _ranges.int32(static_cast<std::int32_t>(sum));
}

index_file index_builder::finish(std::uint64_t segment, std::uint32_t covered) {
  kafka::writer directory;
  directory.int64(static_cast<std::int64_t>(segment));
  directory.int32(static_cast<std::int32_t>(covered));
  directory.int32(_count);
  directory.raw(_ranges.buffer());
  _index.directory = std::move(directory.buffer());
  return std::move(_index);
}

index_file store::make_index(std::uint64_t segment, std::uint32_t covered) const {
  index_builder index;
  for (const auto& [id, t] : _by_id)
    for (std::size_t i = 0; i < t->partitions.size(); ++i)
      for (const range& r : t->partitions[i]->ranges())
        if (r.in->number == segment && r.resident()) index.add(id, static_cast<std::int32_t>(i), r);
  return index.finish(segment, covered);
}

std::string store::checkpoint_body(position at) const {
  kafka::writer out;
  out.int8(checkpoint_version);
  out.int64(static_cast<std::int64_t>(at.segment));
  out.int32(static_cast<std::int32_t>(at.offset));
  out.int32(_leader_epoch);
  out.uuid(_cluster_id);
  out.varuint(static_cast<std::uint32_t>(_by_id.size()));
  for (const auto& [id, t] : _by_id) {
    out.uuid(id);
    out.string(true, t->name);
    write_configs(out, t->configs);
    out.varuint(static_cast<std::uint32_t>(t->partitions.size()));
    for (const auto& p : t->partitions) p->snapshot(out);
  }
  std::vector<cleaned_change> cleaned;
  for (const auto& [id, t] : _by_id)
    for (std::size_t i = 0; i < t->partitions.size(); ++i)
      if (auto c = t->partitions[i]->cleaned(); c.end > 0)
        cleaned.push_back({id, static_cast<std::int32_t>(i), std::move(c)});
  write_cleaned(out, cleaned);
  _beside.snapshot(out);
  return std::move(out.buffer());
}

bool store::restore(std::string_view body) {
  kafka::reader in(body, std::size_t{1} << 30);
  const std::int8_t version = in.int8();
  if (version < 1 || version > checkpoint_version) return false;
  _checkpoint.segment = static_cast<std::uint64_t>(in.int64());
  _checkpoint.offset = static_cast<std::uint32_t>(in.int32());
  _leader_epoch = in.int32();
  _cluster_id = in.uuid();
  for (std::uint32_t i = 0, count = in.varuint(); i < count && in.ok(); ++i) {
    auto t = std::make_shared<topic>();
    t->id = in.uuid();
    t->name = in.string(true);
    t->configs = read_configs(in);
    for (std::uint32_t k = 0, size = in.varuint(); k < size && in.ok(); ++k)
      if (!t->partitions.emplace_back(std::make_unique<partition>())->restore(in, version)) return false;
    if (_by_id.contains(t->id) || _by_name.contains(t->name)) return false;
    insert(std::move(t));
  }
  if (version >= 3)
    for (const cleaned_change& c : read_cleaned(in)) apply_cleaned(c);
  return in.ok() && _beside.restore(in, version) && in.left() == 0;
}

void store::write_index_of(std::uint64_t n) {
  _log->run_on_writer([files = _options.files, mail = _mail, notify = _options.notify, file_path = path(index_name(n)),
                       n, index = make_index(n, UINT32_MAX)] {
    auto written = os::write_whole(*files, file_path, index.bytes());
    if (written)
      mail->put_index({n, index.directory, std::move(*written)});
    else if (!harmless(written.error()))
      mail->put_fault(std::move(written.error()));
    notify();
  });
}

void store::close_segments() {
  const position now = _log->durable();
  if (now.segment == _active_segment) return;
  for (std::uint64_t n = _active_segment; n != 0 && n < now.segment; ++n) {
    const auto closed = _log->closed(n);
    if (closed) _segments[n] = closed;
    write_index_of(n);
  }
  _active_segment = now.segment;
  put_checkpoint();
}

void store::put_checkpoint() {
  assert(!_log->is_calling_back());
  const position now = _log->durable();
  if (now.segment == 0) return;
  _log->run_on_writer([files = _options.files, mail = _mail, notify = _options.notify, directory = _options.directory,
                       body = checkpoint_body(now), now, number = ++_checkpoints_made] {
    auto written = os::replace_whole(*files, directory, std::string(checkpoint_file), seal(checkpoint_magic, body));
    if (written)
      mail->put_checkpoint({now, number});
    else if (!harmless(written.error()))
      mail->put_fault(std::move(written.error()));
    notify();
  });
}

namespace {

// A row of an index file's directory.
indexed_range read_indexed_range(kafka::reader& in) {
  indexed_range item;
  item.topic = in.uuid();
  item.partition = in.int32();
  range& r = item.what;
  r.first_offset = in.int64();
  r.end_offset = in.int64();
  r.max_timestamp_ms = in.int64();
  r.bytes = static_cast<std::uint64_t>(in.int64());
  r.index_at = static_cast<std::uint64_t>(in.int64());
  r.count = static_cast<std::uint32_t>(in.int32());
  const std::uint32_t chunks = r.count / index_chunk_entries + (r.count % index_chunk_entries == 0 ? 0 : 1);
  if (chunks > in.left() / 4) in.fail();
  for (std::uint32_t i = 0; i < chunks && in.ok(); ++i) r.index_sums.push_back(static_cast<std::uint32_t>(in.int32()));
  return item;
}

}  // namespace

bool store::adopt_index(std::uint64_t segment, std::string_view directory, const std::shared_ptr<os::file>& file) {
  kafka::reader in(directory);
  if (static_cast<std::uint64_t>(in.int64()) != segment) return false;
  in.int32();  // covered
  const std::int32_t count = in.int32();
  for (std::int32_t i = 0; i < count; ++i) {
    indexed_range item = read_indexed_range(in);
    const range& r = item.what;
    const auto t = find(item.topic);
    const auto index = static_cast<std::size_t>(item.partition);
    if (!in.ok()) return false;
    if (!t || index >= t->partitions.size()) continue;
    for (range& have : t->partitions[index]->mutable_ranges()) {
      if (have.in->number != segment || !have.resident() || have.end_offset != r.end_offset || have.count > r.count)
        continue;
      have.index = file;
      have.index_at = r.index_at;
      have.index_sums = r.index_sums;
      have.skipped = r.count - have.count;  // what was trimmed since
      have.entries = {};
    }
  }
  return true;
}

std::optional<std::vector<indexed_range>> read_index(os::file_system& files, const std::string& path,
                                                     const std::shared_ptr<segment>& s,
                                                     std::optional<std::uint32_t> covered, bool resident) {
  auto opened = files.open(path, os::open_mode::read);
  if (!opened) return std::nullopt;
  const std::shared_ptr<os::file> file = std::move(*opened);
  const auto size = file->size();
  if (!size || *size < 8) return std::nullopt;
  char tail[8];
  if (const auto got = file->pread(*size - 8, tail); !got || *got != 8) return std::nullopt;
  std::uint64_t at;
  std::memcpy(&at, tail, 8);
  if constexpr (std::endian::native == std::endian::big) at = std::byteswap(at);
  if (at > *size - 8) return std::nullopt;
  std::string sealed(*size - 8 - at, '\0');
  if (const auto got = file->pread(at, sealed); !got || *got != sealed.size()) return std::nullopt;
  const auto directory = unseal(index_magic, sealed);
  if (!directory) return std::nullopt;

  kafka::reader in(*directory);
  if (static_cast<std::uint64_t>(in.int64()) != s->number) return std::nullopt;
  if (const auto until = static_cast<std::uint32_t>(in.int32()); covered && until != *covered) return std::nullopt;
  const std::int32_t count = in.int32();
  std::vector<indexed_range> found;
  for (std::int32_t i = 0; i < count; ++i) {
    indexed_range item = read_indexed_range(in);
    range& r = item.what;
    r.in = s;
    if (!in.ok() || r.index_at > at || std::uint64_t{r.count} * index_entry_size > at - r.index_at) return std::nullopt;
    if (resident) {
      std::string bytes(std::size_t{r.count} * index_entry_size, '\0');
      if (const auto got = file->pread(r.index_at, bytes); !got || *got != bytes.size()) return std::nullopt;
      if (index_sums(bytes) != r.index_sums) return std::nullopt;
      for (std::uint32_t k = 0; k < r.count; ++k)
        r.entries.push_back(parse_index_entry(bytes.data() + std::size_t{k} * index_entry_size));
    } else {
      r.index = file;
    }
    found.push_back(std::move(item));
  }
  return found;
}

bool store::load_index(const std::shared_ptr<segment>& s, std::uint32_t covered, bool resident) {
  auto found = read_index(*_options.files, path(index_name(s->number)), s, covered, resident);
  if (!found) return false;
  for (indexed_range& item : *found) {
    const auto t = find(item.topic);
    const auto index = static_cast<std::size_t>(item.partition);
    if (t && index < t->partitions.size()) t->partitions[index]->attach(std::move(item.what));
  }
  return true;
}

bool store::mend_index(const partition& p) {
  const auto number = p.take_broken_index();
  if (!number || !mend_index(*number)) return false;
  p.take_fault();
  return true;
}

bool store::mend_index(std::uint64_t number) {
  if (_unmendable.contains(number)) return false;
  if (const auto mended = read_index_anew(number); !mended) {
    _unmendable.insert(number);
    _logger.error(
        "an index does not hold together and cannot be made anew",
        {{"index", std::string_view(index_name(number))}, {"reason", std::string_view(mended.error().message)}});
    return false;
  }
  _logger.warn("an index did not hold together, and was made anew from its segment",
               {{"index", std::string_view(index_name(number))}});
  // Not in place: who reads the old one goes on with it.
  if (_options.files->remove(path(index_name(number)))) write_index_of(number);
  return true;
}

result<void> store::read_index_anew(std::uint64_t number) {
  const auto& segments = is_cleaned(number) ? _cleaned : _segments;
  const auto s = segments.find(number);
  if (s == segments.end()) return fail(error_code::not_found, "its segment is gone");
  const auto scanned = scan_closed(s->second);
  if (!scanned) return fail(scanned.error());
  std::map<std::pair<uuid, std::int32_t>, std::vector<index_entry>> entries;
  for (const indexed_range& found : *scanned) {
    auto& all = entries[{found.topic, found.partition}];
    all.insert(all.end(), found.what.entries.begin(), found.what.entries.end());
  }
  const auto each = [&](auto&& what) {
    for (const auto& [id, t] : _by_id)
      for (std::size_t i = 0; i < t->partitions.size(); ++i)
        if (!what(*t->partitions[i], entries[{id, static_cast<std::int32_t>(i)}])) return false;
    return true;
  };
  if (!each([&](const partition& p, const auto& its) { return p.can_take_entries(number, its); }))
    return fail(error_code::corrupt, "its segment has fewer batches");
  each([&](partition& p, const auto& its) {
    p.take_entries(number, its);
    return true;
  });
  return {};
}

result<void> store::write_everything(position at) {
  if (at.segment != 0) {
    const auto written =
        os::write_whole(*_options.files, path(index_name(at.segment)), make_index(at.segment, at.offset).bytes());
    if (!written && !harmless(written.error())) return fail(written.error());
  }
  return write_checkpoint(at);
}

result<void> store::write_checkpoint(position at) {
  const auto written = os::replace_whole(*_options.files, _options.directory, std::string(checkpoint_file),
                                         seal(checkpoint_magic, checkpoint_body(at)));
  if (!written && !harmless(written.error())) return written;
  if (!written) return {};
  _checkpoint = at;
  _checkpoints_kept = ++_checkpoints_made;
  return {};
}

}  // namespace mes::bus::log
