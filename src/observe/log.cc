#include "observe/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cmath>

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

void append_key(std::string& out, std::string_view key) {
  out += ',';
  append_json_string(out, key);
  out += ':';
}

void append_text(std::string& out, std::string_view key, std::string_view value) {
  append_key(out, key);
  append_json_string(out, value);
}

struct value_writer {
  std::string& out;
  void operator()(std::string_view text) const { append_json_string(out, text); }
  void operator()(std::int64_t number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
  void operator()(bool flag) const { out += flag ? "true" : "false"; }
  void operator()(double number) const {
    if (std::isfinite(number))
      fmt::format_to(std::back_inserter(out), "{}", number);
    else
      out += "null";
  }
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    auto c = static_cast<unsigned char>(text[0]);
    std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      length = 1;
    } else if (c == '"' || c == '\\') {
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
    text.remove_prefix(length);
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
  std::string line = "{\"timestamp\":\"" + instant::now().to_string() + "\",\"level\":\"";
  line += level_names[static_cast<std::size_t>(l)];
  line += '"';
  append_text(line, "service", _service);
  append_text(line, "message", message);
  if (scope.trace) {
    append_text(line, "trace_id", scope.trace->trace_hex());
    append_text(line, "span_id", scope.trace->span_hex());
  }
  if (!scope.request_id.empty()) append_text(line, "request_id", scope.request_id);
  if (!scope.user_id.empty()) append_text(line, "user_id", scope.user_id);
  for (const field& f : fields) {
    append_key(line, f.key);
    std::visit(value_writer{line}, f.value);
  }
  line += "}\n";
  if (_stdout) {
    // A full or closed standard output must not stop the work; the shipper still has the line.
    [[maybe_unused]] auto written = ::write(STDOUT_FILENO, line.data(), line.size());
  }
  if (_ship) _ship(std::move(line));
}

}  // namespace mes::observe
