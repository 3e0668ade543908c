// PEM in a file of settings.
#pragma once

#include <string>
#include <string_view>

namespace mes::bus::cli {

// PEM that came as one line, as a value does that goes on with a `\` at the end of each line: in lines again. Text that
// has lines, or that is no PEM, stays as it is.
std::string in_lines(std::string_view pem);

}  // namespace mes::bus::cli
