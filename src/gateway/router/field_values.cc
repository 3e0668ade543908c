#include "gateway/router/field_values.h"

#include "runtime/http.h"

namespace mes::gateway {

void each_argument(std::string_view query, const std::function<void(std::string_view, std::string_view)>& use) {
  while (!query.empty()) {
    std::size_t end = query.find('&');
    std::string_view one = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    std::size_t equals = one.find('=');
    auto decoded = [](std::string_view text) { return runtime::percent_decode(text, true); };
    std::string name = decoded(one.substr(0, equals));
    if (!name.empty()) use(name, equals == std::string_view::npos ? std::string() : decoded(one.substr(equals + 1)));
  }
}

}  // namespace mes::gateway
