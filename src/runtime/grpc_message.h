// A status message as gRPC's field grpc-message has it: what is no printable ASCII, and the percent sign, in
// hexadecimal digits (gRPC over HTTP/2, "Responses").
#pragma once

#include <string>
#include <string_view>

#include "base/percent.h"

namespace mes::runtime {

inline std::string grpc_message(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%')
      out += c;
    else
      append_percent(out, c);
  }
  return out;
}

}  // namespace mes::runtime
