#include "platform/import/import_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mes::platform {

result<std::unique_ptr<import_file>> import_file::open(const std::string& path, const import_mapping& mapping) {
  std::ifstream in(path, std::ios::binary);
  std::error_code e;
  const std::uintmax_t size = std::filesystem::file_size(path, e);
  if (!in || e) return fail(error_code::not_found, fmt::format("{}: {}", path, e ? e.message() : std::strerror(errno)));
  std::unique_ptr<import_file> file(new import_file(std::move(in), mapping, static_cast<std::int64_t>(size)));
  csv_row header;
  if (!file->_csv.next(header)) return fail(error_code::invalid_argument, fmt::format("{}: the file is empty", path));
  if (!header.problem.empty())
    return fail(error_code::invalid_argument, fmt::format("{}:{}: the header: {}", path, header.line, header.problem));
  auto facts = fact_reader::make(mapping, header.fields);
  if (!facts) return fail(error_code::invalid_argument, fmt::format("{}: {}", path, facts.error().message));
  file->_facts = std::move(*facts);
  return file;
}

bool import_file::next(item& into) {
  into.facts.reset();
  into.reason.clear();
  if (!_csv.next(into.row)) return false;
  if (_facts->is_skipped(into.row)) return true;
  auto facts = _facts->read(into.row);
  if (facts)
    into.facts = std::move(*facts);
  else
    into.reason = facts.error().message;
  return true;
}

}  // namespace mes::platform
