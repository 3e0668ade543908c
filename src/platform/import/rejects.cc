#include "platform/import/rejects.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mes::platform {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += c;
    out += c;
  }
  return out + '"';
}

}  // namespace

reject_list::reject_list(std::string path, char separator) : _path(std::move(path)), _separator(separator) {
  std::error_code ignored;  // it need not be there
  std::filesystem::remove(_path, ignored);
}

void reject_list::add(std::int64_t line, std::string_view reason, std::string_view raw_row) {
  if (_count++ == 0) {
    _out.open(_path, std::ios::binary | std::ios::trunc);
    _out << "line" << _separator << "reason" << _separator << "row\n";
  }
  _out << line << _separator << quoted(reason) << _separator << quoted(raw_row) << '\n';
}

result<void> reject_list::close() {
  if (_count == 0) return {};
  _out.close();
  if (_out) return {};
  return fail(error_code::storage_failed,
              fmt::format("the list of rejects {} could not be written: {}", _path, std::strerror(errno)));
}

}  // namespace mes::platform
