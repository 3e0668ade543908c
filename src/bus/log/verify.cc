#include "bus/log/verify.h"

#include <fmt/format.h>

#include <algorithm>
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

class checker {
 public:
  checker(os::file_system& files, const std::string& directory) : _files(files), _directory(directory) {}

  result<verify_report> run(const std::function<void(const std::string&)>& progress) {
    auto names = _files.list(_directory);
    if (!names) return fail(std::move(names.error()));
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
    check_start();
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
    if (!body) return problem(name, 0, "its CRC or length does not hold: the bus will not start");
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
    batches_of batches;
    const std::uint64_t end = check_frames(*s, *size, batches);
    if (end < *size) check_rest(*s, end, *size, last);
    check_index(s, batches);
  }

  // Returns the end of the last frame that holds together.
  std::uint64_t check_frames(const segment& s, std::uint64_t size, batches_of& batches) {
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
    if (size < segment_header_size || !is_segment_header(at(0, segment_header_size), s.number)) return 0;
    std::uint64_t where = segment_header_size;
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
    _report.bytes += where;
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

  void check_rest(const segment& s, std::uint64_t end, std::uint64_t size, bool last) {
    const auto used = used_bytes(*s.file, end, size);
    if (!used) return problem(segment_name(s.number), end, used.error().message);
    if (!last)
      problem(segment_name(s.number), end, "the frame does not hold together, and it is not the last segment");
    else if (s.number == _checkpoint.segment && end < _checkpoint.offset)
      problem(segment_name(s.number), end,
              fmt::format("does not hold together, but the checkpoint tells of byte {}: the bus will not start",
                          _checkpoint.offset));
    else if (*used > 0)
      problem(segment_name(s.number), end,
              fmt::format("{} bytes are no whole frames: the next start cuts them off", *used));
  }

  void check_index(const std::shared_ptr<segment>& s, const batches_of& batches) {
    const std::string name = index_name(s->number);
    const std::string path = _directory + "/" + name;
    if (!_files.open(path, os::open_mode::read)) return;  // made when the segment closes, and anew when missing
    _report.indexes += 1;
    const auto ranges = read_index(_files, path, s, std::nullopt, true);
    if (!ranges)
      return problem(name, 0,
                     "the index does not hold together: it is made anew when it is read, or at the next start");
    for (const indexed_range& r : *ranges) {
      const auto found = batches.find({r.topic, r.partition});
      std::vector<index_entry> expected;
      if (found != batches.end())
        for (const found_batch& b : found->second)
          if (b.end_offset > r.what.first_offset && b.entry.base_offset < r.what.end_offset)
            expected.push_back(b.entry);
      const auto same = [](const index_entry& a, const index_entry& b) {
        return a.base_offset == b.base_offset && a.max_timestamp_ms == b.max_timestamp_ms &&
               a.payload_at == b.payload_at && a.size == b.size;
      };
      const auto [want, have] = std::ranges::mismatch(expected, r.what.entries, same);
      if (want == expected.end() && have == r.what.entries.end()) continue;
      problem(name, r.what.index_at + static_cast<std::uint64_t>(have - r.what.entries.begin()) * index_entry_size,
              fmt::format("partition {} of topic id {}: the index and the segment differ at offset {}", r.partition,
                          r.topic.to_string(), have == r.what.entries.end() ? want->base_offset : have->base_offset));
    }
  }

  // What the next start makes of it, without a change to any file.
  void check_start() {
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
    if (!opened) return problem("", 0, "the bus will not start: " + opened.error().message);
    for (const missing_records& m : (*opened)->recovery().missing)
      problem("", 0,
              fmt::format("offsets {} to {} of partition {} of topic {} are in no file: a segment is missing", m.from,
                          m.end - 1, m.partition, m.topic));
  }

  os::file_system& _files;
  const std::string& _directory;
  verify_report _report;
  position _checkpoint;
};

}  // namespace

result<verify_report> verify(os::file_system& files, const std::string& directory,
                             const std::function<void(const std::string&)>& progress) {
  return checker(files, directory).run(progress);
}

}  // namespace mes::bus::log
