#include "platform/supervisor/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace mes::platform {
namespace {

constexpr std::size_t tail_bytes_max = 16 << 10;

std::filesystem::path numbered(const std::filesystem::path& path, int n) {
  return path.string() + "." + std::to_string(n);
}

}  // namespace

log_file::log_file(std::filesystem::path path, std::size_t size_max, int keep)
    : _path(std::move(path)), _size_max(size_max), _keep(keep) {
  open();
}

log_file::~log_file() {
  if (_fd >= 0) close(_fd);
}

bool log_file::open() {
  _fd = ::open(_path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  struct stat s{};
  _size = _fd >= 0 && fstat(_fd, &s) == 0 ? static_cast<std::size_t>(s.st_size) : 0;
  return _fd >= 0;
}

void log_file::rotate() {
  if (_fd >= 0) close(_fd);
  std::error_code ignored;  // a name that is not there yet, or a folder that was taken away: logging goes on
  std::filesystem::remove(numbered(_path, _keep), ignored);
  for (int n = _keep - 1; n >= 1; --n) std::filesystem::rename(numbered(_path, n), numbered(_path, n + 1), ignored);
  std::filesystem::rename(_path, numbered(_path, 1), ignored);
  open();
}

void log_file::append(std::string_view bytes) {
  if (_fd < 0 && !open()) {
    _lost += bytes.size();
    return;
  }
  while (!bytes.empty()) {
    const ssize_t n = ::write(_fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      _lost += bytes.size();
      return;
    }
    _size += static_cast<std::size_t>(n);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void log_file::write(std::string_view bytes) {
  _tail += bytes;
  if (_tail.size() > 2 * tail_bytes_max) _tail.erase(0, _tail.size() - tail_bytes_max);
  if (_size + bytes.size() >= _size_max) {
    const std::size_t end = bytes.find('\n');
    if (end != std::string_view::npos) {
      append(bytes.substr(0, end + 1));
      rotate();
      bytes.remove_prefix(end + 1);
    }
  }
  append(bytes);
}

std::vector<std::string> log_file::last_lines(std::size_t count) const {
  std::vector<std::string> lines;
  std::string_view rest = _tail;
  if (rest.ends_with('\n')) rest.remove_suffix(1);
  while (!rest.empty() && lines.size() < count) {
    const std::size_t cut = rest.rfind('\n');
    lines.emplace_back(cut == std::string_view::npos ? rest : rest.substr(cut + 1));
    rest = cut == std::string_view::npos ? std::string_view() : rest.substr(0, cut);
  }
  return {lines.rbegin(), lines.rend()};
}

}  // namespace mes::platform
