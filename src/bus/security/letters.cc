#include "bus/security/letters.h"

#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <memory>
#include <type_traits>

#include "base/utf8.h"

namespace mes::bus::security {
namespace {

using locale_ptr = std::unique_ptr<std::remove_pointer_t<locale_t>, decltype(&freelocale)>;

char32_t decoded(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return first;
  char32_t c = first & (0x7fU >> sequence.size());
  for (const char next : sequence.substr(1)) c = c << 6 | (static_cast<unsigned char>(next) & 0x3fU);
  return c;
}

void append(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  out += static_cast<char>((0xff00 >> (more + 1) & 0xff) | c >> 6 * more);
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | (c >> 6 * i & 0x3f));
}

}  // namespace

std::string in_case(letter_case wanted, std::string_view text) {
  constexpr char32_t sharp_s = 0xdf;  // one letter that becomes two
  const bool upper = wanted == letter_case::upper;
  const locale_ptr unicode(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr), freelocale);
  std::string out;
  while (!text.empty()) {
    const std::size_t size = utf8_length(text);
    const std::string_view one = text.substr(0, std::max<std::size_t>(size, 1));
    text.remove_prefix(one.size());
    const char32_t c = size == 0 ? 0 : decoded(one);
    if (size == 0 || !unicode)
      out += one;
    else if (upper && c == sharp_s)
      out += "SS";
    else
      append(out, upper ? towupper_l(c, unicode.get()) : towlower_l(c, unicode.get()));
  }
  return out;
}

}  // namespace mes::bus::security
