// The captured output of one part: DATA/logs/ROLE.log, rotated by size, with its last lines at hand.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mes::platform {

// Not thread-safe. A full disk costs log lines, never the part: what could not be written is counted.
class log_file {
 public:
  // Rotates at the end of a line once the file has `size_max` bytes: ROLE.log.1 is the newest of `keep` older ones.
  explicit log_file(std::filesystem::path path, std::size_t size_max = 10'000'000, int keep = 3);
  ~log_file();
  log_file(const log_file&) = delete;
  log_file& operator=(const log_file&) = delete;

  void write(std::string_view bytes);
  std::vector<std::string> last_lines(std::size_t count) const;  // of those written through this object
  std::size_t lost_bytes() const { return _lost; }

 private:
  bool open();
  void rotate();
  void append(std::string_view bytes);

  std::filesystem::path _path;
  std::size_t _size_max;
  int _keep;
  int _fd = -1;
  std::size_t _size = 0;
  std::size_t _lost = 0;
  std::string _tail;
};

}  // namespace mes::platform
