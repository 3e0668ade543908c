// Any bytes as any request or response of Kafka's protocol: no crash, and what decodes is encoded to the same message.
//
// Input: api key (2 bytes), version (2), kind (1), then the message.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/kafka/generated/every_message.h"

namespace {

namespace kafka = mes::wire::kafka;

template <class Message>
void try_message(std::string_view bytes, std::int16_t version) {
  if (version < Message::version_min || version > Message::version_max) return;
  kafka::reader in(bytes);
  Message message;
  if (!decode(in, version, message)) return;
  kafka::writer once;
  encode(once, version, message);
  // Unknown tagged fields are dropped, so the first encoding may differ from the input; the second may not.
  kafka::reader back(once.buffer());
  Message again;
  if (!decode(back, version, again) || back.left() != 0) std::abort();
  kafka::writer twice;
  encode(twice, version, again);
  if (once.buffer() != twice.buffer()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kafka::reader in({reinterpret_cast<const char*>(data), size});
  const std::int16_t key = in.int16();
  const std::int16_t version = in.int16();
  const bool is_request = in.int8() == 0;
  if (!in.ok()) return 0;
  const std::string_view bytes = in.rest();
  constexpr bool request = true, response = false;
#define MES_TRY(name, which, number) \
  if (key == (number) && is_request == (which)) try_message<kafka::name>(bytes, version);
  MES_KAFKA_MESSAGES(MES_TRY)
#undef MES_TRY
  return 0;
}
