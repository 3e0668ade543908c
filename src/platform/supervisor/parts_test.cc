// The table of parts, the checks before a start, logs, and the derived Prometheus configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "platform/supervisor/embedded.h"
#include "platform/supervisor/log_file.h"
#include "platform/supervisor/part_table.h"
#include "platform/supervisor/preflight.h"
#include "platform/supervisor/prometheus_config.h"
#include "platform/supervisor/status_json.h"
#include "wire/yaml/yaml.h"

namespace mes::platform {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

struct temporary_folder {
  fs::path path;
  temporary_folder() {
    char name[] = "/tmp/mes-platform-XXXXXX";
    path = mkdtemp(name);
  }
  ~temporary_folder() { fs::remove_all(path); }
};

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  return (std::ostringstream() << in.rdbuf()).str();
}

layout some_layout() { return {.data = "/data", .role_names = {"bus", "gateway", "auth", "simulate"}}; }

TEST(part_table, parts_of_ours_say_nothing_of_the_environment_again) {
  layout of = some_layout();
  of.only = {"bus"};
  const auto parts = make_parts(of);
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_TRUE(std::ranges::any_of(parts->front().env, [](const auto& e) { return e.first == environment_is_checked; }));
}

TEST(part_table, has_the_specifications_ports_each_once) {
  std::set<int> ports;
  std::size_t count = 0;
  for (const part_row& r : part_rows())
    for (const int port : r.ports) {
      ports.insert(port);
      ++count;
    }
  EXPECT_EQ(ports.size(), count);
  for (const int port : {8000, 8443, 8001, 9092, 5000, 9200, 16686, 4318, 3000, 5601, 8080,
                         9090, 6379, 3008, 3009, 3010, 3011, 3012,  3013, 3014, 3015})
    EXPECT_TRUE(ports.contains(port)) << port;
}

TEST(part_table, moves_every_port_and_passes_options_on) {
  layout of = some_layout();
  of.port_offset = 1000;
  of.only = {"gateway"};
  of.config_file = "/etc/mes.yaml";
  const auto parts = make_parts(of);
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 1u);
  EXPECT_THAT(parts->front().ports, ElementsAre(9000, 9443, 9001));
  EXPECT_EQ(parts->front().ready.port, 9001);
  EXPECT_THAT(parts->front().argv, ElementsAre("/proc/self/exe", "gateway", "--data", "/data", "--port-offset", "1000",
                                               "--config", "/etc/mes.yaml"));
}

TEST(part_table, leaves_the_simulated_plant_out_of_an_empty_platform) {
  layout of = some_layout();
  of.only = {"bus", "simulate"};
  EXPECT_EQ(make_parts(of)->size(), 2u);
  of.empty = true;
  EXPECT_EQ(make_parts(of)->size(), 1u);
}

TEST(part_table, refuses_what_does_not_exist) {
  layout of = some_layout();
  of.only = {"buss"};
  EXPECT_EQ(make_parts(of).error().message,
            "--only buss: there is no such role; there are bus, redis, auth, gateway, prometheus, simulate");
  of.only = {"gateway"};
  of.port_offset = 60000;
  EXPECT_THAT(make_parts(of).error().message, HasSubstr("which is no port"));
}

TEST(preflight, two_supervisors_cannot_share_a_data_directory) {
  const temporary_folder dir;
  auto first = lock_data(dir.path / "data");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_FALSE(first->left_by_a_crash());
  const auto second = lock_data(dir.path / "data");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, error_code::conflict);
  EXPECT_THAT(second.error().message, HasSubstr("pid " + std::to_string(getpid())));
  const auto third = lock_data(dir.path / "data");  // the refused one has left the holder's mark alone
  EXPECT_THAT(third.error().message, HasSubstr("pid " + std::to_string(getpid())));
}

TEST(preflight, a_crash_leaves_its_mark_and_an_orderly_end_does_not) {
  const temporary_folder dir;
  const pid_t pid = fork();
  if (pid == 0) {
    auto lock = lock_data(dir.path);
    _exit(lock ? 0 : 1);  // without giving it back
  }
  int status = 0;
  waitpid(pid, &status, 0);
  ASSERT_EQ(status, 0);
  {
    const auto lock = lock_data(dir.path);
    ASSERT_TRUE(lock);
    EXPECT_TRUE(lock->left_by_a_crash());
  }
  EXPECT_FALSE(lock_data(dir.path)->left_by_a_crash());
}

