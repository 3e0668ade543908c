#include <array>
#include <charconv>
#include <ctime>

#include "runtime/http_connection.h"

namespace mes::runtime {
namespace {

// RFC 9110, section 5.6.7. Made once a second and thread.
std::string_view http_date() {
  thread_local std::time_t made = 0;
  thread_local std::array<char, 40> text{};
  thread_local std::size_t size = 0;
  std::time_t now = instant::now().ms() / 1000;
  if (now != made) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made = now;
  }
  return {text.data(), size};
}

// A line break in a value would start a field of the sender's choice (response splitting).
void append_clean(std::string& out, std::string_view text) {
  std::size_t from = out.size();
  out += text;
  for (std::size_t i = from; i < out.size(); ++i)
    if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
}

bool is_framing(std::string_view name) {
  return equal_ignoring_case(name, "content-length") || equal_ignoring_case(name, "transfer-encoding") ||
         equal_ignoring_case(name, "connection");
}

}  // namespace

std::string write_http_head(const http_response& response, std::string_view framing) {
  std::string head;
  head.reserve(256);
  head += "HTTP/1.1 ";
  std::array<char, 8> digits{};
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), response.status).ptr;
  head.append(digits.data(), end);
  head += ' ';
  head += reason_phrase(response.status);
  head += "\r\n";
  bool has_date = false;
  for (const auto& [name, value] : response.headers) {
    if (is_framing(name)) continue;
    has_date = has_date || equal_ignoring_case(name, "date");
    append_clean(head, name);
    head += ": ";
    append_clean(head, value);
    head += "\r\n";
  }
  if (!has_date) {
    head += "Date: ";
    head += http_date();
    head += "\r\n";
  }
  head += framing;
  head += "\r\n";
  return head;
}

}  // namespace mes::runtime
