#include "wire/kafka/record_batch.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "wire/kafka/compression.h"
#include "wire/kafka/crc32c.h"
#include "wire/kafka/reader.h"
#include "wire/kafka/writer.h"

namespace mes::wire::kafka {
namespace {

template <class T>
void put(char* at, T value) {
  if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
  std::memcpy(at, &value, sizeof value);
}

// One record of an uncompressed run. `headers` nullptr: its headers are only walked over.
bool read_record(reader& in, const batch_header& batch, record_view& record, bool with_headers) {
  const std::int32_t size = in.varint();
  if (size < 0) return false;
  reader body(in.raw(static_cast<std::size_t>(size)));
  if (!in.ok()) return false;
  const auto text = [&body](bool may_be_null) -> std::optional<std::string_view> {
    const std::int32_t length = body.varint();
    if (length >= 0) return body.raw(static_cast<std::size_t>(length));
    if (length != -1 || !may_be_null) body.fail();
    return std::nullopt;
  };
  body.int8();  // attributes: none is defined
  const std::int64_t timestamp_delta = body.varlong();
  const std::int32_t offset_delta = body.varint();
  // Unsigned, since a foreign batch may make these overflow.
  record.timestamp_ms = batch.log_append_time()
                            ? batch.max_timestamp_ms
                            : static_cast<std::int64_t>(static_cast<std::uint64_t>(batch.base_timestamp_ms) +
                                                        static_cast<std::uint64_t>(timestamp_delta));
  record.offset = static_cast<std::int64_t>(static_cast<std::uint64_t>(batch.base_offset) +
                                            static_cast<std::uint64_t>(static_cast<std::int64_t>(offset_delta)));
  record.key = text(true);
  record.value = text(true);
  const std::int32_t headers = body.varint();
  if (headers < 0 || static_cast<std::size_t>(headers) > body.left()) return false;
  record.headers.clear();
  for (std::int32_t i = 0; i < headers && body.ok(); ++i) {
    const auto name = text(false);
    const auto value = text(true);
    if (with_headers) record.headers.emplace_back(name.value_or(std::string_view{}), value);
  }
  return body.ok() && body.left() == 0;
}

template <class Text>
void put_text(writer& to, const std::optional<Text>& text) {
  to.varint(text ? static_cast<std::int32_t>(text->size()) : -1);
  if (text) to.raw(*text);
}

// A record_view or a record_to_write.
template <class Record>
void append_record(writer& body, std::int64_t timestamp_delta, std::int32_t offset_delta, const Record& record) {
  writer one;
  one.int8(0);
  one.varlong(timestamp_delta);
  one.varint(offset_delta);
  put_text(one, record.key);
  put_text(one, record.value);
  one.varint(static_cast<std::int32_t>(record.headers.size()));
  for (const auto& [name, value] : record.headers) {
    put_text(one, std::optional<std::string_view>(name));
    put_text(one, value);
  }
  body.varint(static_cast<std::int32_t>(one.size()));
  body.raw(one.buffer());
}

// The whole batch: `header` with its size, count and sum set, then `body`, which is compressed already.
std::string finish_batch(const batch_header& header, std::string_view body) {
  writer out;
  out.int64(header.base_offset);
  out.int32(static_cast<std::int32_t>(batch_header::size - batch_header::prefix + body.size()));
  out.int32(header.leader_epoch);
  out.int8(2);
  out.int32(0);  // CRC, below
  out.int16(header.attributes);
  out.int32(header.last_offset_delta);
  out.int64(header.base_timestamp_ms);
  out.int64(header.max_timestamp_ms);
  out.int64(header.producer_id);
  out.int16(header.producer_epoch);
  out.int32(header.base_sequence);
  out.int32(header.count);
  out.raw(body);
  std::string batch = std::move(out.buffer());
  put(batch.data() + batch_header::crc_at, crc32c(std::string_view(batch).substr(batch_header::summed_from)));
  return batch;
}

// Whether `body` is the records that the header tells of, no more and no less. Returns their largest timestamp.
std::optional<std::int64_t> check_records(const batch_header& header, std::string_view body) {
  batch_header zero = header;
  zero.base_offset = 0;
  reader in(body);
  record_view record;
  std::int64_t newest = -1;
  for (std::int32_t i = 0; i < header.count; ++i) {
    if (!read_record(in, zero, record, false) || record.offset != i) return std::nullopt;
    newest = std::max(newest, record.timestamp_ms);
  }
  if (in.left() != 0) return std::nullopt;
  return newest;
}

}  // namespace

std::int32_t batch_header::last_sequence() const {
  const std::int64_t last = static_cast<std::int64_t>(base_sequence) + last_offset_delta;
  return static_cast<std::int32_t>(last > INT32_MAX ? last - INT32_MAX - 1 : last);
}

std::optional<batch_header> peek_batch(std::string_view bytes) {
  if (bytes.size() < batch_header::size) return std::nullopt;
  reader in(bytes);
  batch_header h;
  h.base_offset = in.int64();
  const std::int32_t length = in.int32();
  if (length < static_cast<std::int32_t>(batch_header::size - batch_header::prefix)) return std::nullopt;
  h.batch_size = static_cast<std::uint32_t>(length) + batch_header::prefix;
  h.leader_epoch = in.int32();
  h.magic = in.int8();
  h.crc = static_cast<std::uint32_t>(in.int32());
  h.attributes = in.int16();
  h.last_offset_delta = in.int32();
  h.base_timestamp_ms = in.int64();
  h.max_timestamp_ms = in.int64();
  h.producer_id = in.int64();
  h.producer_epoch = in.int16();
  h.base_sequence = in.int32();
  h.count = in.int32();
  return h;
}

std::expected<batch_header, batch_fault> check_batch_sum(std::string_view bytes) {
  // The magic byte stands at the same place in all formats; older ones are shorter than a header of version 2.
  if (bytes.size() > 16 && bytes[16] != 2) return std::unexpected(batch_fault::unknown_magic);
  const auto h = peek_batch(bytes);
  if (!h || h->batch_size > bytes.size()) return std::unexpected(batch_fault::cut_short);
  if (crc32c(bytes.substr(batch_header::summed_from, h->batch_size - batch_header::summed_from)) != h->crc)
    return std::unexpected(batch_fault::bad_crc);
  return *h;
}

std::expected<batch_header, batch_fault> check_batch(std::string_view bytes) {
  auto h = check_batch_sum(bytes);
  if (!h) return h;
  if (h->count <= 0 || h->last_offset_delta != h->count - 1) return std::unexpected(batch_fault::bad_header);
  if (h->producer_id >= 0 && h->base_sequence < 0) return std::unexpected(batch_fault::bad_header);
  if ((h->attributes & 7) > 4) return std::unexpected(batch_fault::bad_codec);
  if (h->codec() != compression::none) return h;
  const auto newest = check_records(*h, bytes.substr(batch_header::size, h->batch_size - batch_header::size));
  if (!newest) return std::unexpected(batch_fault::bad_record);
  if (!h->log_append_time()) h->max_timestamp_ms = *newest;
  return h;
}

void set_base_offset(char* batch, std::int64_t offset) { put(batch, offset); }
void set_leader_epoch(char* batch, std::int32_t epoch) { put(batch + batch_header::leader_epoch_at, epoch); }

namespace {

constexpr std::size_t attributes_low_at = 22;
constexpr unsigned char log_append_time_bit = 8;

void set_sum(char* batch, std::size_t size) {
  put(batch + batch_header::crc_at, crc32c({batch + batch_header::summed_from, size - batch_header::summed_from}));
}

}  // namespace

void set_max_timestamp(char* batch, std::size_t size, std::int64_t ms) {
  constexpr std::size_t max_timestamp_at = 35;
  put(batch + max_timestamp_at, ms);
  set_sum(batch, size);
}

void set_log_append_time(char* batch, std::size_t size, std::int64_t ms) {
  batch[attributes_low_at] = static_cast<char>(batch[attributes_low_at] | log_append_time_bit);
  set_max_timestamp(batch, size, ms);
}

void set_create_time(char* batch, std::size_t size) {
  batch[attributes_low_at] = static_cast<char>(batch[attributes_low_at] & ~log_append_time_bit);
  set_sum(batch, size);
}

namespace {

batch_fault fault_of(unpack_fault f) {
  return f == unpack_fault::too_large ? batch_fault::too_large : batch_fault::bad_packing;
}

// A batch with its records unpacked.
struct unpacked {
  batch_header header;
  std::string plain;  // empty: they came so
  std::string_view records;
};

std::expected<void, batch_fault> unpack(std::string_view batch, std::size_t bytes_max, unpacked& out) {
  const auto h = peek_batch(batch);
  if (!h || h->batch_size > batch.size()) return std::unexpected(batch_fault::cut_short);
  out.header = *h;
  out.records = batch.substr(batch_header::size, h->batch_size - batch_header::size);
  if (h->codec() == compression::none) return {};
  auto plain = decompress(h->codec(), out.records, bytes_max);
  if (!plain) return std::unexpected(fault_of(plain.error()));
  out.records = out.plain = std::move(*plain);
  return {};
}

}  // namespace

std::expected<void, batch_fault> for_each_record(std::string_view batch, std::size_t bytes_max,
                                                 const std::function<bool(const record_view&)>& each) {
  unpacked b;
  if (auto fine = unpack(batch, bytes_max, b); !fine) return fine;
  reader in(b.records);
  record_view record;
  for (std::int32_t i = 0; i < b.header.count; ++i) {
    if (!read_record(in, b.header, record, true)) return std::unexpected(batch_fault::bad_record);
    if (!each(record)) break;
  }
  return {};
}

std::expected<void, batch_fault> for_each_sent_record(std::string_view batch, std::size_t bytes_max,
                                                      const std::function<void(const record_view&)>& each) {
  unpacked b;
  if (auto fine = unpack(batch, bytes_max, b); !fine) return fine;
  reader in(b.records);
  record_view record;
  for (std::int32_t i = 0; i < b.header.count; ++i) {
    const auto offset = static_cast<std::uint64_t>(b.header.base_offset) + static_cast<std::uint64_t>(i);
    if (!read_record(in, b.header, record, true) || static_cast<std::uint64_t>(record.offset) != offset)
      return std::unexpected(batch_fault::bad_record);
    each(record);
  }
  if (in.left() != 0) return std::unexpected(batch_fault::bad_record);
  return {};
}

std::expected<std::string, batch_fault> rewrite_batch(std::string_view batch, std::size_t bytes_max,
                                                      std::optional<std::int64_t> delete_horizon_ms,
                                                      const std::function<bool(const record_view&)>& keep) {
  const auto before = peek_batch(batch);
  if (!before || before->batch_size > batch.size()) return std::unexpected(batch_fault::cut_short);
  batch_header after = *before;
  if (delete_horizon_ms) {
    after.attributes = static_cast<std::int16_t>(after.attributes | 64);
    after.base_timestamp_ms = *delete_horizon_ms;
  }
  after.count = 0;
  if (!before->log_append_time()) after.max_timestamp_ms = -1;
  writer body;
  const auto whole = for_each_record(batch, bytes_max, [&](const record_view& r) {
    if (!keep(r)) return true;
    // Unsigned: a foreign batch may make it overflow.
    append_record(body,
                  static_cast<std::int64_t>(static_cast<std::uint64_t>(r.timestamp_ms) -
                                            static_cast<std::uint64_t>(after.base_timestamp_ms)),
                  static_cast<std::int32_t>(r.offset - after.base_offset), r);
    after.count += 1;
    if (!before->log_append_time()) after.max_timestamp_ms = std::max(after.max_timestamp_ms, r.timestamp_ms);
    return true;
  });
  if (!whole) return std::unexpected(whole.error());
  if (after.count == 0) return std::string();
  const auto packed = compress(after.codec(), body.buffer());
  if (!packed) return std::unexpected(batch_fault::bad_codec);
  return finish_batch(after, *packed);
}

std::expected<std::string, batch_fault> recompress_batch(std::string_view batch, std::size_t bytes_max,
                                                         compression codec, std::optional<int> level) {
  unpacked before;
  if (auto fine = unpack(batch, bytes_max, before); !fine) return std::unexpected(fine.error());
  const auto newest = check_records(before.header, before.records);
  if (!newest) return std::unexpected(batch_fault::bad_record);
  const auto packed = compress(codec, before.records, level);
  if (!packed) return std::unexpected(batch_fault::bad_codec);
  batch_header after = before.header;
  after.attributes = static_cast<std::int16_t>((after.attributes & ~7) | static_cast<std::int16_t>(codec));
  if (!after.log_append_time()) after.max_timestamp_ms = *newest;
  return finish_batch(after, *packed);
}

std::string make_batch(const std::vector<record_to_write>& records, batch_header header) {
  if (!records.empty()) header.base_timestamp_ms = header.max_timestamp_ms = records.front().timestamp_ms;
  writer body;
  header.count = 0;
  for (const record_to_write& r : records) {
    header.max_timestamp_ms = std::max(header.max_timestamp_ms, r.timestamp_ms);
    append_record(body, r.timestamp_ms - header.base_timestamp_ms, header.count++, r);
  }
  header.last_offset_delta = header.count - 1;
  return finish_batch(header, body.buffer());
}

}  // namespace mes::wire::kafka
