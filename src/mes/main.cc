// mes: one binary, many roles. `mes up` starts them all; `mes ROLE` plays one in the foreground.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "mes/roles.h"
#include "platform/cli/command_line.h"

int main(int argc, char** argv) {
  const int code = mes::platform::run_command_line(argc, argv, mes::roles());
  // What a script takes for the whole of it must be.
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "mes: the output cannot be written: %s\n", std::strerror(errno == 0 ? EIO : errno));
  return code == 0 ? 1 : code;
}
