// Settings from all their places, checks of files, and what the command line refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "platform/cli/check.h"
#include "platform/cli/command_line.h"
#include "platform/cli/environment_check.h"
#include "platform/cli/settings_file.h"

namespace mes::platform {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

const std::vector<runtime::setting>& gateway_settings() {
  static const std::vector<runtime::setting> table = {
      {"workers", runtime::setting_type::integer, "1", "Threads.", 1, 64},
      {"idle_ms", runtime::setting_type::duration_ms, "75000", "Time until an idle connection is closed."}};
  return table;
}

const runtime::role_definition gateway_role = {
    .name = "gateway", .summary = "The door", .settings = &gateway_settings, .run = [](runtime::process&) {
      return 0;
    }};

settings_file file_of(std::string_view yaml) {
  auto root = wire::parse_yaml(yaml, "mes.yaml");
  EXPECT_TRUE(root) << root.error().message;
  return {.path = "mes.yaml", .root = std::move(*root)};
}

// Of a role that refuses two workers beside a short wait.
std::vector<error> check_gateway(const runtime::config& c) {
  if (c.integer("workers") < 2 || c.integer("idle_ms") >= 1'000) return {};
  return {runtime::wrong_setting("idle_ms", "too short for several workers")};
}

const char* no_environment(const char*) { return nullptr; }

class settings_test : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/mes-cli-XXXXXX";
    ASSERT_TRUE(mkdtemp(name));
    _dir = name;
  }
  void TearDown() override { fs::remove_all(_dir); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(_dir / name) << text;
    return (_dir / name).string();
  }
  fs::path _dir;
};

TEST(environment, tells_of_what_is_a_slip_away_from_a_setting) {
  const std::vector<runtime::role_definition> roles = {gateway_role};
  const std::vector<std::string> variables = {"MES_WORKRES=4",     "MES_WORKERS=4",  "MES_LOG_LEVL=warn",
                                              "MES_CONFIG=a.yaml", "MES_CONFIGG=a",  "MES_SECRET=x",
                                              "MES_BINARY=mes",    "WORKRES=4",      "MES_",
                                              "MES_GATEWAY=url",   "MES_OF_OTHERS=4"};
  EXPECT_THAT(misspelled_settings(variables, roles),
              ElementsAre("MES_WORKRES is no setting; did you mean MES_WORKERS?",
                          "MES_LOG_LEVL is no setting; did you mean MES_LOG_LEVEL?",
                          "MES_CONFIGG is no setting; did you mean MES_CONFIG?"));
}

TEST_F(settings_test, flag_then_environment_then_section_then_top) {
  const settings_file file = file_of("log_level: warn\nbind: 10.0.0.1\ngateway:\n  log_level: debug\n  workers: 4\n");
  EXPECT_THAT(gather_settings(gateway_role, {}, no_environment, file),
              ElementsAre(Pair("bind", "10.0.0.1"), Pair("log_level", "debug"), Pair("workers", "4")));
  const auto env = [](const char* name) { return std::string_view(name) == "MES_WORKERS" ? "5" : nullptr; };
  EXPECT_EQ(gather_settings(gateway_role, {}, env, file).at("workers"), "5");
  EXPECT_EQ(gather_settings(gateway_role, {{"workers", "6"}}, env, file).at("workers"), "6");
}

TEST_F(settings_test, a_file_with_mistakes_tells_all_of_them) {
  const settings_file file =
      file_of("bnid: x\ngateway:\n  workers: many\n  wrokers: 2\nwarehouse: {}\nlog_level: [a]\n");
  const auto problems = check_settings_file(file, {&gateway_role, 1});
  ASSERT_EQ(problems.size(), 5u);
  EXPECT_THAT(problems[0], HasSubstr("mes.yaml:1:1: \"bnid\" is neither a role nor a setting"));
  EXPECT_THAT(problems[1], HasSubstr("mes.yaml:3:12: "));
  EXPECT_THAT(problems[2], HasSubstr("mes.yaml:4:3: gateway has no setting \"wrokers\""));
  EXPECT_THAT(problems[3], HasSubstr("mes.yaml:5:1: \"warehouse\""));
  EXPECT_THAT(problems[4], HasSubstr("mes.yaml:6:12: log_level takes a single value"));
}

