#include "platform/supervisor/up.h"

#include <fmt/core.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/instant.h"
#include "platform/supervisor/child.h"
#include "platform/supervisor/control.h"
#include "platform/supervisor/detach.h"
#include "platform/supervisor/embedded.h"
#include "platform/supervisor/part_table.h"
#include "platform/supervisor/preflight.h"
#include "platform/supervisor/prometheus_config.h"
#include "platform/supervisor/status_json.h"
#include "platform/supervisor/supervisor.h"

namespace mes::platform {
namespace {

namespace fs = std::filesystem;

void say(const std::string& line) {
  fmt::print("{} {}\n", instant::now().to_string(), line);
  std::fflush(stdout);
}

int refuse(const error& why) {
  fmt::print(stderr, "mes up: {}\n", why.message);
  std::fflush(stderr);
  return 1;
}

result<void> write_file(const fs::path& path, std::string_view text) {
  std::error_code e;
  fs::create_directories(path.parent_path(), e);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (e || !out) return fail(error_code::storage_failed, fmt::format("cannot write {}", path.string()));
  return {};
}

result<void> write_configurations(const fs::path& data, int port_offset) {
  auto prometheus = localize_prometheus_config(embedded_prometheus_yml(), port_offset);
  if (!prometheus) return fail(prometheus.error());
  if (auto ok = write_file(data / "prometheus" / "prometheus.yml", *prometheus); !ok) return ok;
  return write_file(data / "redis" / "redis.conf", embedded_redis_conf());
}

std::string own_path() {
  std::error_code e;
  const fs::path path = fs::read_symlink("/proc/self/exe", e);
  return e || !fs::exists(path) ? "/proc/self/exe" : path.string();
}

// One run: everything lives from the checks to the last stopped part.
class run {
 public:
  run(const up_options& options, fs::path data, std::vector<part> parts)
      : _options(options),
        _data(std::move(data)),
        _urls(addresses(parts, options.port_offset)),
        _signals(_loop.context(), SIGINT, SIGTERM, SIGHUP),
        _supervisor(_loop, std::move(parts), {.logs = _data / "logs"},
                    {.report = say,
                     .ready = [this] { ready(); },
                     .failed = [this](const std::string& part, const std::string& why) { failed(part, why); }}) {}

  int go() {
    auto control = control_server::listen(
        _loop, _data / "run" / "mes.sock",
        [this](const std::string& method, const std::string& path) { return answer(method, path); });
    if (!control) return refuse(control.error());
    _signals.async_wait([this](const boost::system::error_code& e, int number) {
      if (!e) stop(fmt::format("stopping: {}", number == SIGINT ? "interrupted" : "asked to by a signal"));
    });
    fmt::print("mes up: starting {} processes, data in {}\n", _supervisor.status().size(), _data.string());
    std::fflush(stdout);
    _supervisor.start();
    _loop.run();
    return _exit_code;
  }

 private:
  platform_status status() const {
    platform_status all;
    for (part_status& p : _supervisor.status()) {
      platform_status::role r;
      static_cast<part_status&>(r) = std::move(p);
      if (r.pid != 0) r.pss_kb = pss_kb(r.pid);
      all.roles.push_back(std::move(r));
    }
    all.ready = _supervisor.ready();
    all.data = _data.string();
    all.admin_password_file = (_data / "secrets" / "admin-password").string();
    all.urls = _urls;
    return all;
  }

  void ready() {
    fmt::print("{}", to_table(status()));
    std::fflush(stdout);
    if (_options.detach) detached_and_ready(_data / "logs" / "supervisor.log");
  }

  void failed(const std::string& part, const std::string& why) {
    fmt::print(stderr, "mes up: {} {}. Its last lines ({}):\n", part, why, (_data / "logs" / (part + ".log")).string());
    for (const std::string& line : _supervisor.last_lines(part, 20)) fmt::print(stderr, "  {}\n", line);
    std::fflush(stderr);
    _exit_code = 1;
    stop("stopping what has started");
  }

  void stop(const std::string& why) {
    if (std::exchange(_stopping, true)) return;
    say(why);
    _supervisor.stop([this] {
      say("stopped");
      _loop.stop();
    });
  }

  control_answer answer(const std::string& method, const std::string& path) {
    if (method == "GET" && path == "/status") return {200, to_json(status())};
    if (method == "POST" && path == "/stop") {
      stop("stopping: mes down");
      return {202, R"({"message":"stopping"})"};
    }
    constexpr std::string_view before = "/roles/", after = "/restart";
    if (method == "POST" && path.starts_with(before) && path.ends_with(after) &&
        path.size() > before.size() + after.size()) {
      const std::string name = path.substr(before.size(), path.size() - before.size() - after.size());
      const auto done = _supervisor.restart(name);
      if (done) say(fmt::format("{} restarts: asked to", name));
      return done ? control_answer{202, R"({"message":"restarting"})"}
                  : control_answer{http_status_of(done.error().code),
                                   R"({"message":"no such role runs here, or it is stopping"})"};
    }
    return {404, R"({"message":"There are GET /status, POST /stop, POST /roles/{name}/restart"})"};
  }

  const up_options& _options;
  fs::path _data;
  std::vector<std::pair<std::string, std::string>> _urls;
  runtime::event_loop _loop;
  boost::asio::signal_set _signals;
  supervisor _supervisor;
  bool _stopping = false;
  int _exit_code = 0;
};

}  // namespace

int up(const up_options& options) {
  std::error_code e;
  fs::path data = fs::absolute(options.data, e).lexically_normal();
  if (!data.has_filename()) data = data.parent_path();
  if (options.detach)
    if (const int code = detach(); code >= 0) return code;
  std::signal(SIGPIPE, SIG_IGN);

  auto parts = make_parts({.data = data,
                           .port_offset = options.port_offset,
                           .config_file = options.config_file,
                           .only = options.only,
                           .empty = options.empty,
                           .role_names = options.role_names,
                           .self = own_path()});
  if (!parts) return refuse(parts.error());
  auto lock = lock_data(data);
  if (!lock) return refuse(lock.error());
  if (auto ok = check_ports(*parts, lock->left_by_a_crash()); !ok) return refuse(ok.error());
  if (auto ok = write_configurations(data, options.port_offset); !ok) return refuse(ok.error());
  return run(options, data, std::move(*parts)).go();
}

}  // namespace mes::platform
