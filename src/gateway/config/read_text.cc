#include "gateway/config/read_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace mes::gateway {
namespace {

result<int> open_to_read(const std::string& path, int flags) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd < 0) return fail(error_code::not_found, path + ": " + std::generic_category().message(errno));
  return fd;
}

result<std::string> read_and_close(int fd, const std::string& path) {
  static constexpr std::size_t bytes_max = 16 << 20;
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

}  // namespace

result<std::string> read_text(const std::string& path) {
  auto fd = open_to_read(path, 0);
  return fd ? read_and_close(*fd, path) : fail(fd.error());
}

result<std::string> read_regular_text(const std::string& path) {
  auto fd = open_to_read(path, O_NONBLOCK);  // else it waits here for a pipe's writer
  if (!fd) return fail(fd.error());
  struct stat is{};
  if (fstat(*fd, &is) == 0 && S_ISREG(is.st_mode)) return read_and_close(*fd, path);
  close(*fd);
  return fail(error_code::invalid_argument, path + " is no regular file");
}

}  // namespace mes::gateway
