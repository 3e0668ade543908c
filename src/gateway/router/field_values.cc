#include "gateway/router/field_values.h"

namespace mes::gateway {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int high = 0, low = 0;
    if (text[i] == '%' && i + 2 < text.size() && (high = hex_value(text[i + 1])) >= 0 &&
        (low = hex_value(text[i + 2])) >= 0) {
      out += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

void each_argument(std::string_view query, const std::function<void(std::string_view, std::string_view)>& use) {
  while (!query.empty()) {
    std::size_t end = query.find('&');
    std::string_view one = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    std::size_t equals = one.find('=');
    std::string name = decoded(one.substr(0, equals));
    if (!name.empty()) use(name, equals == std::string_view::npos ? std::string() : decoded(one.substr(equals + 1)));
  }
}

}  // namespace mes::gateway
