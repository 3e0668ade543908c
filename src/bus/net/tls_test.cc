// The expected names are those that Java 17 prints (X500Principal.getName).
#include "bus/net/tls.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>
#include <vector>

namespace mes::bus::net {
namespace {

struct part {
  const char* type;
  std::string_view value;
  bool same_set = false;
};

std::string printed(const std::vector<part>& parts) {
  const std::unique_ptr<X509_NAME, decltype(&X509_NAME_free)> name(X509_NAME_new(), X509_NAME_free);
  for (const part& p : parts)
    EXPECT_EQ(X509_NAME_add_entry_by_txt(name.get(), p.type, MBSTRING_UTF8,
                                         reinterpret_cast<const unsigned char*>(p.value.data()),
                                         static_cast<int>(p.value.size()), -1, p.same_set ? -1 : 0),
              1);
  return printed_name(name.get());
}

TEST(certificate_names, are_printed_as_java_prints_them) {
  EXPECT_EQ(printed({}), "");
  EXPECT_EQ(printed({{"O", "Plant"}, {"CN", "press-7"}}), "CN=press-7,O=Plant");
  EXPECT_EQ(printed({{"O", "Plant"}, {"OU", "line=4"}, {"CN", "press-7"}}), R"(CN=press-7,OU=line\=4,O=Plant)");
  EXPECT_EQ(printed({{"O", "Plant #7"}, {"CN", "press-7"}}), R"(CN=press-7,O=Plant \#7)");
  EXPECT_EQ(printed({{"O", "Plant"}, {"OU", "line4"}, {"CN", "press-7", true}}), "OU=line4+CN=press-7,O=Plant");
  EXPECT_EQ(printed({{"O", "Werk Süd"}, {"CN", "PRESSE ÄÖÜ"}}), "CN=PRESSE ÄÖÜ,O=Werk Süd");
  EXPECT_EQ(printed({{"O", "Plant"}, {"CN", "press-7"}, {"emailAddress", "a@b.c"}}),
            "1.2.840.113549.1.9.1=#16056140622e63,CN=press-7,O=Plant");
  EXPECT_EQ(printed({{"O", R"(A, B "C" <D>;E\\F)"}, {"CN", " lead"}}), R"(CN=\ lead,O=A\, B \"C\" \<D\>\;E\\\\F)");
}

}  // namespace
}  // namespace mes::bus::net
