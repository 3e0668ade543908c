#include "gateway/config/read_text.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace mes::gateway {

result<std::string> read_text(const std::string& path) {
  static constexpr std::size_t bytes_max = 16 << 20;
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(error_code::not_found, path + ": " + std::generic_category().message(errno));
  std::string text;
  std::array<char, 16384> block;
  ssize_t got = 0;
  while ((got = read(fd, block.data(), block.size())) > 0 && text.size() <= bytes_max)
    text.append(block.data(), static_cast<std::size_t>(got));
  int failure = got < 0 ? errno : 0;
  close(fd);
  if (failure != 0) return fail(error_code::storage_failed, path + ": " + std::generic_category().message(failure));
  if (text.size() > bytes_max) return fail(error_code::too_large, path + " is larger than 16 MiB");
  return text;
}

}  // namespace mes::gateway
