#include "wire/lumberjack/lumberjack.h"

#include <fmt/format.h>

#include "observe/log.h"
#include "wire/gzip/gunzip.h"

namespace mes::wire::lumberjack {
namespace {

constexpr std::uint32_t pairs_max = 10'000;

std::uint32_t number_at(std::string_view in, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(in[at + i]);
  return value;
}

// A text with its length before it, from `at` on, which moves behind it; false: not all of it is there.
bool take_text(std::string_view in, std::size_t& at, std::string_view& into) {
  if (in.size() < at + 4) return false;
  const std::size_t size = number_at(in, at);
  if (in.size() - at - 4 < size) return false;
  into = in.substr(at + 4, size);
  at += 4 + size;
  return true;
}

std::unexpected<error> too_large(std::size_t size, std::size_t most) {
  return fail(mes::error_code::too_large, fmt::format("A frame has {} bytes; at most {} are taken", size, most));
}

}  // namespace

result<void> decoder::feed(std::string_view bytes, std::vector<event>& into) {
  _buffer += bytes;
  auto used = frames(_buffer, into, false);
  if (!used) return fail(std::move(used.error()));
  _buffer.erase(0, *used);
  return {};
}

// Decodes what is whole; returns the bytes that it took.
result<std::size_t> decoder::frames(std::string_view in, std::vector<event>& into, bool packed) {
  std::size_t at = 0;
  while (in.size() - at >= 6) {
    const std::string_view rest = in.substr(at);
    const char version = rest[0], kind = rest[1];
    if (version != '1' && version != '2')
      return fail(mes::error_code::corrupt, "Not the Lumberjack protocol: a frame begins with the version 1 or 2");
    if (kind == 'W') {
      _version = version;
      _window = number_at(rest, 2);
      _window_is_new = true;
      at += 6;
    } else if (kind == 'J') {
      if (rest.size() < 10) break;
      const std::size_t size = number_at(rest, 6);
      if (size > _limits.frame_bytes_max) return too_large(size, _limits.frame_bytes_max);
      if (rest.size() - 10 < size) break;
      into.push_back({number_at(rest, 2), std::string(rest.substr(10, size))});
      at += 10 + size;
    } else if (kind == 'D') {
      auto used = data_frame(rest, into);
      if (!used) return used;
      if (*used == 0) break;
      at += *used;
    } else if (kind == 'C' && !packed) {
      const std::size_t size = number_at(rest, 2);
      if (size > _limits.frame_bytes_max) return too_large(size, _limits.frame_bytes_max);
      if (rest.size() - 6 < size) break;
      if (auto unpacked = unpack(rest.substr(6, size), into); !unpacked) return fail(std::move(unpacked.error()));
      at += 6 + size;
    } else {
      return fail(mes::error_code::corrupt,
                  fmt::format("A Lumberjack frame has the unknown type 0x{:02x}", static_cast<unsigned char>(kind)));
    }
  }
  return at;
}

// Bytes taken; 0 while some are missing.
result<std::size_t> decoder::data_frame(std::string_view in, std::vector<event>& into) const {
  if (in.size() < 10) return 0;
  const std::uint32_t pairs = number_at(in, 6);
  if (pairs > pairs_max) return too_large(pairs, pairs_max);
  std::size_t at = 10;
  std::string json = "{";
  for (std::uint32_t i = 0; i < pairs; ++i) {
    std::string_view key, value;
    if (!take_text(in, at, key) || !take_text(in, at, value)) {
      if (in.size() > _limits.frame_bytes_max) return too_large(in.size(), _limits.frame_bytes_max);
      return 0;
    }
    if (json.size() > 1) json += ',';
    observe::append_json_string(json, key);
    json += ':';
    observe::append_json_string(json, value);
  }
  into.push_back({number_at(in, 2), json + "}"});
  return at;
}

result<void> decoder::unpack(std::string_view packed, std::vector<event>& into) {
  const auto bytes = gunzip(packed, _limits.unpacked_bytes_max);
  if (!bytes) return fail(bytes.error());
  const auto used = frames(*bytes, into, true);
  if (!used) return fail(used.error());
  if (*used != bytes->size()) return fail(mes::error_code::corrupt, "A compressed frame ends within a frame");
  return {};
}

std::string acknowledgement(char version, std::uint32_t sequence) {
  std::string frame{version, 'A'};
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(sequence >> shift);
  return frame;
}

}  // namespace mes::wire::lumberjack
