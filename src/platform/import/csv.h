// CSV as RFC 4180 has it, read in a stream: quoted fields with separators, line breaks and doubled quotes in them.
#pragma once

#include <array>
#include <cstdint>
#include <istream>
#include <string>
#include <vector>

namespace mes::platform {

struct csv_row {
  std::int64_t line = 0;            // of its first character, from 1
  std::vector<std::string> fields;  // without quotes
  std::string raw;                  // as it stands in the file, without the line break at its end
  std::string problem;              // "" = well-formed
};

// Lines end with LF or CRLF; a UTF-8 byte order mark is skipped; empty lines are no rows.
class csv_reader {
 public:
  explicit csv_reader(std::istream& from, char separator = ',', char quote = '"');

  // False at the end of the file. A row with a problem ends where the next row can begin.
  bool next(csv_row& row);
  std::int64_t bytes_read() const { return _bytes; }

 private:
  bool next_line(std::string& line);
  bool split(csv_row& row);

  std::istream& _from;
  char _separator;
  char _quote;
  std::int64_t _line = 0;
  std::int64_t _bytes = 0;
};

}  // namespace mes::platform
