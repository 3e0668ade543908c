#include "telemetry/parts/merge.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <tuple>

#include "telemetry/parts/part_writer.h"

namespace mes::telemetry {
namespace {

constexpr std::size_t merge_fan_in = 8;
constexpr std::uint64_t merged_bytes_max = 256u << 20;
constexpr std::uint64_t smallest_class_bytes = 1u << 20;
constexpr std::uint32_t small_block_bytes = block_raw_bytes / 4;
constexpr std::uint32_t packed_anew = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t keys_at_once = 4'096;

std::size_t size_class(std::uint64_t bytes) {
  std::size_t c = 0;
  for (std::uint64_t limit = smallest_class_bytes; bytes > limit; limit *= merge_fan_in) ++c;
  return c;
}

struct block_ref {
  std::size_t part = 0;
  std::uint32_t block = 0;
};

// Walks one key index of one input, with the blocks' new numbers.
class key_cursor {
 public:
  key_cursor(const part& from, part::keys which, const std::vector<std::uint32_t>& renumbered)
      : _from(from), _which(which), _renumbered(renumbered) {}

  result<bool> next(key_entry& into) {
    while (true) {
      if (_at == _loaded.size()) {
        if (_first >= _from.key_count(_which)) return false;
        auto entries = _from.read_keys(_which, _first, keys_at_once);
        if (!entries) return fail(std::move(entries.error()));
        _first += entries->size();
        _loaded = std::move(*entries);
        _at = 0;
      }
      into = _loaded[_at++];
      into.block = _renumbered[into.block];
      if (into.block != packed_anew) return true;
    }
  }

 private:
  const part& _from;
  part::keys _which;
  const std::vector<std::uint32_t>& _renumbered;
  std::vector<key_entry> _loaded;
  std::size_t _at = 0, _first = 0;
};

// The smallest key of all cursors, one after another.
part_writer::key_feed feed_of(const part_list& parts, part::keys which,
                              const std::vector<std::vector<std::uint32_t>>& renumbered) {
  struct source {
    key_cursor cursor;
    key_entry head;
    bool more;
  };
  auto sources = std::make_shared<std::vector<source>>();
  auto started = std::make_shared<bool>(false);
  for (std::size_t i = 0; i < parts.size(); ++i)
    sources->push_back({key_cursor(*parts[i], which, renumbered[i]), {}, true});
  return [sources, started](key_entry& into) -> result<bool> {
    if (!*started) {
      *started = true;
      for (source& s : *sources) {
        auto more = s.cursor.next(s.head);
        if (!more) return more;
        s.more = *more;
      }
    }
    source* least = nullptr;
    for (source& s : *sources)
      if (s.more && (!least || s.head.key < least->head.key)) least = &s;
    if (!least) return false;
    into = least->head;
    auto more = least->cursor.next(least->head);
    if (!more) return more;
    least->more = *more;
    return true;
  };
}

std::vector<block_ref> blocks_in_order(const part_list& parts) {
  std::vector<block_ref> order;
  for (std::size_t p = 0; p < parts.size(); ++p)
    for (std::uint32_t b = 0; b < parts[p]->blocks().size(); ++b) order.push_back({p, b});
  std::sort(order.begin(), order.end(), [&](const block_ref& a, const block_ref& b) {
    const block_info &left = parts[a.part]->blocks()[a.block], &right = parts[b.part]->blocks()[b.block];
    int streams = parts[a.part]->stream_of(left).compare(parts[b.part]->stream_of(right));
    if (streams != 0) return streams < 0;
    return std::tuple(left.time_min_us, a.part, a.block) < std::tuple(right.time_min_us, b.part, b.block);
  });
  return order;
}

}  // namespace

part_list choose_merge(const part_list& of_one_index) {
  std::array<part_list, 64> classes;
  for (const auto& p : of_one_index) {
    if (p->size_bytes() * 2 > merged_bytes_max) continue;
    part_list& chosen = classes[size_class(p->size_bytes())];
    std::uint64_t bytes = p->size_bytes();
    for (const auto& other : chosen) bytes += other->size_bytes();
    if (bytes > merged_bytes_max) return chosen;
    chosen.push_back(p);
    if (chosen.size() == merge_fan_in) return chosen;
  }
  return {};
}

result<void> merge_parts(os::file_system& fs, const part_list& parts, const std::string& path) {
  auto made = part_writer::create(fs, path);
  if (!made) return fail(std::move(made.error()));
  part_writer& writer = **made;
  std::vector<std::vector<std::uint32_t>> renumbered;
  label_set labels;
  std::vector<std::uint64_t> replaces;
  std::int64_t written_us = 0;
  for (const auto& p : parts) {
    renumbered.emplace_back(p->blocks().size(), packed_anew);
    for (const std::string& label : p->labels()) labels.add(label);
    replaces.push_back(p->number());
    written_us = std::max(written_us, p->written_us());
  }
  for (const block_ref& ref : blocks_in_order(parts)) {
    const part& from = *parts[ref.part];
    if (from.blocks()[ref.block].raw_bytes >= small_block_bytes) {
      if (auto ended = writer.end_block(); !ended) return ended;
      renumbered[ref.part][ref.block] = writer.next_block();
      if (auto copied = writer.copy_block(from, ref.block); !copied) return copied;
      continue;
    }
    auto rows = from.read_block(ref.block);
    if (!rows) return fail(std::move(rows.error()));
    for (const row& r : rows->rows)
      if (auto added = writer.add(r); !added) return added;
  }
  writer.set_labels(labels);
  writer.set_written(written_us);
  writer.set_replaces(std::move(replaces));
  writer.set_key_feeds(feed_of(parts, part::keys::traces, renumbered), feed_of(parts, part::keys::ids, renumbered));
  return writer.finish();
}

}  // namespace mes::telemetry
