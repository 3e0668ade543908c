#include "platform/supervisor/detach.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>

namespace mes::platform {
namespace {

constexpr char ready_mark = '\0';  // never part of what we print

void copy_out(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

int relay(int from, pid_t background) {
  char block[4096];
  for (;;) {
    const ssize_t n = read(from, block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    const std::string_view text(block, static_cast<std::size_t>(n));
    const std::size_t mark = text.find(ready_mark);
    copy_out(text.substr(0, mark));
    if (mark != std::string_view::npos) return 0;
  }
  int status = 0;
  waitpid(background, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

int detach() {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) {
    std::perror("mes up: pipe");
    return 1;
  }
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid < 0) {
    std::perror("mes up: fork");
    return 1;
  }
  if (pid > 0) {
    close(pipe_ends[1]);
    return relay(pipe_ends[0], pid);
  }
  setsid();
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) dup2(null, 0);
  dup2(pipe_ends[1], 1);  // standard error stays the caller's until all is ready
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  return -1;
}

void detached_and_ready(const std::filesystem::path& log) {
  std::fputc(ready_mark, stdout);
  std::fflush(nullptr);
  int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(fd, 1);
  dup2(fd, 2);
  close(fd);
}

}  // namespace mes::platform
