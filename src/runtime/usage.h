// How every command line of the program says that it was not understood.
#pragma once

#include <optional>

namespace CLI {
class App;
}

namespace mes::runtime {

inline constexpr int exit_usage = 2;  // wrong options or settings: starting again would not help

// Nothing: go on. Else the exit code, after help or what is wrong was printed.
std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv);

}  // namespace mes::runtime
