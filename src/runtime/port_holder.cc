#include "runtime/port_holder.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <system_error>

namespace mes::runtime {
namespace {

namespace fs = std::filesystem;

// Lines as proc(5) has them: "0: 0100007F:1F40 00000000:0000 0A … inode"; state 0A is LISTEN.
void add_listening_inodes(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
  std::ifstream in(table);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    if (!(words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode))
      continue;
    std::size_t colon = local.rfind(':');
    if (state != "0A" || colon == std::string::npos) continue;
    unsigned number = 0;
    auto end = std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16);
    if (end.ec == std::errc() && number == port) inodes.insert("socket:[" + inode + "]");
  }
}

bool holds_any(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code ec;  // another user's process, or one that has just ended: not ours to know
  for (fs::directory_iterator fd(process / "fd", ec), end; !ec && fd != end; fd.increment(ec)) {
    fs::path link = fs::read_symlink(fd->path(), ec);
    if (!ec && sockets.contains(link.string())) return true;
    ec.clear();
  }
  return false;
}

std::set<std::string> listeners_on(std::uint16_t port) {
  std::set<std::string> sockets;
  add_listening_inodes("/proc/net/tcp", port, sockets);
  add_listening_inodes("/proc/net/tcp6", port, sockets);
  return sockets;
}

}  // namespace

// /proc/net/tcp names the socket's inode, some process's /proc/PID/fd links to it.
std::string port_holder(std::uint16_t port) {
  const std::set<std::string> sockets = listeners_on(port);
  if (sockets.empty()) return {};
  std::error_code ec;
  for (fs::directory_iterator process("/proc", ec), end; !ec && process != end; process.increment(ec)) {
    std::string pid = process->path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos || !holds_any(process->path(), sockets)) continue;
    std::string name;
    std::getline(std::ifstream(process->path() / "comm"), name);
    return fmt::format("port {} is taken by {} (pid {})", port, name, pid);
  }
  return {};
}

std::string listen_fault(std::string_view address, std::uint16_t port, int failure) {
  if (failure != EADDRINUSE)
    return fmt::format("cannot listen on {}:{}: {}", address, port, std::generic_category().message(failure));
  if (holds_any("/proc/self", listeners_on(port)))
    return fmt::format("port {} is asked for twice: two settings of this role have it", port);
  std::string holder = port_holder(port);
  if (holder.empty()) holder = fmt::format("port {} is taken by another process", port);
  return holder + "; stop it or use --port-offset";
}

}  // namespace mes::runtime
