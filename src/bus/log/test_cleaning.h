// What the tests of compaction and retention share.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bus/log/test_store.h"

namespace mes::bus::log::test_support {

using configs = std::map<std::string, std::string>;

// Everything but the last batch may be compacted at once.
inline const configs eager = {{"cleanup.policy", "compact"}, {"segment.ms", "1"}, {"min.cleanable.dirty.ratio", "0"}};

inline configs with(configs c, const configs& more) {
  for (const auto& [k, v] : more) c[k] = v;
  return c;
}

inline std::string batch_of(const std::vector<kafka::record_to_write>& records, kafka::batch_header header = {}) {
  return kafka::make_batch(records, header);
}

// Files are removed by the log's writer in its own time.
inline bool comes_down_to(std::ptrdiff_t count, std::string_view ending, os::sim_file_system& files) {
  const auto enough = [&] {
    return std::ranges::count_if(*files.list("/bus"), [&](const auto& n) { return n.ends_with(ending); }) <= count;
  };
  for (int i = 0; i < 10'000 && !enough(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return enough();
}

}  // namespace mes::bus::log::test_support
