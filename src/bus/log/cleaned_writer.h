// Writes segments of cleaned batches, one after the other, each with its index file.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bus/log/cleaner.h"
#include "bus/log/store_state.h"

namespace mes::bus::log {

class cleaned_writer {
 public:
  explicit cleaned_writer(const clean_options& options) : _options(options), _next(options.first_number) {}

  // A batch of the partition that `begin` named, in order.
  void begin(const uuid& topic, std::int32_t partition, std::int64_t first_offset);
  result<void> append(frame_header header, std::string_view batch);
  void end(std::int64_t end_offset);
  void give_up() { _ranges.clear(); }  // instead of end(): the batches since begin() come into no index

  result<void> finish();  // everything is durable, with its name
  void remove();          // what was written, as far as it goes
  std::vector<range> ranges_of(const uuid& topic, std::int32_t partition) const;  // after finish()
  std::vector<std::shared_ptr<segment>> segments() const;
  std::uint64_t bytes_written() const { return _bytes_written; }

 private:
  struct file {
    std::shared_ptr<segment> of;
    std::uint32_t end = 0;
    index_builder index;
    std::vector<indexed_range> placed;  // after finish()
  };
  result<void> open();
  result<void> flush();
  result<void> close();

  const clean_options& _options;
  std::uint64_t _next;
  std::vector<file> _files;
  std::string _buffer;  // of the last file, not written yet
  uuid _topic;
  std::int32_t _partition = 0;
  std::int64_t _first_offset = 0;
  std::vector<range> _ranges;  // of the partition that is being written
  std::uint64_t _bytes_written = 0;
};

}  // namespace mes::bus::log
