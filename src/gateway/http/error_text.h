// Texts of the answers that the gateway gives by itself (K:kong/error_handlers.lua, kong/tools/utils.lua).
#pragma once

#include <string>
#include <string_view>

namespace mes::gateway {

std::string_view reason_of(int status);  // of the status line, as nginx; "" if there is none

std::string_view message_of(int status);  // Kong's words for a status

// A message in the best type that `accept` lists; `fallback_type` stands in for an empty one.
struct error_text {
  std::string body;
  std::string_view content_type;
};
error_text make_error(std::string_view message, std::string_view accept, std::string_view fallback_type);

}  // namespace mes::gateway
