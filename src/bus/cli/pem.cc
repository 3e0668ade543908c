#include "bus/cli/pem.h"

namespace mes::bus::cli {
namespace {

constexpr std::string_view begin_label = "-----BEGIN ", end_label = "-----END ", dashes = "-----";
constexpr std::size_t line_bytes = 64;  // RFC 7468, section 2

// The text up to the dashes that end a label which begins at `at`; "" if there are none.
std::string_view label_line(std::string_view text, std::size_t at, std::string_view opening) {
  const std::size_t close = text.find(dashes, at + opening.size());
  return close == std::string_view::npos ? std::string_view() : text.substr(at, close + dashes.size() - at);
}

void append_lines(std::string& out, std::string_view body) {
  std::size_t on_line = 0;
  for (const char c : body) {
    if (c == ' ' || c == '\t') continue;
    out += c;
    if (++on_line % line_bytes == 0) out += '\n';
  }
  if (on_line % line_bytes != 0) out += '\n';
}

}  // namespace

std::string in_lines(std::string_view pem) {
  std::string as_it_is(pem);
  if (pem.contains('\n')) return as_it_is;
  std::string out;
  for (std::size_t at = 0; (at = pem.find(begin_label, at)) != std::string_view::npos;) {
    const std::string_view first = label_line(pem, at, begin_label);
    const std::size_t body = at + first.size(), last_at = pem.find(end_label, body);
    if (first.empty() || last_at == std::string_view::npos) return as_it_is;
    const std::string_view last = label_line(pem, last_at, end_label), inside = pem.substr(body, last_at - body);
    if (last.empty() || inside.contains(':')) return as_it_is;  // fields before the body: their ends are lost
    out.append(first) += '\n';
    append_lines(out, inside);
    out.append(last) += '\n';
    at = last_at + last.size();
  }
  return out.empty() ? as_it_is : out;
}

}  // namespace mes::bus::cli
