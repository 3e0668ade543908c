#include "observe/log.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

#include "base/eight_bytes.h"
#include "base/hex.h"
#include "base/utf8.h"

namespace mes::observe {
namespace {

constexpr std::array<std::string_view, 4> level_names = {"debug", "info", "warn", "error"};

// Bytes that stand for themselves: ASCII without quote, backslash, control characters and DEL.
constexpr std::array<bool, 256> plain_characters = [] {
  std::array<bool, 256> is{};
  for (unsigned char c = 0x20; c < 0x7f; ++c) is[c] = c != '"' && c != '\\';
  return is;
}();

constexpr std::size_t growth_max = 6;  // of a byte in a JSON string: "\u001b"
constexpr std::size_t utf8_max = 4;
constexpr std::size_t number_max = 32;

// Writes to room that was made for it: a line is some forty short pieces, and its largest size is known beforehand.
class json_writer {
 public:
  explicit json_writer(char* to) : _to(to) {}
  char* end() const { return _to; }

  void raw(std::string_view text) {
    if (!text.empty()) std::memcpy(_to, text.data(), text.size());
    _to += text.size();
  }
  void raw(char c) { *_to++ = c; }

  // Keys are ours: names without anything to escape.
  void key(std::string_view name) {
    raw(",\"");
    raw(name);
    raw("\":");
  }
  void hex(std::span<const std::uint8_t> bytes) {
    raw('"');
    _to = write_hex(_to, bytes);
    raw('"');
  }
  void value(std::string_view text) {
    raw('"');
    escaped(text, text.size());
    raw('"');
  }
  void value(instant at) {
    raw('"');
    _to = at.write_to(_to);
    raw('"');
  }
  void value(std::int64_t number) {
    fmt::format_int text(number);
    raw({text.data(), text.size()});
  }
  void value(bool flag) { raw(flag ? "true" : "false"); }
  void value(double number) {
    if (std::isfinite(number))
      finite(number);
    else
      raw("null");
  }

  // The first `part` bytes of `text`, and the rest of a character that begins in them. Returns how many it was.
  std::size_t escaped(std::string_view text, std::size_t part) {
    std::size_t read = 0;
    while (true) {
      read += plain(text.substr(read, part - read));
      if (read >= part) return read;
      read += not_plain(text.substr(read));
      if (read >= part) return read;
    }
  }

 private:
  std::size_t plain(std::string_view text) {
    char* to = _to;
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
      eight_bytes eight(text.data() + i);
      if ((eight.below(0x20) | eight.above_ascii() | eight.equal('"') | eight.equal('\\') | eight.equal(0x7f)) != 0)
        break;
      std::memcpy(to + i, text.data() + i, 8);
    }
    for (; i < text.size() && plain_characters[static_cast<unsigned char>(text[i])]; ++i) to[i] = text[i];
    _to = to + i;
    return i;
  }

  // One character; returns its length.
  std::size_t not_plain(std::string_view text) {
    auto c = static_cast<unsigned char>(text[0]);
    std::size_t length = utf8_length(text);
    if (length == 0) {
      raw(utf8_replacement);
      return 1;
    }
    if (c == '"' || c == '\\') {
      raw('\\');
      raw(static_cast<char>(c));
    } else if (c < 0x20 || c == 0x7f) {
      _to = fmt::format_to(_to, "\\u{:04x}", c);
    } else if (c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) {
      // U+0080 to U+009F: some terminals take them for the start of a command.
      _to = fmt::format_to(_to, "\\u{:04x}", static_cast<unsigned char>(text[1]));
    } else {
      raw(text.substr(0, length));
    }
    return length;
  }

  // Milliseconds with three decimals are what is logged most: written without the search for the shortest digits.
  void finite(double number) {
    constexpr double largest = 1e12;
    double thousandths = number * 1000;
    auto whole = static_cast<std::int64_t>(std::abs(thousandths) < largest ? std::round(thousandths) : -1);
    if (number < 0 || whole < 0 || static_cast<double>(whole) / 1000 != number) {
      _to = fmt::format_to(_to, "{}", number);
      return;
    }
    value(whole / 1000);
    if (whole % 1000 == 0) return;
    std::array<char, 4> fraction = {'.', static_cast<char>('0' + whole / 100 % 10),
                                    static_cast<char>('0' + whole / 10 % 10), static_cast<char>('0' + whole % 10)};
    std::size_t size = fraction.size();
    while (fraction[size - 1] == '0') --size;
    raw({fraction.data(), size});
  }

  char* _to;
};

// The most that a value takes.
std::size_t room_for(std::string_view text) { return growth_max * text.size() + 2; }
std::size_t room_for(const field& f) {
  auto* text = std::get_if<std::string_view>(&f.value);
  return f.key.size() + 4 + (text ? room_for(*text) : number_max);
}

// Appends what `write` writes, in at most `room` bytes.
template <class Write>
void append_json(std::string& out, std::size_t room, Write write) {
  std::size_t before = out.size();
  out.resize_and_overwrite(before + room, [&](char* bytes, std::size_t) {
    json_writer to(bytes + before);
    write(to);
    return to.end() - bytes;
  });
}

// What a write may have and still be in one piece among those of other threads: up to PIPE_BUF bytes in a pipe
// (pipe(7)); a regular file takes any number so.
std::size_t whole_write_max() {
  struct stat what{};
  const bool file = fstat(STDOUT_FILENO, &what) == 0 && S_ISREG(what.st_mode);
  return file ? std::numeric_limits<std::size_t>::max() : PIPE_BUF;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::size_t part_max = 1024;
  out += '"';
  while (!text.empty()) {
    std::size_t part = std::min(text.size(), part_max), read = 0;
    append_json(out, growth_max * (part + utf8_max), [&](json_writer& to) { read = to.escaped(text, part); });
    text.remove_prefix(read);
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
  constexpr std::size_t fixed_room = 320;  // the fixed keys, the time, the level, the trace's ids
  std::size_t room =
      fixed_room + room_for(_service) + room_for(message) + room_for(scope.request_id) + room_for(scope.user_id);
  for (const field& f : fields) room += room_for(f);
  append_json(lines, room, [&](json_writer& to) {
    auto text = [&](std::string_view key, std::string_view value) {
      to.key(key);
      to.value(value);
    };
    to.raw("{\"timestamp\":");
    to.value(scope.at ? *scope.at : instant::now());
    text("level", level_names[static_cast<std::size_t>(l)]);
    text("service", _service);
    text("message", message);
    if (scope.trace) {
      to.key("trace_id");
      to.hex(scope.trace->trace);
      to.key("span_id");
      to.hex(scope.trace->span);
    }
    if (!scope.request_id.empty()) text("request_id", scope.request_id);
    if (!scope.user_id.empty()) text("user_id", scope.user_id);
    for (const field& f : fields) {
      to.key(f.key);
      std::visit([&](auto value) { to.value(value); }, f.value);
    }
    to.raw("}\n");
  });
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