TEST_F(settings_test, what_does_not_go_together_is_told_with_the_line_of_the_file_that_gives_it) {
  runtime::role_definition role = gateway_role;
  role.check = &check_gateway;
  const settings_file file = file_of("gateway:\n  workers: 2\n  idle_ms: 5\n");
  const std::string in_file = "mes.yaml:3:12: idle_ms: too short for several workers";
  EXPECT_EQ(resolve_settings(role, {}, no_environment, file).error().message, in_file);
  EXPECT_EQ(resolve_settings(role, {{"idle_ms", "6"}}, no_environment, file).error().message,
            "idle_ms: too short for several workers");
  EXPECT_TRUE(resolve_settings(role, {{"workers", "1"}}, no_environment, file));
  EXPECT_THAT(check_settings_together(file, std::span(&role, 1), no_environment), ElementsAre(in_file));
  EXPECT_THAT(check_settings_together(file_of("data: here\n"), std::span(&role, 1), no_environment), ElementsAre());
  const environment one_worker = [](const char* name) {
    return std::string_view(name) == "MES_WORKERS" ? "1" : nullptr;
  };
  EXPECT_THAT(check_settings_together(file, std::span(&role, 1), one_worker), ElementsAre());
}

TEST_F(settings_test, the_data_directorys_file_is_found) {
  EXPECT_EQ(find_settings_file("", (_dir / "none").string())->path, "");
  write("mes.yaml", "log_level: debug\n");
  const auto file = find_settings_file("", _dir.string());
  ASSERT_TRUE(file);
  EXPECT_EQ(file->path, (_dir / "mes.yaml").string());
  EXPECT_FALSE(find_settings_file((_dir / "absent.yaml").string(), ""));
}

TEST_F(settings_test, check_knows_files_by_content) {
  const auto checkers = file_checkers({&gateway_role, 1}, {});
  EXPECT_EQ(check_command({write("mes.yaml", "gateway: { workers: 2 }\n")}, checkers), 0);
  EXPECT_EQ(check_command({write("mes.yaml", "gateway: { workers: 0 }\n")}, checkers), 1);
  EXPECT_EQ(check_command({write("topics.yaml", "topics:\n  - { name: a.b, partitions: 3 }\n")}, checkers), 0);
  EXPECT_EQ(
      check_command({write("topics.yaml", "topics:\n  - { name: a b }\n  - { name: x, partitions: 0 }\n")}, checkers),
      1);
  EXPECT_EQ(check_command({"tests/mappings/production-levy-2014.yaml"}, checkers), 0);
  EXPECT_EQ(check_command({write("m.yaml", "name: m\ncsv: {}\n")}, checkers), 1);
  EXPECT_EQ(check_command({write("other.yaml", "hello: world\n")}, checkers), 2);
  EXPECT_EQ(check_command({write("broken.yaml", "a: [\n")}, checkers), 1);
  EXPECT_EQ(check_command({"/nonexistent"}, checkers), 2);
}

std::pair<int, std::string> checked(const std::string& path) {
  testing::internal::CaptureStdout();
  const int code = check_command({path}, file_checkers({&gateway_role, 1}, {}));
  return {code, testing::internal::GetCapturedStdout()};
}

TEST_F(settings_test, check_knows_kinds_by_what_is_in_them) {
  EXPECT_THAT(checked(write("m4.yml", "services: []\n")),
              Pair(1, HasSubstr("m4.yml:1:1: error: the configuration: field '_format_version' is missing")));
  EXPECT_THAT(checked(write("plant.yaml", "log_level: debug\ngateway: { wrokers: 2 }\n")),
              Pair(1, HasSubstr("plant.yaml:2:12: error: gateway has no setting \"wrokers\"")));
  for (const char* text : {"- a\n", "topic: x\n", ""})
    EXPECT_THAT(checked(write("x.yaml", text)),
                Pair(2, AllOf(HasSubstr("x.yaml: error: of no kind that can be checked; there are\n"),
                              HasSubstr("known by _format_version"), HasSubstr("known by topics"),
                              HasSubstr("names of roles"), HasSubstr("report and order"))));
}

