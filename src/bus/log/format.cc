#include "bus/log/format.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstring>

#include "wire/kafka/crc32c.h"

namespace mes::bus::log {
namespace {

constexpr std::string_view segment_magic = "MESBUS\x01\n";
constexpr std::size_t version_at = 6;  // in it; later formats keep the rest of the header
static_assert(segment_magic[version_at] == format_version);

template <class T>
void put(std::string& out, T value) {
  if constexpr (std::endian::native == std::endian::big) value = std::byteswap(value);
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

template <class T>
T get(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  if constexpr (std::endian::native == std::endian::big) value = std::byteswap(value);
  return value;
}

std::uint32_t seeded_crc(std::string_view bytes, std::uint64_t segment) {
  std::string seed;
  put(seed, segment);
  return wire::kafka::crc32c(bytes, wire::kafka::crc32c(seed));
}

}  // namespace

void append_frame_header(std::string& out, const frame_header& header, std::uint64_t segment) {
  const std::size_t start = out.size();
  put(out, std::uint32_t{0});  // CRC, below
  put(out, header.payload_size);
  out.push_back(static_cast<char>(header.kind));
  out.push_back(static_cast<char>(format_version));
  put(out, std::uint16_t{0});
  put(out, header.partition);
  out.append(reinterpret_cast<const char*>(header.topic.bytes.data()), header.topic.bytes.size());
  put(out, header.base_offset);
  put(out, header.leader_epoch);
  put(out, header.payload_crc);
  put(out, std::uint64_t{0});
  const std::uint32_t crc = seeded_crc(std::string_view(out).substr(start + 4, frame_header_size - 4), segment);
  std::string sum;
  put(sum, crc);
  std::memcpy(out.data() + start, sum.data(), sum.size());
}

std::optional<frame_header> read_frame_header(std::string_view bytes, std::uint64_t segment) {
  if (bytes.size() < frame_header_size) return std::nullopt;
  bytes = bytes.substr(0, frame_header_size);
  frame_header h;
  h.payload_size = get<std::uint32_t>(bytes, 4);
  if (h.payload_size == 0 || get<std::uint32_t>(bytes, 0) != seeded_crc(bytes.substr(4), segment)) return std::nullopt;
  const auto kind = static_cast<std::uint8_t>(bytes[8]);
  if ((kind != 1 && kind != 2) || bytes[9] != static_cast<char>(format_version)) return std::nullopt;
  h.kind = static_cast<frame_kind>(kind);
  h.partition = get<std::int32_t>(bytes, 12);
  std::memcpy(h.topic.bytes.data(), bytes.data() + 16, 16);
  h.base_offset = get<std::int64_t>(bytes, 32);
  h.leader_epoch = get<std::int32_t>(bytes, 40);
  h.payload_crc = get<std::uint32_t>(bytes, 44);
  return h;
}

std::string make_segment_header(std::uint64_t segment, std::uint32_t version) {
  std::string out(segment_magic);
  out[version_at] = static_cast<char>(version);
  put(out, segment);
  out.resize(segment_header_size - 4, '\0');
  put(out, seeded_crc(out, segment));
  return out;
}

bool is_segment_header(std::string_view bytes, std::uint64_t segment) {
  return bytes.substr(0, segment_header_size) == make_segment_header(segment);
}

namespace {

std::string newer(int version, int known) {
  return fmt::format("is of version {} of its format, and this mes reads versions up to {}: use the newer mes", version,
                     known);
}

}  // namespace

std::optional<std::string> segment_of_newer_format(std::string_view header, std::uint64_t segment) {
  std::string known(header.substr(0, segment_header_size));
  if (known.size() < segment_header_size) return std::nullopt;
  const int version = static_cast<unsigned char>(known[version_at]);
  constexpr std::size_t summed = segment_header_size - 4;
  if (get<std::uint32_t>(known, summed) != seeded_crc(std::string_view(known).substr(0, summed), segment))
    return std::nullopt;
  known[version_at] = segment_magic[version_at];
  if (version <= static_cast<int>(format_version) || !known.starts_with(segment_magic)) return std::nullopt;
  return newer(version, format_version);
}

std::optional<std::string> checkpoint_of_newer_format(std::string_view body) {
  const int version = body.empty() ? 0 : static_cast<signed char>(body.front());
  return version > checkpoint_version ? std::optional(newer(version, checkpoint_version)) : std::nullopt;
}

std::string segment_name(std::uint64_t segment) {
  return is_cleaned(segment) ? fmt::format("{:020}.clean", segment - first_cleaned)
                             : fmt::format("{:020}.log", segment);
}
std::string index_name(std::uint64_t segment) {
  return is_cleaned(segment) ? fmt::format("{:020}.clean-index", segment - first_cleaned)
                             : fmt::format("{:020}.index", segment);
}

std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
  constexpr std::size_t digits = 20;
  if (name.size() < digits) return std::nullopt;
  const bool cleaned = name.substr(digits) == ".clean";
  if (!cleaned && name.substr(digits) != ".log") return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(name.begin(), name.begin() + digits, number);
  if (fault != std::errc{} || end != name.begin() + digits || is_cleaned(number)) return std::nullopt;
  return cleaned ? first_cleaned + number : number;
}

std::string seal(std::string_view magic, std::string_view body) {
  std::string out(magic);
  put(out, static_cast<std::uint64_t>(body.size()));
  put(out, wire::kafka::crc32c(body));
  out.append(body);
  return out;
}

std::optional<std::string_view> unseal(std::string_view magic, std::string_view file) {
  const std::size_t before = magic.size() + 12;
  if (file.size() < before || !file.starts_with(magic)) return std::nullopt;
  const std::string_view body = file.substr(before);
  if (get<std::uint64_t>(file, magic.size()) != body.size()) return std::nullopt;
  if (get<std::uint32_t>(file, magic.size() + 8) != wire::kafka::crc32c(body)) return std::nullopt;
  return body;
}

}  // namespace mes::bus::log
