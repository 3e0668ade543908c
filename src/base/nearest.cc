#include "base/nearest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace mes {
namespace {

// Damerau's distance of optimal string alignment, by three rows of its table.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> names) {
  static constexpr std::size_t word_bytes_max = 64;  // the time goes with the product of both lengths
  if (word.size() > word_bytes_max) return {};
  std::string_view best;
  std::size_t least = word.size() / 3 + 1;
  for (const std::string_view name : names) {
    if (name.size() > word_bytes_max) continue;
    const std::size_t far = distance(word, name);
    if (far >= least) continue;
    least = far;
    best = name;
  }
  return best;
}

std::string there_are(std::string_view word, std::span<const std::string_view> names) {
  const std::string_view meant = nearest(word, names);
  const std::string all = fmt::format("there are {}", fmt::join(names, ", "));
  return meant.empty() ? all : fmt::format("did you mean '{}'? {}", meant, all);
}

}  // namespace mes
