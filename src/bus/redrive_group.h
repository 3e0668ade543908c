// The group whose offsets say which dead letters `mes bus redrive` has sent back. It has members while one runs. A bus
// of ours keeps its offsets as long as their topics (groups/offsets.cc): whoever had lost them would send all again.
#pragma once

#include <string_view>

namespace mes::bus {

inline constexpr std::string_view redrive_group = "mes-redrive";

}  // namespace mes::bus
