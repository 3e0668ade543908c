#include "bus/log/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include "bus/log/store_state.h"
#include "observe/log.h"
#include "os/overlay_file_system.h"

namespace mes::bus::log {
namespace kafka = wire::kafka;
namespace {

constexpr std::size_t read_ahead = std::size_t{1} << 20;
constexpr std::uint64_t payload_max = std::uint64_t{1} << 31;

struct found_batch {
  index_entry entry;
  std::int64_t end_offset = 0;
};
using partition_key = std::pair<uuid, std::int32_t>;
using batches_of = std::map<partition_key, std::vector<found_batch>>;
using index_of_segment = std::optional<std::vector<indexed_range>>;

// Bytes of a segment that do not hold together.
struct span {
  std::uint64_t from = 0, to = 0;
  bool holds(const index_entry& e) const { return e.payload_at >= from && e.payload_at < to; }
};

class checker {
 public:
  checker(os::file_system& files, const std::string& directory) : _files(files), _directory(directory) {}

  result<verify_report> run(const std::function<void(const std::string&)>& progress) {
    auto names = _files.list(_directory);
    if (!names) return fail(std::move(names.error()));
    std::vector<log_problem> of_start = try_start();
    check_checkpoint(*names);
    std::vector<std::uint64_t> numbers;
    for (const std::string& name : *names)
      if (const auto number = parse_segment_name(name)) numbers.push_back(*number);
    std::ranges::sort(numbers);
    const auto in_log = std::ranges::find_if(numbers, is_cleaned);
    const std::uint64_t last = in_log == numbers.begin() ? 0 : *std::prev(in_log);
    for (const std::uint64_t number : numbers) {
      if (progress) progress(segment_name(number));
      check_segment(number, number == last);
    }
    if (_checkpoint.segment != 0 && last < _checkpoint.segment)
      problem(segment_name(_checkpoint.segment), 0, "is missing, but the checkpoint tells of it");
    std::ranges::move(of_start, std::back_inserter(_report.problems));
    return std::move(_report);
  }

 private:
  void problem(const std::string& file, std::uint64_t at, std::string what) {
    _report.problems.push_back({file, at, std::move(what)});
  }

  std::optional<std::string> read(const std::string& name) {
    auto file = _files.open(_directory + "/" + name, os::open_mode::read);
    const auto size = file ? (*file)->size() : result<std::uint64_t>(fail(file.error()));
    if (!size) return problem(name, 0, size.error().message), std::nullopt;
    std::string bytes(*size, '\0');
    const auto got = (*file)->pread(0, bytes);
    if (!got || *got != bytes.size()) return problem(name, 0, "cannot be read"), std::nullopt;
    return bytes;
  }

  void check_checkpoint(const std::vector<std::string>& names) {
    const std::string name(checkpoint_file);
    if (!std::ranges::binary_search(names, name)) return;  // a log that was never closed
    const auto bytes = read(name);
    if (!bytes) return;
    const auto body = unseal(checkpoint_magic, *bytes);
    if (!body) return problem(name, 0, "its CRC or length does not hold");
    if (auto newer = checkpoint_of_newer_format(*body)) return problem(name, 0, std::move(*newer));
    kafka::reader in(*body);
    in.int8();
    _checkpoint.segment = static_cast<std::uint64_t>(in.int64());
    _checkpoint.offset = static_cast<std::uint32_t>(in.int32());
  }

  void check_segment(std::uint64_t number, bool last) {
    const std::string name = segment_name(number);
    _report.segments += 1;
    auto opened = _files.open(_directory + "/" + name, os::open_mode::read);
    if (!opened) return problem(name, 0, opened.error().message);
    const auto s = std::make_shared<segment>(segment{number, std::move(*opened)});
    const auto size = s->file->size();
    if (!size) return problem(name, 0, size.error().message);
    std::string header(segment_header_size, '\0');
    if (const auto got = s->file->pread(0, header); !got) return problem(name, 0, got.error().message);
    if (auto newer = segment_of_newer_format(header, number)) return problem(name, 0, std::move(*newer));
    const index_of_segment index = check_index_file(s);
    const std::uint64_t durable = last ? (number == _checkpoint.segment ? _checkpoint.offset : 0) : *size;
    batches_of batches;
    std::vector<span> unreadable;
    std::uint64_t end = 0;
    if (is_segment_header(header, number)) {
      _report.bytes += segment_header_size;
      end = check_frames(*s, segment_header_size, *size, batches);
    }
    const std::vector<std::uint64_t> frames = frames_in(index);
    for (const std::uint64_t limit = std::min(durable, *size); end < limit;) {
      span hole{end, end};
      do {
        hole.to = next_frame(frames, hole.to, limit);
        end = check_frames(*s, hole.to, *size, batches);
      } while (end == hole.to && end < limit);
      tell_of(name, hole, index);
      unreadable.push_back(hole);
    }
    if (*size < durable) {
      problem(name, *size, fmt::format("ends here, but the checkpoint tells of byte {}", durable));
      unreadable.push_back({*size, durable});
    } else if (end < *size) {
      check_rest(*s, end, *size);
    }
    if (index) check_index(number, *index, batches, unreadable);
  }

