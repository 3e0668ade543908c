// Many small parts of one index into one, mostly by copying compressed blocks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "os/file_system.h"
#include "telemetry/parts/part.h"

namespace mes::telemetry {

using part_list = std::vector<std::shared_ptr<const part>>;

// The parts to merge next: some of one size class, enough of them to be worth it; empty when there is nothing to do.
part_list choose_merge(const part_list& of_one_index);

// Writes the merged part to `path`; it names what it replaces, so that a crash before the removal of those is mended at
// start. Blocks much smaller than a block should be are packed anew with their neighbours.
result<void> merge_parts(os::file_system& fs, const part_list& parts, const std::string& path);

}  // namespace mes::telemetry
