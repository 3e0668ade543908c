#include "os/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace mes::os {
namespace {

std::string read_pid(int fd) {
  char text[32];
  const ssize_t n = ::pread(fd, text, sizeof text, 0);
  return {text, n > 0 ? static_cast<std::size_t>(n) : 0};
}

}  // namespace

result<lock_file> lock_file::take(const std::string& path) {
  auto failed = [&] { return fail(error_code::storage_failed, fmt::format("{}: {}", path, std::strerror(errno))); };
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return failed();
  const std::string before = read_pid(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    auto refused = errno == EWOULDBLOCK ? fail(error_code::conflict, before) : failed();
    ::close(fd);  // the holder's pid stays
    return refused;
  }
  lock_file lock(fd, path);
  lock._left = !before.empty();
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0) return failed();
  // For people alone: on a full disk it is held all the same.
  if (::pwrite(fd, pid.data(), pid.size(), 0) < 0 && errno != ENOSPC && errno != EDQUOT) return failed();
  return lock;
}

result<lock_file> lock_file::share(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail(errno == ENOENT ? error_code::not_found : error_code::storage_failed,
                fmt::format("{}: {}", path, std::strerror(errno)));
  lock_file lock(fd, path);
  lock._shared = true;
  if (::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) return fail(error_code::conflict, read_pid(fd));
  return lock;
}

bool lock_file::is_in_place() const {
  struct stat held, there;
  if (::fstat(_fd, &held) != 0) return true;
  if (::stat(_path.c_str(), &there) != 0) return errno != ENOENT && errno != ENOTDIR;
  return held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

lock_file::~lock_file() {
  if (_fd < 0) return;
  if (!_shared && ::ftruncate(_fd, 0) != 0) std::perror("lock file");
  ::close(_fd);
}

}  // namespace mes::os
