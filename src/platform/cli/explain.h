// `mes gateway explain METHOD URL`: what the gateway would do with a request, without one running.
#pragma once

namespace mes::platform {

// `argv` begins with the program's name and the two words; returns the exit code.
int explain_route_command(int argc, char** argv);

}  // namespace mes::platform
