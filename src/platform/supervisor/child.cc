#include "platform/supervisor/child.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

extern char** environ;

namespace mes::platform {
namespace {

std::vector<std::string> merged_environment(const std::vector<std::pair<std::string, std::string>>& extra) {
  std::vector<std::string> all;
  for (char** e = environ; *e; ++e) {
    const std::string_view entry(*e);
    bool replaced = false;
    for (const auto& [name, value] : extra)
      replaced = replaced || (entry.starts_with(name) && entry.substr(name.size()).starts_with('='));
    if (!replaced) all.emplace_back(entry);
  }
  for (const auto& [name, value] : extra) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& t : texts) all.push_back(t.data());
  all.push_back(nullptr);
  return all;
}

// Between fork and exec: nothing but async-signal-safe calls.
[[noreturn]] void become(char* const* argv, char* const* env, int output, int failure, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent went before the line above took effect
  setpgid(0, 0);
  const int null = ::open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, 0);
  dup2(output, 1);
  dup2(output, 2);
  for (const int s : {SIGINT, SIGTERM, SIGPIPE, SIGCHLD, SIGHUP}) std::signal(s, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(argv[0], argv, env);
  const int why = errno;
  [[maybe_unused]] const ssize_t told = write(failure, &why, sizeof why);
  _exit(127);
}

}  // namespace

result<child> start_child(const std::vector<std::string>& argv,
                          const std::vector<std::pair<std::string, std::string>>& env) {
  std::vector<std::string> arguments = argv, variables = merged_environment(env);
  const std::vector<char*> argument_pointers = pointers(arguments), variable_pointers = pointers(variables);
  int output[2], failure[2];
  if (pipe2(output, O_CLOEXEC) != 0)
    return fail(error_code::internal, fmt::format("no pipe for {}: {}", argv[0], std::strerror(errno)));
  if (pipe2(failure, O_CLOEXEC) != 0) {
    const int why = errno;
    close(output[0]);
    close(output[1]);
    return fail(error_code::internal, fmt::format("no pipe for {}: {}", argv[0], std::strerror(why)));
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(argument_pointers.data(), variable_pointers.data(), output[1], failure[1], parent);
  const int fork_errno = errno;
  close(output[1]);
  close(failure[1]);
  int why = pid < 0 ? fork_errno : 0;
  if (pid > 0 && read(failure[0], &why, sizeof why) != sizeof why) why = 0;  // closed by exec: it runs
  close(failure[0]);
  if (why != 0) {
    close(output[0]);
    if (pid > 0) waitpid(pid, nullptr, 0);
    return fail(error_code::internal, fmt::format("cannot start {}: {}", argv[0], std::strerror(why)));
  }
  return child{pid, output[0]};
}

std::string describe_exit(int wait_status) {
  if (WIFEXITED(wait_status)) return fmt::format("exit code {}", WEXITSTATUS(wait_status));
  const int number = WTERMSIG(wait_status);
  return fmt::format("signal {} ({})", number, strsignal(number));
}

long pss_kb(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/smaps_rollup", pid);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (!file) return 0;
  char line[256];
  while (std::fgets(line, sizeof line, file.get()))
    if (std::strncmp(line, "Pss:", 4) == 0) return std::strtol(line + 4, nullptr, 10);
  return 0;
}

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "";
  std::string all = std::string(rest) + ":/usr/local/bin:/usr/bin:/usr/sbin";
  rest = all;
  while (!rest.empty()) {
    const std::string_view dir = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), dir.size() + 1));
    const std::string candidate = std::string(dir) + "/" + name;
    if (!dir.empty() && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

}  // namespace mes::platform
