// mes: one binary, many roles. `mes up` starts them all; `mes ROLE` plays one in the foreground.
#include "mes/roles.h"
#include "platform/cli/command_line.h"

int main(int argc, char** argv) { return mes::platform::run_command_line(argc, argv, mes::roles()); }