TEST_F(settings_test, check_warns_of_json_that_is_none) {
  EXPECT_THAT(checked(write("k.json", "{\"_format_version\": \"3.0\",\n \"tags\": [],\n}\n")),
              Pair(1, HasSubstr("k.json:3:1: warning: no JSON (")));
  EXPECT_THAT(checked(write("k.json", "{\"_format_version\": \"3.0\",\n \"services\": [],\n}\n")),
              Pair(0, HasSubstr("k.json:3:1: warning: no JSON (")));
  EXPECT_THAT(checked(write("k.json", "{\"_format_version\": \"3.0\", \"services\": []}\n")),
              Pair(0, Not(HasSubstr("warning"))));
}

TEST_F(settings_test, check_tells_all_that_it_finds_in_one_form) {
  EXPECT_THAT(checked(write("broken.yaml", "a: [\n")), Pair(1, HasSubstr("broken.yaml:2:1: error: ")));
  EXPECT_THAT(checked(write("topics.yaml", "topics:\n  - { name: a b }\n")), Pair(1, HasSubstr("yaml:2:13: error: ")));
  EXPECT_THAT(checked(write("mes.yaml", "bnid: x\n")), Pair(1, HasSubstr("mes.yaml:1:1: error: ")));
  EXPECT_THAT(checked(write("m.yaml", "name: m\ncsv: {}\n")), Pair(1, HasSubstr("m.yaml:1:1: error: ")));
  EXPECT_THAT(checked("/nonexistent"), Pair(2, HasSubstr("/nonexistent: error: No such file")));
}

int command_line(std::vector<std::string> words) {
  words.insert(words.begin(), "mes");
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  return run_command_line(static_cast<int>(argv.size()), argv.data(), {&gateway_role, 1});
}

TEST_F(settings_test, wrong_usage_is_2_and_help_is_0) {
  EXPECT_EQ(command_line({}), 2);
  EXPECT_EQ(command_line({"fly"}), 2);
  EXPECT_EQ(command_line({"up", "--port-offset", "many"}), 2);
  for (const char* offset : {"-1", "50001"}) EXPECT_EQ(command_line({"up", "--port-offset", offset}), 2) << offset;
  EXPECT_EQ(command_line({"gateway", "--no-such-flag"}), 2);
  EXPECT_EQ(command_line({"gateway", "--workers", "0", "--data", _dir.string()}), 2);
  EXPECT_EQ(command_line({"gateway", "--config", write("bad.yaml", "gateway: { x: 1 }\n")}), 2);
  EXPECT_EQ(command_line({"import", "x.csv"}), 2);
  EXPECT_EQ(command_line({"--help"}), 0);
  EXPECT_EQ(command_line({"--version"}), 0);
  testing::internal::CaptureStdout();
  EXPECT_EQ(command_line({"gateway", "--help"}), 0);
  const std::string help = testing::internal::GetCapturedStdout();
  EXPECT_THAT(help, HasSubstr("--idle-ms"));
  EXPECT_THAT(help, HasSubstr("[default: 75000]"));
  EXPECT_THAT(help, HasSubstr("MES_IDLE_MS"));
  EXPECT_THAT(help, HasSubstr("--port-offset"));
}

TEST_F(settings_test, wrong_words_are_told_in_order_with_what_was_meant) {
  const auto told = [](std::vector<std::string> words) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(command_line(std::move(words)), 2);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(told({"gatway"}), HasSubstr("mes: there is no 'gatway'; did you mean 'gateway'? there are up, down, "));
  EXPECT_THAT(told({"gateway", "--wrokers=3", "live.yml"}),
              HasSubstr("not expected: --wrokers=3 live.yml\ndid you mean --workers?\n"));
  EXPECT_THAT(told({"down", "--dta", "x"}), HasSubstr("not expected: --dta x\ndid you mean --data?\n"));
}

TEST_F(settings_test, commands_for_a_platform_that_does_not_run_say_so) {
  EXPECT_EQ(command_line({"status", "--data", _dir.string()}), 1);
  EXPECT_EQ(command_line({"down", "--data", _dir.string()}), 1);
  EXPECT_EQ(command_line({"logs", "--data", _dir.string()}), 1);
  EXPECT_EQ(command_line({"up", "--data", _dir.string(), "--only", "nonsense"}), 1);
}

}  // namespace
}  // namespace mes::platform
