#include "platform/import/csv.h"

#include <string_view>

namespace mes::platform {
namespace {

constexpr std::size_t row_bytes_max = 1 << 20;  // a lost quote must not swallow the whole file
constexpr std::size_t lines_in_a_row_max = 1000;

}  // namespace

csv_reader::csv_reader(std::istream& from, char separator, char quote)
    : _from(from), _separator(separator), _quote(quote) {}

bool csv_reader::next_line(std::string& line) {
  if (!std::getline(_from, line)) return false;
  _bytes += static_cast<std::int64_t>(line.size()) + 1;
  if (++_line == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  return true;
}

bool csv_reader::next(csv_row& row) {
  std::string line;
  do {
    if (!next_line(line)) return false;
  } while (line.empty() || line == "\r");
  row.line = _line;
  row.raw = std::move(line);
  row.problem.clear();
  for (std::size_t lines = 1; !split(row); ++lines) {  // a quoted field goes on in the next line
    if (lines >= lines_in_a_row_max || row.raw.size() > row_bytes_max || !next_line(line)) {
      row.problem = "a quoted field is not closed";
      break;
    }
    row.raw += '\n';
    row.raw += line;
  }
  if (row.raw.ends_with('\r')) row.raw.pop_back();
  return true;
}

// False: the row is open at the end of `raw`.
bool csv_reader::split(csv_row& row) {
  std::string_view text = row.raw;
  if (text.ends_with('\r')) text.remove_suffix(1);
  row.fields.clear();
  row.fields.emplace_back();
  bool quoted = false, closed = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::string& field = row.fields.back();
    if (quoted) {
      if (c != _quote) {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == _quote) {
        field += c;
        ++i;
      } else {
        quoted = false;
        closed = true;
      }
    } else if (c == _separator) {
      row.fields.emplace_back();
      closed = false;
    } else if (c == _quote && field.empty() && !closed) {
      quoted = true;
    } else if (closed || c == _quote) {
      row.problem = closed ? "text follows a closed quote" : "a quote stands inside an unquoted field";
      return true;
    } else {
      field += c;
    }
  }
  return !quoted;
}

}  // namespace mes::platform