TEST(preflight, a_data_directory_that_cannot_be_made_is_named) {
  const temporary_folder dir;
  std::ofstream(dir.path / "file") << "x";
  const auto lock = lock_data(dir.path / "file");
  ASSERT_FALSE(lock);
  EXPECT_THAT(lock.error().message, HasSubstr((dir.path / "file").string()));
}

TEST(preflight, a_taken_port_is_named_with_its_holder) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  socklen_t size = sizeof at;
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size), 0);
  const std::uint16_t port = ntohs(at.sin_port);
  const part p{.name = "gateway", .ports = {port}};
  const auto taken = check_ports({&p, 1}, false);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message, HasSubstr("port " + std::to_string(port)));
  EXPECT_THAT(taken.error().message, HasSubstr("pid " + std::to_string(getpid())));
  EXPECT_THAT(taken.error().message, HasSubstr("--port-offset"));
  close(fd);
  EXPECT_TRUE(check_ports({&p, 1}, false));
}

TEST(log_file, rotates_at_a_line_and_keeps_three) {
  const temporary_folder dir;
  const fs::path path = dir.path / "bus.log";
  log_file log(path, 20, 3);
  for (int i = 0; i < 10; ++i) log.write("line " + std::to_string(i) + " ........\n");
  log.write("half");
  EXPECT_THAT(log.last_lines(2), ElementsAre("line 9 ........", "half"));
  EXPECT_EQ(text_of(path), "half");
  EXPECT_EQ(text_of(path.string() + ".1"), "line 8 ........\nline 9 ........\n");
  EXPECT_TRUE(fs::exists(path.string() + ".3"));
  EXPECT_FALSE(fs::exists(path.string() + ".4"));
}

TEST(prometheus_config, targets_move_to_this_machine_and_nothing_else_changes) {
  const auto moved = localize_prometheus_config(
      "a: 1 # targets: ['x:1']\ns:\n  - targets: ['auth-service:3008', \"bus:9644\"] # bus:9644\n    l: kong:8001\n",
      100);
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(*moved,
            "a: 1 # targets: ['x:1']\ns:\n  - targets: ['127.0.0.1:3108', \"127.0.0.1:9744\"] # bus:9644\n    l: "
            "kong:8001\n");
  EXPECT_FALSE(localize_prometheus_config("targets: [nonsense]\n", 0));
}

TEST(prometheus_config, the_platforms_file_scrapes_every_role_on_its_health_port) {
  const auto moved = localize_prometheus_config(embedded_prometheus_yml(), 0);
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_THAT(*moved, HasSubstr("scrape_interval: 15s"));
  for (const int port : {9090, 8001, 9644, 14269, 3000, 3008, 3009, 3010, 3011, 3012, 3013, 3014, 3015})
    EXPECT_THAT(*moved, HasSubstr("'127.0.0.1:" + std::to_string(port) + "'"));
}

TEST(status_json, is_read_back_as_it_was_written) {
  platform_status status{.ready = true, .data = "/data", .admin_password_file = "/data/secrets/admin-password"};
  platform_status::role role;
  role.name = "gateway";
  role.pid = 12;
  role.state = part_state::backing_off;
  role.ports = {8000, 8443};
  role.start_ms = 81;
  role.restarts = 2;
  role.pss_kb = 7000;
  role.last_exit = "signal 9 (Killed)";
  status.roles.push_back(role);
  status.urls = {{"gateway", "http://127.0.0.1:8000"}};
  const std::string json = to_json(status);
  EXPECT_EQ(json,
            R"j({"roles":[{"name":"gateway","pid":12,"state":"backing-off","ports":[8000,8443],"start_ms":81,)j"
            R"j("restarts":2,"pss_kb":7000,"last_exit":"signal 9 (Killed)"}],"ready":true,"data":"/data",)j"
            R"j("admin_password_file":"/data/secrets/admin-password","urls":{"gateway":"http://127.0.0.1:8000"}})j");
  const auto back = parse_status(json);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), json);
  EXPECT_FALSE(parse_status("{}"));
}

}  // namespace
}  // namespace mes::platform
