#include "platform/supervisor/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace mes::platform {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// Children are shell scripts; what they do is read from the files that they write, in order.
class supervisor_test : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/mes-supervisor-XXXXXX";
    ASSERT_TRUE(mkdtemp(name));
    _dir = name;
    _options = {.logs = _dir, .ask_every = 5ms, .back_off_first = 10ms, .stop_grace = 10s, .start_deadline = 20s};
  }
  void TearDown() override {
    _supervisor.reset();
    fs::remove_all(_dir);
  }

  // A part that writes "NAME up" once it runs and "NAME down" when it is told to stop.
  part well_behaved(const std::string& name, std::vector<std::string> needs = {}) {
    return script(name,
                  "trap 'echo " + name + " down >> events; kill $!; exit 0' TERM; echo " + name +
                      " up >> events; sleep 1000 & wait",
                  std::move(needs));
  }

  part script(const std::string& name, const std::string& text, std::vector<std::string> needs = {}) {
    return {.name = name, .argv = {"/bin/sh", "-c", "cd " + _dir.string() + "; " + text}, .needs = std::move(needs)};
  }

  void make(std::vector<part> parts) {
    _supervisor = std::make_unique<supervisor>(
        _loop, std::move(parts), _options,
        supervisor::callbacks{.report = [this](const std::string& line) { _reports.push_back(line); },
                              .ready =
                                  [this] {
                                    if (_on_ready) _on_ready();
                                  },
                              .failed =
                                  [this](const std::string& name, const std::string& why) {
                                    _failure = name + " " + why;
                                    stop();
                                  }});
  }

  void stop() {
    _supervisor->stop([this] { _loop.stop(); });
  }

  // Asks every 5 ms until it holds; a test that waits for ever is ended by its runner.
  void when(std::function<bool()> holds, std::function<void()> then) {
    if (holds()) return then();
    _timers.push_back(
        _loop.after(5ms, [this, holds = std::move(holds), then = std::move(then)] { when(holds, then); }));
  }

  std::string events() const { return text_of("events"); }
  std::string text_of(const std::string& file) const {
    std::ifstream in(_dir / file);
    return (std::ostringstream() << in.rdbuf()).str();
  }
  part_status status(const std::string& name) const {
    for (part_status& s : _supervisor->status())
      if (s.name == name) return s;
    return {};
  }

  fs::path _dir;
  runtime::event_loop _loop;
  supervisor_options _options;
  std::unique_ptr<supervisor> _supervisor;
  std::function<void()> _on_ready;
  std::vector<std::shared_ptr<runtime::event_loop::timer>> _timers;
  std::vector<std::string> _reports;
  std::string _failure;
};

TEST_F(supervisor_test, stops_in_reverse_order_of_need) {
  make({well_behaved("base"), well_behaved("middle", {"base"}), well_behaved("top", {"middle", "absent"})});
  when([&] { return std::ranges::count(events(), '\n') == 3; }, [&] { stop(); });
  _supervisor->start();
  _loop.run();
  const std::string all = events();
  EXPECT_THAT(all.substr(all.find("top down")), testing::StrEq("top down\nmiddle down\nbase down\n"));
  EXPECT_EQ(status("top").state, part_state::stopped);
  EXPECT_EQ(status("top").pid, 0);
}

TEST_F(supervisor_test, a_waiting_part_starts_when_what_it_needs_is_ready) {
  part late = script("late", "echo late >> events; sleep 1000 & wait", {"early"});
  late.waits = true;
  part early = script("early", "exec sleep 1000");
  early.ready = {.by = readiness::kind::http, .port = 1, .path = "/"};  // nobody answers on port 1
  _options.start_deadline = 200ms;
  make({late, early});
  _supervisor->start();
  _loop.run();
  EXPECT_EQ(events(), "");
  EXPECT_THAT(_failure, testing::AnyOf(HasSubstr("late is waiting"), HasSubstr("early is starting")));
}