  // Where the index says that batches begin, in order.
  static std::vector<std::uint64_t> frames_in(const index_of_segment& index) {
    std::vector<std::uint64_t> found;
    if (index)
      for (const indexed_range& r : *index)
        for (const index_entry& e : r.what.entries) found.push_back(e.payload_at - frame_header_size);
    std::ranges::sort(found);
    return found;
  }

  // Where reading may go on behind what does not hold together.
  static std::uint64_t next_frame(const std::vector<std::uint64_t>& frames, std::uint64_t behind, std::uint64_t end) {
    if (behind == 0) return segment_header_size;
    const auto next = std::ranges::upper_bound(frames, behind);
    return next == frames.end() ? end : std::min(*next, end);
  }

  void tell_of(const std::string& name, const span& hole, const index_of_segment& index) {
    if (hole.from == 0) problem(name, hole.from, "the segment's header does not hold together");
    bool named = hole.from == 0;
    for (std::size_t i = 0; index && i < index->size(); ++i) {
      const indexed_range& r = (*index)[i];
      const auto& all = r.what.entries;
      const auto from = std::ranges::lower_bound(all, hole.from, {}, &index_entry::payload_at);
      const auto to = std::ranges::lower_bound(all, hole.to, {}, &index_entry::payload_at);
      if (from == to) continue;
      const std::int64_t end = to == all.end() ? r.what.end_offset : to->base_offset;
      problem(name, hole.from,
              fmt::format("offsets {} to {} of partition {} of {} cannot be read", from->base_offset, end - 1,
                          r.partition, name_of(r.topic)));
      named = true;
    }
    if (!named) problem(name, hole.from, fmt::format("does not hold together up to byte {}", hole.to));
  }

  std::string name_of(const uuid& topic) const {
    const auto it = _names.find(topic);
    return it == _names.end() ? "topic id " + topic.to_string() : "topic " + it->second;
  }

  // Returns the end of the last frame that holds together.
  std::uint64_t check_frames(const segment& s, std::uint64_t from, std::uint64_t size, batches_of& batches) {
    const std::string name = segment_name(s.number);
    std::string bytes;
    std::uint64_t start = 0;
    const auto at = [&](std::uint64_t where, std::uint64_t count) -> std::string_view {
      if (where < start || where + count > start + bytes.size()) {
        bytes.resize(std::min<std::uint64_t>(std::max<std::uint64_t>(count, read_ahead), size - where));
        start = where;
        const auto got = s.file->pread(where, bytes);
        if (!got) problem(name, where, got.error().message);
        bytes.resize(got.value_or(0));
      }
      return std::string_view(bytes).substr(where - start, count);
    };
    std::uint64_t where = from;
    while (where + frame_header_size <= size) {
      const auto header = read_frame_header(at(where, frame_header_size), s.number);
      if (!header || header->payload_size > payload_max || where + frame_header_size + header->payload_size > size)
        break;
      const std::string_view payload = at(where + frame_header_size, header->payload_size);
      if (!payload_holds(*header, payload)) break;
      (header->kind == frame_kind::batch ? _report.batches : _report.states) += 1;
      if (header->kind == frame_kind::batch) note(s.number, where, *header, *kafka::peek_batch(payload), batches);
      where += frame_header_size + header->payload_size;
    }
    _report.bytes += where - from;
    return where;
  }

