#include "gateway/plugins/plugin.h"

#include "base/instant.h"
#include "observe/log.h"

namespace mes::gateway {
namespace {

class system_clock final : public wall_clock {
 public:
  std::int64_t now_ms() const override { return instant::now().ms(); }
};

}  // namespace

const wall_clock& system_wall_clock() {
  static const system_clock clock;
  return clock;
}

void plugin_context::exit_message(int status, std::string_view message) {
  std::string body = "{\"message\":";
  observe::append_json_string(body, message);
  body += '}';
  exit_json(status, std::move(body));
}

void plugin_context::exit_json(int status, std::string json) {
  answer = local_response{.status = status, .body = std::move(json), .content_type = "application/json; charset=utf-8"};
}

}  // namespace mes::gateway
