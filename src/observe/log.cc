#include "observe/log.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cmath>
#include <limits>
#include <span>

#include "base/hex.h"

namespace mes::observe {
namespace {

constexpr std::array<std::string_view, 4> level_names = {"debug", "info", "warn", "error"};

// Length of the UTF-8 sequence that starts `text`, 0 if it is not valid (RFC 3629).
std::size_t utf8_length(std::string_view text) {
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto continues = [&](std::size_t i) { return i < text.size() && (at(i) & 0xc0) == 0x80; };
  unsigned char c = at(0);
  if (c < 0x80) return 1;
  if (c >= 0xc2 && c <= 0xdf) return continues(1) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) {
    if (!continues(1) || !continues(2)) return 0;
    if ((c == 0xe0 && at(1) < 0xa0) || (c == 0xed && at(1) > 0x9f)) return 0;
    return 3;
  }
  if (c >= 0xf0 && c <= 0xf4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if ((c == 0xf0 && at(1) < 0x90) || (c == 0xf4 && at(1) > 0x8f)) return 0;
    return 4;
  }
  return 0;
}

// Bytes that stand for themselves: ASCII without quote, backslash, control characters and DEL.
constexpr std::array<bool, 256> plain_characters = [] {
  std::array<bool, 256> is{};
  for (unsigned char c = 0x20; c < 0x7f; ++c) is[c] = c != '"' && c != '\\';
  return is;
}();

std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && plain_characters[static_cast<unsigned char>(text[length])]) ++length;
  return length;
}

// One character that is not plain; returns its length.
std::size_t append_escaped(std::string& out, std::string_view text) {
  auto c = static_cast<unsigned char>(text[0]);
  std::size_t length = utf8_length(text);
  if (length == 0) {
    out += "\xef\xbf\xbd";
    return 1;
  }
  if (c == '"' || c == '\\') {
    out += '\\';
    out += static_cast<char>(c);
  } else if (c < 0x20 || c == 0x7f) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
  } else if (c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) {
    // U+0080 to U+009F: some terminals take them for the start of a command.
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(text[1]));
  } else {
    out.append(text.substr(0, length));
  }
  return length;
}

// Keys are ours: names without anything to escape.
void append_key(std::string& out, std::string_view key) { out.append(",\"").append(key).append("\":"); }

void append_text(std::string& out, std::string_view key, std::string_view value) {
  append_key(out, key);
  append_json_string(out, value);
}

void append_hex_text(std::string& out, std::string_view key, std::span<const std::uint8_t> bytes) {
  append_key(out, key);
  out += '"';
  append_hex(out, bytes);
  out += '"';
}

// Milliseconds with three decimals are what is logged most: written without the search for the shortest digits.
void append_number(std::string& out, double number) {
  constexpr double largest = 1e12;
  double thousandths = number * 1000;
  auto whole = static_cast<std::int64_t>(std::abs(thousandths) < largest ? std::round(thousandths) : -1);
  if (number < 0 || whole < 0 || static_cast<double>(whole) / 1000 != number) {
    fmt::format_to(std::back_inserter(out), "{}", number);
    return;
  }
  fmt::format_int integer(whole / 1000);
  out.append(integer.data(), integer.size());
  if (whole % 1000 == 0) return;
  std::array<char, 4> fraction = {'.', static_cast<char>('0' + whole / 100 % 10),
                                  static_cast<char>('0' + whole / 10 % 10), static_cast<char>('0' + whole % 10)};
  std::size_t size = fraction.size();
  while (fraction[size - 1] == '0') --size;
  out.append(fraction.data(), size);
}

// What a write may have and still be in one piece among those of other threads: up to PIPE_BUF bytes in a pipe
// (pipe(7)); a regular file takes any number so.
std::size_t whole_write_max() {
  struct stat what{};
  const bool file = fstat(STDOUT_FILENO, &what) == 0 && S_ISREG(what.st_mode);
  return file ? std::numeric_limits<std::size_t>::max() : PIPE_BUF;
}

struct value_writer {
  std::string& out;
  void operator()(std::string_view text) const { append_json_string(out, text); }
  void operator()(std::int64_t number) const {
    fmt::format_int text(number);
    out.append(text.data(), text.size());
  }
  void operator()(bool flag) const { out += flag ? "true" : "false"; }
  void operator()(double number) const {
    if (std::isfinite(number))
      append_number(out, number);
    else
      out += "null";
  }
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t plain = plain_length(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(append_escaped(out, text));
  }
  out += '"';
}

std::optional<level> parse_level(std::string_view text) {
  for (std::size_t i = 0; i < level_names.size(); ++i)
    if (level_names[i] == text) return static_cast<level>(i);
  return std::nullopt;
}

logger::logger(std::string service, level least) : _service(std::move(service)), _least(least) {}

void logger::write(level l, std::string_view message, std::initializer_list<field> fields,
                   const log_scope& scope) const {
  if (!enabled(l)) return;
  std::string line;
  append(line, l, message, fields, scope);
  emit(line);
}

void logger::append(std::string& lines, level l, std::string_view message, std::initializer_list<field> fields,
                    const log_scope& scope) const {
  if (!enabled(l)) return;
  lines += "{\"timestamp\":\"";
  instant::now().append_to(lines);
  lines.append("\",\"level\":\"").append(level_names[static_cast<std::size_t>(l)]).append("\"");
  append_text(lines, "service", _service);
  append_text(lines, "message", message);
  if (scope.trace) {
    append_hex_text(lines, "trace_id", scope.trace->trace);
    append_hex_text(lines, "span_id", scope.trace->span);
  }
  if (!scope.request_id.empty()) append_text(lines, "request_id", scope.request_id);
  if (!scope.user_id.empty()) append_text(lines, "user_id", scope.user_id);
  for (const field& f : fields) {
    append_key(lines, f.key);
    std::visit(value_writer{lines}, f.value);
  }
  lines += "}\n";
}

void logger::emit(std::string& lines) const {
  static const std::size_t piece_max = whole_write_max();
  for (std::string_view rest = _stdout ? std::string_view(lines) : std::string_view(); !rest.empty();) {
    std::size_t end = rest.size() <= piece_max ? rest.size() : rest.rfind('\n', piece_max - 1) + 1;
    if (end == 0) end = rest.find('\n') + 1;  // one line that is longer
    // A full or closed standard output must not stop the work; the shipper still has the lines.
    [[maybe_unused]] auto written = ::write(STDOUT_FILENO, rest.data(), end);
    rest.remove_prefix(end);
  }
  if (_ship) _ship(std::move(lines));
  lines.clear();
}

}  // namespace mes::observe
