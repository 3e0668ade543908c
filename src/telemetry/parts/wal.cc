#include "telemetry/parts/wal.h"

#include <xxhash.h>

#include "telemetry/parts/bytes.h"

namespace mes::telemetry {
namespace {

constexpr std::string_view magic = "MESWAL01";
constexpr std::size_t frame_head_bytes = 12;
constexpr std::uint32_t frame_bytes_max = 64u << 20;

std::shared_ptr<const chunk> parse_payload(std::string_view payload) {
  std::string_view index;
  std::uint64_t first_sequence = 0;
  if (!take_text(payload, index) || !take(payload, first_sequence)) return nullptr;
  return make_chunk(std::string(index), std::string(payload), first_sequence);
}

}  // namespace

result<std::unique_ptr<wal_segment>> wal_segment::create(os::file_system& fs, std::string path) {
  auto file = fs.open(path, os::open_mode::create_new);
  if (!file) return fail(std::move(file.error()));
  std::unique_ptr<wal_segment> made(new wal_segment(std::move(*file), std::move(path)));
  if (auto written = made->append(magic); !written) return fail(std::move(written.error()));
  return made;
}

void wal_segment::append_frame(std::string& out, const std::string& index, std::uint64_t first_sequence,
                               std::string_view rows) {
  std::size_t head = out.size();
  out.append(frame_head_bytes, '\0');
  put_text(out, index);
  put(out, first_sequence);
  out.append(rows);
  std::string_view payload = std::string_view(out).substr(head + frame_head_bytes);
  auto size = static_cast<std::uint32_t>(payload.size());
  std::uint64_t hash = XXH3_64bits(payload.data(), payload.size());
  std::memcpy(out.data() + head, &size, sizeof size);
  std::memcpy(out.data() + head + sizeof size, &hash, sizeof hash);
}

result<void> wal_segment::append(std::string_view frames) {
  auto written = _file->append(frames);
  if (written) _size += frames.size();
  return written;
}

result<wal_replay> replay_wal(os::file_system& fs, const std::string& path,
                              const std::function<result<void>(std::shared_ptr<const chunk>)>& take_chunk) {
  auto file = fs.open(path, os::open_mode::read);
  if (!file) return fail(std::move(file.error()));
  auto size = (*file)->size();
  if (!size) return fail(std::move(size.error()));
  wal_replay seen;
  std::uint64_t offset = magic.size();
  std::string payload;
  while (offset + frame_head_bytes <= *size) {
    char head[frame_head_bytes];
    auto got = (*file)->pread(offset, head);
    if (!got) return fail(std::move(got.error()));
    std::string_view in(head, *got);
    std::uint32_t length = 0;
    std::uint64_t hash = 0;
    if (!take(in, length) || !take(in, hash)) break;
    if (length == 0 || length > frame_bytes_max || offset + frame_head_bytes + length > *size) break;
    payload.resize(length);
    got = (*file)->pread(offset + frame_head_bytes, payload);
    if (!got) return fail(std::move(got.error()));
    if (*got != length || XXH3_64bits(payload.data(), payload.size()) != hash) break;
    auto made = parse_payload(payload);
    if (!made) break;
    if (auto taken = take_chunk(std::move(made)); !taken) return fail(std::move(taken.error()));
    offset += frame_head_bytes + length;
    ++seen.frames;
  }
  seen.torn_bytes = *size > offset ? *size - offset : 0;
  return seen;
}

}  // namespace mes::telemetry
