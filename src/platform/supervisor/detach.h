// Going to the background, with the start still told in the foreground.
#pragma once

#include <filesystem>

namespace mes::platform {

// Forks. In the parent: copies what the background process prints until it says that it is ready (returns 0) or ends
// (returns its exit code). In the background process: returns -1, with a session of its own.
// Call before any thread exists.
int detach();

// In the background process: tells the waiting parent that all is well, and from now on prints into `log`.
void detached_and_ready(const std::filesystem::path& log);

}  // namespace mes::platform