  void note(std::uint64_t number, std::uint64_t frame_at, const frame_header& header, const kafka::batch_header& batch,
            batches_of& batches) {
    auto& of_partition = batches[{header.topic, header.partition}];
    const auto before = of_partition.empty() ? batch.base_offset : of_partition.back().end_offset;
    if (batch.base_offset < before)
      problem(segment_name(number), frame_at,
              fmt::format("offset {} of a batch comes after offset {}", batch.base_offset, before - 1));
    of_partition.push_back({{batch.base_offset, batch.max_timestamp_ms,
                             static_cast<std::uint32_t>(frame_at + frame_header_size), header.payload_size},
                            batch.last_offset() + 1});
  }

  // Behind all that must be there.
  void check_rest(const segment& s, std::uint64_t end, std::uint64_t size) {
    const auto used = used_bytes(*s.file, end, size);
    if (!used) return problem(segment_name(s.number), end, used.error().message);
    if (*used > 0)
      problem(segment_name(s.number), end,
              fmt::format("{} bytes are no whole frames: the next start cuts them off", *used));
  }

  index_of_segment check_index_file(const std::shared_ptr<segment>& s) {
    const std::string name = index_name(s->number);
    const std::string path = _directory + "/" + name;
    if (!_files.open(path, os::open_mode::read)) return {};  // made when the segment closes, and anew when missing
    _report.indexes += 1;
    auto ranges = read_index(_files, path, s, std::nullopt, true);
    if (!ranges)
      problem(name, 0, "the index does not hold together: it is made anew when it is read, or at the next start");
    return ranges;
  }

  void check_index(std::uint64_t number, const std::vector<indexed_range>& ranges, const batches_of& batches,
                   const std::vector<span>& unreadable) {
    const auto is_unreadable = [&](const index_entry& e) {
      const auto behind = std::ranges::upper_bound(unreadable, e.payload_at, {}, &span::from);
      return behind != unreadable.begin() && std::prev(behind)->holds(e);
    };
    const auto same = [](const index_entry& a, const index_entry& b) {
      return a.base_offset == b.base_offset && a.max_timestamp_ms == b.max_timestamp_ms &&
             a.payload_at == b.payload_at && a.size == b.size;
    };
    for (const indexed_range& r : ranges) {
      const auto found = batches.find({r.topic, r.partition});
      std::vector<index_entry> expected;
      if (found != batches.end())
        for (const found_batch& b : found->second)
          if (b.end_offset > r.what.first_offset && b.entry.base_offset < r.what.end_offset)
            expected.push_back(b.entry);
      std::vector<index_entry> told = r.what.entries;
      std::erase_if(told, is_unreadable);
      const auto [want, have] = std::ranges::mismatch(expected, told, same);
      if (want == expected.end() && have == told.end()) continue;
      const auto& all = r.what.entries;
      const auto place =
          have == told.end() ? all.end() : std::ranges::find(all, have->payload_at, &index_entry::payload_at);
      problem(index_name(number), r.what.index_at + static_cast<std::uint64_t>(place - all.begin()) * index_entry_size,
              fmt::format("partition {} of {}: the index and the segment differ at offset {}", r.partition,
                          name_of(r.topic), have == told.end() ? want->base_offset : have->base_offset));
    }
  }

  // What the next start makes of it, without a change to any file.
  std::vector<log_problem> try_start() {
    struct : state_machine {
      void apply(std::string_view) override {}
      void snapshot(kafka::writer&) const override {}
      bool restore(kafka::reader& in, std::int8_t) override {
        in.raw(in.left());
        return in.ok();
      }
    } nobody;
    os::overlay_file_system in_memory(_files);
    observe::logger silent("verify", observe::level::error);
    silent.set_stdout(false);
    const auto opened = store::open({.files = &in_memory, .directory = _directory, .notify = [] {}}, nobody, silent);
    if (!opened) return {{"", 0, "the bus will not start: " + opened.error().message}};
    for (const auto& [name, t] : (*opened)->topics()) _names[t->id] = name;
    std::vector<log_problem> found;
    for (const missing_records& m : (*opened)->recovery().missing)
      found.push_back({"", 0,
                       fmt::format("offsets {} to {} of partition {} of topic {} are in no file: a segment is missing",
                                   m.from, m.end - 1, m.partition, m.topic)});
    return found;
  }

  os::file_system& _files;
  const std::string& _directory;
  verify_report _report;
  position _checkpoint;
  std::map<uuid, std::string> _names;  // of topics, if the bus would start
};

}  // namespace

result<verify_report> verify(os::file_system& files, const std::string& directory,
                             const std::function<void(const std::string&)>& progress) {
  return checker(files, directory).run(progress);
}

}  // namespace mes::bus::log
