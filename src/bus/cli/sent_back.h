// Which dead letters of a partition were sent back: all before an offset, but for some that could not be. It lasts as a
// group's offset, with those in the metadata that Kafka keeps beside one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace mes::bus::cli {

class sent_back {
 public:
  static constexpr std::size_t metadata_bytes_max = 4'096;  // as Kafka has it (offset.metadata.max.bytes)

  // What was committed, if anything (else -1), of a partition that begins at `log_start` by now.
  sent_back(std::int64_t committed, std::string_view metadata, std::int64_t log_start);

  bool has(std::int64_t offset) const;
  std::int64_t first_due() const { return _left.empty() ? _next : _left.begin()->first; }

  void add(std::int64_t offset);    // those between the last one and it hold no record
  bool leave(std::int64_t offset);  // false: more than the metadata holds, and nothing has changed

  std::int64_t committed() const { return _next; }
  std::string metadata() const;  // "left 3,7-9"

 private:
  std::int64_t _next;
  std::map<std::int64_t, std::int64_t> _left;  // from, to; both of them too
};

}  // namespace mes::bus::cli
