// Small files as a whole.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "os/file_system.h"

namespace mes::os {

result<std::string> read_whole(file_system& files, const std::string& path);

// Instead of what was there, synced; its name is not. After an error nothing is there: a part
// would hold space that is missing already.
result<std::unique_ptr<file>> write_whole(file_system& files, const std::string& path, std::string_view bytes);

// What replace_whole writes before it takes effect: whoever finds it may remove it.
inline std::string fresh_name(const std::string& name) { return name + ".new"; }

// All of it or none, whenever the power goes: a new file, synced, renamed over the old one, the name synced.
result<void> replace_whole(file_system& files, const std::string& folder, const std::string& name,
                           std::string_view bytes);

}  // namespace mes::os
