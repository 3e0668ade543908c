// Any bytes as a record batch: no crash, no more memory than allowed; what passes the check can be read.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "wire/kafka/compression.h"
#include "wire/kafka/record_batch.h"

namespace kafka = mes::wire::kafka;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t bytes_max = 1 << 20;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto checked = kafka::check_batch(bytes);
  std::int64_t count = 0;
  const auto read = kafka::for_each_record(bytes, bytes_max, [&](const kafka::record_view&) {
    ++count;
    return true;
  });
  if (checked && checked->codec() == kafka::compression::none && (!read || count != checked->count)) std::abort();
  if (size == 0) return 0;
  const auto plain = kafka::decompress(static_cast<kafka::compression>(data[0] % 5), bytes.substr(1), bytes_max);
  if (plain && plain->size() > bytes_max) std::abort();
  return 0;
}
