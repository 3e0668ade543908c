#include "platform/cli/commands.h"

#include <fmt/core.h>

#include <cstdio>
#include <filesystem>

#include "platform/supervisor/preflight.h"
#include "platform/supervisor/status_json.h"
#include "runtime/http_client.h"

namespace mes::platform {
namespace {

constexpr int stop_seconds_max = 120;  // the supervisor gives each layer 15 s

std::filesystem::path absolute(const std::string& data) { return std::filesystem::absolute(data).lexically_normal(); }

result<runtime::http_response> call(const std::string& data, const std::string& method, const std::string& path) {
  const std::filesystem::path socket = absolute(data) / "run" / "mes.sock";
  auto answer = runtime::http_fetch({.method = method, .url = fmt::format("unix:{}:{}", socket.string(), path)});
  if (!answer)
    return fail(error_code::unavailable,
                fmt::format("no platform runs on {} (mes up --data {} starts one)", absolute(data).string(), data));
  return answer;
}

int refuse(std::string_view command, std::string_view why) {
  fmt::print(stderr, "mes {}: {}\n", command, why);
  return 1;
}

}  // namespace

int status_command(const std::string& data, bool as_json) {
  const auto answer = call(data, "GET", "/status");
  if (!answer) {
    if (as_json) fmt::print("{{\"roles\":[],\"ready\":false}}\n");
    return refuse("status", answer.error().message);
  }
  const auto status = parse_status(answer->body);
  if (!status) return refuse("status", status.error().message);
  fmt::print("{}", as_json ? answer->body + "\n" : to_table(*status));
  return status->ready ? 0 : 1;
}

int down_command(const std::string& data) {
  const auto answer = call(data, "POST", "/stop");
  if (!answer) return refuse("down", answer.error().message);
  if (!wait_for_release(absolute(data), stop_seconds_max))
    return refuse("down",
                  fmt::format("the platform has not stopped within {} s; mes status --data {} shows what still runs",
                              stop_seconds_max, data));
  fmt::print("mes down: stopped\n");
  return 0;
}

int restart_command(const std::string& data, const std::string& role) {
  const auto answer = call(data, "POST", "/roles/" + role + "/restart");
  if (!answer) return refuse("restart", answer.error().message);
  if (answer->status != 202) return refuse("restart", fmt::format("{}: {}", role, answer->body));
  fmt::print("mes restart: {} restarts\n", role);
  return 0;
}

}  // namespace mes::platform
