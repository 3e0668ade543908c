#include "gateway/plugins/http_time.h"

#include <ctime>
#include <string>

namespace mes::gateway {

std::optional<std::int64_t> parse_http_time(std::string_view text) {
  static constexpr const char* forms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                          "%a %b %e %H:%M:%S %Y"};
  std::string copy(text);
  for (const char* form : forms) {
    std::tm parts{};
    const char* end = strptime(copy.c_str(), form, &parts);
    if (end && *end == '\0') return timegm(&parts);
  }
  return std::nullopt;
}

}  // namespace mes::gateway
