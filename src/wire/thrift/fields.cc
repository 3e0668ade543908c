#include "wire/thrift/fields.h"

namespace mes::wire::thrift {

using apache::thrift::protocol::TBinaryProtocolT;
using apache::thrift::protocol::TCompactProtocolT;
using apache::thrift::transport::TMemoryBuffer;
namespace protocol = apache::thrift::protocol;

std::unique_ptr<TProtocol> open_protocol(std::string_view bytes, encoding how) {
  // The buffer only observes; Thrift's interface takes no const. No text and no list is longer than the message.
  auto* data = reinterpret_cast<std::uint8_t*>(const_cast<char*>(bytes.data()));
  auto buffer = std::make_shared<TMemoryBuffer>(data, static_cast<std::uint32_t>(bytes.size()), TMemoryBuffer::OBSERVE);
  const auto limit = static_cast<std::int32_t>(bytes.size());
  if (how == encoding::binary)
    return std::make_unique<TBinaryProtocolT<TMemoryBuffer>>(buffer, limit, limit, false, false);
  return std::make_unique<TCompactProtocolT<TMemoryBuffer>>(buffer, limit, limit);
}

bool read(TProtocol& in, TType type, std::string& into) {
  if (type != protocol::T_STRING) return false;
  in.readBinary(into);
  return true;
}

bool read(TProtocol& in, TType type, bool& into) {
  if (type != protocol::T_BOOL) return false;
  in.readBool(into);
  return true;
}

bool read(TProtocol& in, TType type, std::int16_t& into) {
  if (type != protocol::T_I16) return false;
  in.readI16(into);
  return true;
}

bool read(TProtocol& in, TType type, std::int32_t& into) {
  if (type != protocol::T_I32) return false;
  in.readI32(into);
  return true;
}

bool read(TProtocol& in, TType type, std::int64_t& into) {
  if (type != protocol::T_I64) return false;
  in.readI64(into);
  return true;
}

bool read(TProtocol& in, TType type, double& into) {
  if (type != protocol::T_DOUBLE) return false;
  in.readDouble(into);
  return true;
}

std::string big_endian(std::uint64_t id) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(id >> (56 - 8 * i));
  return bytes;
}

}  // namespace mes::wire::thrift
