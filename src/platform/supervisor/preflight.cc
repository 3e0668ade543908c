#include "platform/supervisor/preflight.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "os/file_system.h"
#include "runtime/port_holder.h"

namespace mes::platform {
namespace {

constexpr std::uint64_t free_bytes_min = 64ull << 20;  // less would stop the bus and the databases within minutes

std::unexpected<error> cannot_use(const std::filesystem::path& data, std::string_view why) {
  return fail(
      error_code::storage_failed,
      fmt::format("the data directory {} cannot be used: {}; choose another one with --data", data.string(), why));
}

// A real write with a sync: permissions, read-only mounts, quotas and full disks all show here.
result<void> try_write(const std::filesystem::path& data) {
  const std::string path = (data / "run" / "write-check").string();
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return cannot_use(data, std::strerror(errno));
  const std::string block(8192, '\0');
  const bool ok = write(fd, block.data(), block.size()) == static_cast<ssize_t>(block.size()) && fdatasync(fd) == 0;
  const int why = ok ? 0 : (errno ? errno : ENOSPC);
  close(fd);
  unlink(path.c_str());
  if (!ok && (why == ENOSPC || why == EDQUOT))
    return fail(error_code::storage_full, fmt::format("the disk of {} is full; free some space", data.string()));
  if (!ok) return cannot_use(data, std::strerror(why));
  const auto free = os::make_real_file_system()->free_bytes(data.string());
  if (free && *free < free_bytes_min)
    return fail(error_code::storage_full, fmt::format("only {} MiB are free on the disk of {}; at least {} are needed",
                                                      *free >> 20, data.string(), free_bytes_min >> 20));
  return {};
}

std::string lock_of(const std::filesystem::path& data) { return (data / "run" / "mes.lock").string(); }

}  // namespace

result<os::lock_file> lock_data(const std::filesystem::path& data) {
  for (const char* folder : {"run", "logs"}) {
    std::error_code e;
    std::filesystem::create_directories(data / folder, e);
    if (e) return cannot_use(data, e.message());
  }
  if (auto ok = try_write(data); !ok) return fail(ok.error());
  auto lock = os::lock_file::take(lock_of(data));
  if (lock || lock.error().code != error_code::conflict)
    return lock ? std::move(lock) : cannot_use(data, lock.error().message);
  return fail(error_code::conflict,
              fmt::format("a platform already runs on {} (pid {}): mes down --data {} stops it, or choose another "
                          "directory with --data and other ports with --port-offset",
                          data.string(), lock.error().message, data.string()));
}

bool port_is_free(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return true;  // the role itself will say what is wrong
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in all{.sin_family = AF_INET, .sin_port = htons(port)};
  const bool taken = bind(fd, reinterpret_cast<const sockaddr*>(&all), sizeof all) != 0 && errno == EADDRINUSE;
  close(fd);
  return !taken;
}

result<void> check_ports(std::span<const part> parts, bool after_a_crash) {
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  for (const part& p : parts)
    for (const std::uint16_t port : p.ports) {
      while (!port_is_free(port) && after_a_crash && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(10ms);
      if (port_is_free(port)) continue;
      std::string holder = runtime::port_holder(port);
      if (holder.empty()) holder = fmt::format("port {} is taken by a process of another user", port);
      return fail(error_code::conflict,
                  fmt::format("{}; {} needs it. Stop that process, or move all ports: mes up --port-offset 10000 (and "
                              "another --data)",
                              holder, p.name));
    }
  return {};
}

bool wait_for_release(const std::filesystem::path& data, int seconds_max) {
  const int fd = ::open(lock_of(data).c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return true;
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds_max);
  bool free = flock(fd, LOCK_EX | LOCK_NB) == 0;
  while (!free && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(20ms);
    free = flock(fd, LOCK_EX | LOCK_NB) == 0;
  }
  close(fd);
  return free;
}

}  // namespace mes::platform
