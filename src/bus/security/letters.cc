#include "bus/security/letters.h"

#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <memory>
#include <type_traits>

#include "base/code_point.h"
#include "base/utf8.h"

namespace mes::bus::security {
namespace {

using locale_ptr = std::unique_ptr<std::remove_pointer_t<locale_t>, decltype(&freelocale)>;

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
    const char32_t c = size == 0 ? 0 : code_point(one);
    if (size == 0 || !unicode)
      out += one;
    else if (upper && c == sharp_s)
      out += "SS";
    else
      append_utf8(out, upper ? towupper_l(c, unicode.get()) : towlower_l(c, unicode.get()));
  }
  return out;
}

}  // namespace mes::bus::security