TEST_F(supervisor_test, restarts_a_crashed_part_and_says_so) {
  make({script("flaky", "echo run >> events; [ $(wc -l < events) -ge 3 ] || exit 7; sleep 1000 & wait")});
  when([&] { return events() == "run\nrun\nrun\n"; }, [&] { stop(); });
  _supervisor->start();
  _loop.run();
  EXPECT_EQ(status("flaky").restarts, 2);
  EXPECT_THAT(_reports, testing::Contains("flaky ended with exit code 7; it starts again in 10 ms"));
  EXPECT_THAT(_reports, testing::Contains("flaky ended with exit code 7; it starts again in 20 ms"));
}

TEST_F(supervisor_test, restarts_after_kill_9_once_it_was_ready) {
  make({script("victim", "echo run >> events; exec sleep 1000")});
  _on_ready = [&] { kill(status("victim").pid, SIGKILL); };
  when([&] { return status("victim").restarts == 1 && status("victim").pid != 0; }, [&] { stop(); });
  _supervisor->start();
  _loop.run();
  EXPECT_THAT(_reports[0], HasSubstr("victim ended with signal 9"));
}

TEST_F(supervisor_test, gives_up_a_start_that_crashes_again_and_again) {
  _options.start_crashes_max = 3;
  part broken = script("broken", "echo no luck >&2; exit 3");
  broken.ready = {.by = readiness::kind::http, .port = 1, .path = "/"};
  make({broken, well_behaved("fine")});
  _supervisor->start();
  _loop.run();
  EXPECT_EQ(_failure, "broken ended 3 times, last with exit code 3");
  EXPECT_THAT(_supervisor->last_lines("broken", 20), testing::Each("no luck"));
  EXPECT_THAT(text_of("broken.log"), HasSubstr("no luck\n"));
}

TEST_F(supervisor_test, a_program_that_does_not_exist_is_a_reason) {
  _options.start_crashes_max = 1;
  make({{.name = "ghost", .argv = {"/nonexistent/program"}}});
  _supervisor->start();
  _loop.run();
  EXPECT_THAT(_failure, HasSubstr("cannot start /nonexistent/program: No such file or directory"));
}

TEST_F(supervisor_test, kills_what_does_not_stop_and_says_so) {
  _options.stop_grace = 50ms;
  make({script("stubborn", "trap '' TERM; echo up >> events; while :; do sleep 1000; done")});
  when([&] { return events() == "up\n"; }, [&] { stop(); });
  _supervisor->start();
  _loop.run();
  ASSERT_FALSE(_reports.empty());
  EXPECT_THAT(_reports.back(), HasSubstr("stubborn"));
  EXPECT_THAT(_reports.back(), HasSubstr("did not stop within 50 ms: killed"));
  EXPECT_THAT(status("stubborn").last_exit, HasSubstr("signal 9"));
}

TEST_F(supervisor_test, restart_on_request_waits_for_no_back_off) {
  make({well_behaved("part")});
  when([&] { return events() == "part up\n"; }, [&] { ASSERT_TRUE(_supervisor->restart("part")); });
  when([&] { return events() == "part up\npart down\npart up\n"; }, [&] { stop(); });
  _supervisor->start();
  _loop.run();
  EXPECT_EQ(status("part").restarts, 1);
  EXPECT_THAT(_reports, testing::Not(testing::Contains(HasSubstr("starts again"))));
  EXPECT_FALSE(_supervisor->restart("nobody"));
}

TEST_F(supervisor_test, children_get_their_environment_and_no_terminal_signals) {
  part p = script("env", "echo $MES_TEST_VALUE > value; ps -o pgid= -p $$ | tr -d ' ' > group; sleep 1000 & wait");
  p.env = {{"MES_TEST_VALUE", "forty-two"}};
  make({p});
  when([&] { return text_of("group").ends_with('\n'); },
       [&] {
         EXPECT_EQ(text_of("group"), std::to_string(status("env").pid) + "\n");
         stop();
       });
  _supervisor->start();
  _loop.run();
  EXPECT_EQ(text_of("value"), "forty-two\n");
}

}  // namespace
}  // namespace mes::platform
