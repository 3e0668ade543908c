#include "bus/cli/pem.h"

#include <gtest/gtest.h>

#include "bus/cli/properties.h"

namespace mes::bus::cli {
namespace {

const std::string body = std::string(64, 'A') + "\n" + std::string(64, 'B') + "\n" + std::string(10, 'C') + "==\n";
const std::string block = "-----BEGIN CERTIFICATE-----\n" + body + "-----END CERTIFICATE-----\n";

// As people write it into a file of Java's properties.
std::string continued(std::string text, const std::string& before) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += before.size() + 4)
    text.replace(at, 1, before + "\\\n  ");
  return text;
}

TEST(pem, that_goes_on_over_lines_of_a_properties_file_has_its_lines_again) {
  for (const std::string before : {" ", ""}) {
    const auto read = parse_properties("ssl.truststore.certificates=" + continued(block + block, before) + "\n");
    ASSERT_EQ(read.size(), 1U);
    ASSERT_FALSE(read[0].value.contains('\n'));
    EXPECT_EQ(in_lines(read[0].value), block + block);
  }
}

TEST(pem, that_has_lines_or_is_none_stays_as_it_is) {
  const std::string encrypted =
      "-----BEGIN RSA PRIVATE KEY----- Proc-Type: 4,ENCRYPTED DEK-Info: AES-128-CBC,00 AAAA -----END RSA PRIVATE "
      "KEY-----";
  for (const std::string& text : {block, std::string("no pem"), std::string(), encrypted,
                                  std::string("-----BEGIN CERTIFICATE----- AAAA"), std::string("-----BEGIN CERT")})
    EXPECT_EQ(in_lines(text), text);
  EXPECT_EQ(in_lines("-----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY-----"),
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
}

}  // namespace
}  // namespace mes::bus::cli
