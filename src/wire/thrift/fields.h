// Reading Thrift structures field by field with Apache Thrift's protocols: what is unknown or of another type is
// skipped, as generated code does. Throws apache::thrift::TException; readers of whole messages catch it.
#pragma once

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/transport/TBufferTransports.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "wire/thrift/encoding.h"

namespace mes::wire::thrift {

using apache::thrift::protocol::TProtocol;
using apache::thrift::protocol::TType;

std::unique_ptr<TProtocol> open_protocol(std::string_view bytes, encoding how);

// `field(id, type)` reads the field's value and returns true, or reads nothing and returns false.
template <class Field>
void read_structure(TProtocol& in, Field field) {
  std::string name;
  TType type = apache::thrift::protocol::T_STOP;
  std::int16_t id = 0;
  apache::thrift::protocol::TInputRecursionTracker depth(in);
  in.readStructBegin(name);
  for (in.readFieldBegin(name, type, id); type != apache::thrift::protocol::T_STOP; in.readFieldBegin(name, type, id)) {
    if (!field(id, type)) in.skip(type);
    in.readFieldEnd();
  }
  in.readStructEnd();
}

// A list of structures; each `element()` reads one.
template <class Element>
bool read_structures(TProtocol& in, TType type, Element element) {
  if (type != apache::thrift::protocol::T_LIST) return false;
  TType inner = apache::thrift::protocol::T_STOP;
  std::uint32_t size = 0;
  in.readListBegin(inner, size);
  for (std::uint32_t i = 0; i < size; ++i) {
    if (inner == apache::thrift::protocol::T_STRUCT)
      element();
    else
      in.skip(inner);
  }
  in.readListEnd();
  return true;
}

bool read(TProtocol& in, TType type, std::string& into);  // text or bytes
bool read(TProtocol& in, TType type, bool& into);
bool read(TProtocol& in, TType type, std::int16_t& into);
bool read(TProtocol& in, TType type, std::int32_t& into);
bool read(TProtocol& in, TType type, std::int64_t& into);
bool read(TProtocol& in, TType type, double& into);

std::string big_endian(std::uint64_t id);  // 8 bytes

}  // namespace mes::wire::thrift
