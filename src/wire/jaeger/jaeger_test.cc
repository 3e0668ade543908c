// Jaeger's Thrift, written here by Apache Thrift's own protocols, field by field from jaeger.thrift.
#include "wire/jaeger/jaeger.h"

#include <gmock/gmock.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/transport/TBufferTransports.h>

namespace mes::wire::jaeger {
namespace {

using namespace apache::thrift::protocol;
using apache::thrift::transport::TMemoryBuffer;
using otlp::attribute_value;
using testing::Contains;
using testing::ElementsAre;
using testing::Pair;

void field(TProtocol& out, std::int16_t id, const std::string& text) {
  out.writeFieldBegin("", T_STRING, id);
  out.writeString(text);
}
void field(TProtocol& out, std::int16_t id, std::int64_t number) {
  out.writeFieldBegin("", T_I64, id);
  out.writeI64(number);
}
void enumeration(TProtocol& out, std::int16_t id, std::int32_t value) {
  out.writeFieldBegin("", T_I32, id);
  out.writeI32(value);
}
void end(TProtocol& out) { out.writeFieldStop(), out.writeStructEnd(); }
void list(TProtocol& out, std::int16_t id, std::uint32_t size) {
  out.writeFieldBegin("", T_LIST, id);
  out.writeListBegin(T_STRUCT, size);
}

void text_tag(TProtocol& out, const std::string& key, const std::string& value) {
  out.writeStructBegin("Tag");
  field(out, 1, key);
  enumeration(out, 2, 0);
  field(out, 3, value);
  end(out);
}

void reference(TProtocol& out, std::int32_t type, std::int64_t trace, std::int64_t span) {
  out.writeStructBegin("SpanRef");
  enumeration(out, 1, type);
  field(out, 2, trace);
  field(out, 3, std::int64_t{0});
  field(out, 4, span);
  end(out);
}

void batch(TProtocol& out) {
  out.writeStructBegin("Batch");
  out.writeFieldBegin("", T_STRUCT, 1);
  out.writeStructBegin("Process");
  field(out, 1, "mill");
  list(out, 2, 1);
  text_tag(out, "hostname", "edge-1");
  end(out);
  list(out, 2, 1);
  out.writeStructBegin("Span");
  field(out, 1, std::int64_t{0x0102});
  field(out, 2, std::int64_t{0});
  field(out, 3, std::int64_t{3});
  field(out, 4, std::int64_t{0});
  field(out, 5, "cut");
  list(out, 6, 2);
  reference(out, 0, 0x0102, 9);
  reference(out, 1, 0x77, 8);
  field(out, 8, std::int64_t{1'000});
  field(out, 9, std::int64_t{25});
  list(out, 10, 2);
  text_tag(out, "span.kind", "server");
  out.writeStructBegin("Tag");
  field(out, 1, "error");
  enumeration(out, 2, 2);
  out.writeFieldBegin("", T_BOOL, 5);
  out.writeBool(true);
  end(out);
  list(out, 11, 1);
  out.writeStructBegin("Log");
  field(out, 1, std::int64_t{1'010});
  list(out, 2, 1);
  text_tag(out, "event", "tool changed");
  end(out);
  field(out, 99, "of a later version");
  end(out);
  end(out);
}

std::string id(char last) { return std::string(7, '\0') + last; }

void expect_the_span(const otlp::resource_record& r) {
  EXPECT_EQ(r.service, "mill");
  EXPECT_THAT(r.attributes, ElementsAre(Pair("hostname", attribute_value("edge-1"))));
  ASSERT_EQ(r.spans.size(), 1u);
  const otlp::span_record& s = r.spans[0];
  EXPECT_EQ(s.trace_id, std::string(14, '\0') + "\x01\x02");
  EXPECT_EQ(s.span_id, id(3));
  EXPECT_EQ(s.parent_id, id(9));
  ASSERT_EQ(s.links.size(), 1u);
  EXPECT_EQ(s.links[0].span_id, id(8));
  EXPECT_EQ(s.start_ns, 1'000'000u);
  EXPECT_EQ(s.end_ns, 1'025'000u);
  EXPECT_EQ(s.kind, otlp::kind_of("server"));
  EXPECT_THAT(s.attributes, ElementsAre(Pair("error", attribute_value(true)),
                                        Pair("internal.span.format", attribute_value("jaeger"))));
  ASSERT_EQ(s.events.size(), 1u);
  EXPECT_EQ(s.events[0].name, "tool changed");
}

TEST(jaeger_thrift, a_batch_in_the_binary_encoding) {
  const auto buffer = std::make_shared<TMemoryBuffer>();
  TBinaryProtocol out(buffer);
  batch(out);
  const auto read = read_thrift_batch(buffer->getBufferAsString(), thrift::encoding::binary);
  ASSERT_TRUE(read) << read.error().message;
  expect_the_span(*read);
}

TEST(jaeger_thrift, a_call_of_the_agent_in_the_compact_encoding) {
  const auto buffer = std::make_shared<TMemoryBuffer>();
  TCompactProtocol out(buffer);
  out.writeMessageBegin("emitBatch", T_ONEWAY, 1);
  out.writeStructBegin("emitBatch_args");
  out.writeFieldBegin("batch", T_STRUCT, 1);
  batch(out);
  end(out);
  out.writeMessageEnd();
  const std::string bytes = buffer->getBufferAsString();
  const auto read = read_agent_call(bytes, thrift::encoding::compact);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1u);
  expect_the_span(read->front());
  // Cut anywhere it is refused, never a crash.
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(read_agent_call(std::string_view(bytes).substr(0, size), thrift::encoding::compact)) << size;
  EXPECT_FALSE(read_agent_call(bytes, thrift::encoding::binary));
}

TEST(jaeger_thrift, a_list_that_claims_more_than_the_message_has) {
  const auto buffer = std::make_shared<TMemoryBuffer>();
  TBinaryProtocol out(buffer);
  list(out, 2, 0x7fffffff);
  EXPECT_FALSE(read_thrift_batch(buffer->getBufferAsString(), thrift::encoding::binary));
}

TEST(jaeger_protobuf, no_request) { EXPECT_FALSE(read_post_spans("\x0a\xff")); }

}  // namespace
}  // namespace mes::wire::jaeger
