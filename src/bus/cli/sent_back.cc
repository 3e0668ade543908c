#include "bus/cli/sent_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/split.h"
#include "bus/log/number_text.h"

namespace mes::bus::cli {
namespace {

constexpr std::string_view head = "left ";

}  // namespace

sent_back::sent_back(std::int64_t committed, std::string_view metadata, std::int64_t log_start)
    : _next(std::max(committed, log_start)) {
  if (!metadata.starts_with(head)) return;  // none were left, or somebody else has set the offset
  for (const std::string_view run : split(metadata.substr(head.size()), ',')) {
    const auto dash = run.find('-');
    const auto from = log::parse_number<std::int64_t>(run.substr(0, dash));
    const auto to = dash == std::string_view::npos ? from : log::parse_number<std::int64_t>(run.substr(dash + 1));
    if (from && to && *from <= *to && *to >= log_start && *to < _next) _left[std::max(*from, log_start)] = *to;
  }
}

bool sent_back::has(std::int64_t offset) const {
  if (offset >= _next) return false;
  const auto behind = _left.upper_bound(offset);
  return behind == _left.begin() || std::prev(behind)->second < offset;
}

void sent_back::add(std::int64_t offset) {
  _next = std::max(_next, offset + 1);
  const auto behind = _left.upper_bound(offset);
  if (behind == _left.begin()) return;
  const auto run = std::prev(behind);
  const auto [from, to] = *run;
  if (to < offset) return;
  _left.erase(run);
  if (from < offset) _left[from] = offset - 1;
  if (offset < to) _left[offset + 1] = to;
}

bool sent_back::leave(std::int64_t offset) {
  if (offset < _next) return true;  // was left before
  auto before = _left;
  if (!_left.empty() && _left.rbegin()->second == offset - 1)
    _left.rbegin()->second = offset;
  else
    _left[offset] = offset;
  if (metadata().size() > metadata_bytes_max) return _left = std::move(before), false;
  _next = offset + 1;
  return true;
}

std::string sent_back::metadata() const {
  std::string text;
  for (const auto& [from, to] : _left) {
    text += text.empty() ? head : ",";
    text += from == to ? fmt::format("{}", from) : fmt::format("{}-{}", from, to);
  }
  return text;
}

}  // namespace mes::bus::cli
