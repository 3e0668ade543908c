// Every message in every version against the bytes that Apache Kafka's own Java classes write
// (tests/golden/kafka_messages.txt, made by tools/kafka_golden/Golden.java with kafka-clients 4.2.0).
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "wire/kafka/generated/apis.h"
#include "wire/kafka/generated/every_message.h"

namespace mes::wire::kafka {
namespace {

std::string unhex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

struct golden_line {
  std::string kind, bytes;
  int key = 0, version = 0;
};

std::vector<golden_line> read_golden() {
  std::vector<golden_line> lines;
  std::ifstream file("tests/golden/kafka_messages.txt");
  std::string text;
  while (std::getline(file, text)) {
    std::istringstream in(text);
    golden_line line;
    std::string hex;
    in >> line.kind;
    if (line.kind == "batch") continue;
    in >> line.key >> line.version >> hex;
    line.bytes = unhex(hex);
    lines.push_back(std::move(line));
  }
  return lines;
}

// Decodes all of it and encodes it again; "" if it does not decode.
template <class Message>
std::string again(const std::string& bytes, std::int16_t version) {
  reader in(bytes);
  Message message;
  if (!decode(in, version, message) || in.left() != 0) return "";
  writer out;
  encode(out, version, message);
  return out.buffer();
}

std::string again(const golden_line& line) {
  const auto version = static_cast<std::int16_t>(line.version);
#define MES_TRY(name, which, number) \
  if (line.kind == #which && line.key == (number)) return again<name>(line.bytes, version);
  MES_KAFKA_MESSAGES(MES_TRY)
#undef MES_TRY
  return "no such message";
}

TEST(messages, agree_with_kafkas_own_bytes) {
  const auto lines = read_golden();
  ASSERT_GT(lines.size(), 400U);
  for (const golden_line& line : lines) {
    if (line.key == 22 && line.version == 6) continue;  // unstable in 4.2, not served
    EXPECT_EQ(again(line), line.bytes) << line.kind << " " << line.key << " version " << line.version;
  }
}

TEST(messages, every_version_of_every_table_is_in_the_golden_file) {
  std::map<std::pair<int, int>, int> seen;
  for (const golden_line& line : read_golden()) seen[{line.key, line.version}] += 1;
  for (const api_info& info : api_table)
    for (int v = info.version_min; v <= info.version_max; ++v)
      EXPECT_EQ((seen[{static_cast<int>(info.key), v}]), 2) << info.name << " " << v;
}

TEST(messages, any_prefix_of_a_message_is_refused_or_read_without_harm) {
  for (const golden_line& line : read_golden())
    for (std::size_t size = 0; size < line.bytes.size(); ++size) {
      golden_line cut = line;
      cut.bytes.resize(size);
      again(cut);
    }
}

TEST(reader, refuses_what_would_take_too_much_memory) {
  writer out;
  out.int32(1'000'000);
  out.raw(std::string(1'000'000, '\0'));
  reader in(out.buffer(), 1 << 20);
  EXPECT_EQ(in.array(false, false, 100), 0);
  EXPECT_FALSE(in.ok());
}

TEST(reader, reads_varints_as_protobuf_defines_them) {
  reader in("\xac\x02\x01\x02\xff\xff\xff\xff\x0f\xff\xff\xff\xff\x1f");
  EXPECT_EQ(in.varuint(), 300U);
  EXPECT_EQ(in.varint(), -1);
  EXPECT_EQ(in.varint(), 1);
  EXPECT_EQ(in.varuint(), UINT32_MAX);
  EXPECT_TRUE(in.ok());
  in.varuint();  // 33 bits
  EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace mes::wire::kafka
