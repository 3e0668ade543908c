// Letters of ASCII in lower case, whatever the locale: names of HTTP, hosts, media types.
#pragma once

#include <string>
#include <string_view>

namespace mes {

inline std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

}  // namespace mes
