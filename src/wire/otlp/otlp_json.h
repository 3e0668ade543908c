// OTLP/HTTP's JSON form of a trace export, turned into the protobuf form, so that there is one form to keep.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace mes::wire::otlp {

// Ids in hex, as OTLP has it, or in base64, as protobuf's own JSON has it; short ones are widened by zeros, ones longer
// than OTLP allows (Data Prepper takes any) are replaced by their hash, so that parents are still found. Enums as
// number or name, 64-bit numbers as number or text. Unknown fields are passed over.
// Error: invalid_argument, saying what is wrong where.
result<std::string> export_from_json(std::string_view json);

}  // namespace mes::wire::otlp
