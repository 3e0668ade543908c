// What a part holds besides its rows: a small set of facts gathered while it is written (services and operations of
// spans, fields of documents), so that listing them needs no scan.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "telemetry/parts/row.h"

namespace mes::telemetry {

// Sorted, bounded: what comes after the limit is left out.
class label_set {
 public:
  static constexpr std::size_t labels_max = 10'000;
  static constexpr std::size_t label_bytes_max = 4'096;

  void add(std::string_view label) {
    if (label.size() > label_bytes_max || _labels.contains(label) || _labels.size() >= labels_max) return;
    _labels.emplace(label);
  }
  std::size_t size() const { return _labels.size(); }
  auto begin() const { return _labels.begin(); }
  auto end() const { return _labels.end(); }

 private:
  std::set<std::string, std::less<>> _labels;
};

// Adds the labels of one row. Called on the store's background thread and by queries: must be thread-safe.
using labeller = std::function<void(std::string_view index, const row& r, label_set& into)>;

}  // namespace mes::telemetry
