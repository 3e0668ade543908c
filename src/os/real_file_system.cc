#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "os/file_system.h"

namespace mes::os {
namespace {

error_code code_of(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return error_code::storage_full;
    case ENOENT:
      return error_code::not_found;
    case EEXIST:
      return error_code::already_exists;
    case EACCES:
    case EPERM:
      return error_code::permission_denied;
    default:
      return error_code::storage_failed;
  }
}

std::unexpected<error> failed(std::string_view verb, const std::string& path, int number) {
  return fail(code_of(number), fmt::format("Cannot {} {}: {}", verb, path, std::generic_category().message(number)));
}

// Long writes go piece by piece, and the device begins with each while the next is copied: with 8 MiB between two
// syncs that is twice as fast as to leave all of it to the sync.
constexpr std::size_t piece_max = std::size_t{512} << 10;

class real_file final : public file {
 public:
  real_file(int fd, std::string path, std::uint64_t end) : _fd(fd), _path(std::move(path)), _end(end) {}
  ~real_file() override { ::close(_fd); }

  result<void> append(std::string_view bytes) override {
    if (auto written = pwrite(_end, bytes); !written) return written;
    _end += bytes.size();
    return {};
  }

  result<void> pwrite(std::uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      ssize_t n = ::pwrite(_fd, bytes.data(), std::min(bytes.size(), piece_max), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("write to", _path, errno);
      // A hint: what it cannot do, and what goes wrong afterwards, the next sync does or tells.
      if (static_cast<std::size_t>(n) == piece_max)
        ::sync_file_range(_fd, static_cast<off_t>(offset), n, SYNC_FILE_RANGE_WRITE);
      bytes.remove_prefix(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  result<std::size_t> pread(std::uint64_t offset, std::span<char> into) const override {
    std::size_t got = 0;
    while (got < into.size()) {
      ssize_t n = ::pread(_fd, into.data() + got, into.size() - got, static_cast<off_t>(offset + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("read", _path, errno);
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    return got;
  }

  result<void> sync() override {
    if (::fdatasync(_fd) != 0) return failed("sync", _path, errno);  // EINTR too: never retried
    return {};
  }

  result<std::uint64_t> size() const override {
    struct stat found{};
    if (::fstat(_fd, &found) != 0) return failed("look at", _path, errno);
    return static_cast<std::uint64_t>(found.st_size);
  }

  result<std::int64_t> modified_ms() const override {
    struct stat found{};
    if (::fstat(_fd, &found) != 0) return failed("look at", _path, errno);
    return std::int64_t{found.st_mtim.tv_sec} * 1000 + found.st_mtim.tv_nsec / 1'000'000;
  }

  result<void> truncate(std::uint64_t size) override {
    if (::ftruncate(_fd, static_cast<off_t>(size)) != 0) return failed("truncate", _path, errno);
    _end = size;
    return {};
  }

  result<void> preallocate(std::uint64_t size) override {
    auto have = this->size();
    if (!have) return fail(have.error());
    static constexpr std::size_t step = 256 << 10;
    const std::string zeros(std::min<std::uint64_t>(step, size > *have ? size - *have : 0), '\0');
    for (std::uint64_t at = *have; at < size; at += step) {
      auto part = std::string_view(zeros).substr(0, std::min<std::uint64_t>(step, size - at));
      if (auto written = pwrite(at, part); !written) return written;
    }
    return {};
  }

  int descriptor() const override { return _fd; }

 private:
  int _fd;
  std::string _path;
  std::uint64_t _end;
};

int flags_of(open_mode mode) {
  switch (mode) {
    case open_mode::read:
      return O_RDONLY;
    case open_mode::read_write:
      return O_RDWR;
    case open_mode::create:
      return O_RDWR | O_CREAT;
    case open_mode::create_new:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

class real_file_system final : public file_system {
 public:
  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override {
    int fd = ::open(path.c_str(), flags_of(mode) | O_CLOEXEC, 0600);
    if (fd < 0) return failed("open", path, errno);
    struct stat found{};
    if (::fstat(fd, &found) != 0) {
      int number = errno;
      ::close(fd);
      return failed("look at", path, number);
    }
    return std::make_unique<real_file>(fd, path, static_cast<std::uint64_t>(found.st_size));
  }

  result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename", from + " to " + to, errno);
    return {};
  }

  result<void> remove(const std::string& path) override {
    if (::remove(path.c_str()) != 0) return failed("remove", path, errno);
    return {};
  }

  result<void> make_dirs(const std::string& path) override {
    std::error_code problem;
    std::filesystem::create_directories(path, problem);
    if (problem) return failed("make the directory", path, problem.value());
    return {};
  }

  result<std::vector<std::string>> list(const std::string& dir) override {
    std::error_code problem;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator it(dir, problem), end; !problem && it != end; it.increment(problem))
      names.push_back(it->path().filename().string());
    if (problem) return failed("list", dir, problem.value());
    std::ranges::sort(names);
    return names;
  }

  result<void> sync_dir(const std::string& dir) override {
    int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed("open", dir, errno);
    int number = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    if (number != 0) return failed("sync", dir, number);
    return {};
  }

  result<std::uint64_t> free_bytes(const std::string& dir) override {
    struct statvfs found{};
    if (::statvfs(dir.c_str(), &found) != 0) return failed("look at", dir, errno);
    if (found.f_blocks == 0) return fail(error_code::storage_failed, fmt::format("{} does not tell what is free", dir));
    return std::uint64_t{geteuid() == 0 ? found.f_bfree : found.f_bavail} * found.f_frsize;
  }
};

}  // namespace

std::unique_ptr<file_system> make_real_file_system() { return std::make_unique<real_file_system>(); }

}  // namespace mes::os
