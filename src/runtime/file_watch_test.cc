#include "runtime/file_watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace mes::runtime {
namespace {

using namespace std::chrono_literals;

class file_watch_test : public testing::Test {
 protected:
  file_watch_test() { std::filesystem::create_directories(folder); }
  ~file_watch_test() override { std::filesystem::remove_all(folder); }

  void write(const std::string& name, const std::string& text) const { std::ofstream(folder / name) << text; }
  std::string path(const std::string& name) const { return (folder / name).string(); }
  // Runs the loop until the watch has told, or for good if it never does: the test's time limit finds that.
  void wait() {
    loop.run();
    ++told;
  }

  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("file_watch_test." + std::to_string(getpid()));
  event_loop loop;
  int told = 0;
};

TEST_F(file_watch_test, tells_of_what_is_written_replaced_and_linked_anew) {
  write("a", "1");
  write("b", "1");
  std::filesystem::create_symlink("a", folder / "link");
  file_watch watch(loop, {path("link")}, 5ms, [this] { loop.stop(); });
  write("a", "22");
  wait();
  write("new", "333");
  std::filesystem::rename(folder / "new", folder / "a");
  wait();
  std::filesystem::create_symlink("b", folder / "next");
  std::filesystem::rename(folder / "next", folder / "link");
  wait();
  EXPECT_EQ(told, 3);
}

TEST_F(file_watch_test, says_nothing_of_files_that_stay_and_waits_for_one_that_is_missing) {
  write("a", "1");
  int calls = 0;
  file_watch watch(loop, {path("a"), path("b")}, 5ms, [&] { ++calls; });
  int ticks = 0;
  auto timer = loop.every(5ms, [&] {
    ++ticks;
    if (ticks == 5) write("a", "22");
    if (ticks == 10) {
      EXPECT_EQ(calls, 0) << "one of them is missing";
      write("b", "1");
    }
    if (calls == 1) loop.stop();
  });
  loop.run();
  EXPECT_EQ(calls, 1);
}

TEST_F(file_watch_test, tells_again_who_could_not_read_what_is_there) {
  write("a", "1");
  int calls = 0;
  file_watch watch(loop, {path("a")}, 5ms, [&] {
    if (++calls == 3) return loop.stop();
    watch.tell_again();
  });
  write("a", "22");
  loop.run();
  EXPECT_EQ(calls, 3);
}

TEST_F(file_watch_test, tells_once_that_a_file_is_missing_and_once_that_it_is_back) {
  write("a", "1");
  std::vector<bool> gone;
  auto timer = loop.every(5ms, [] {});
  file_watch watch(
      loop, {path("a")}, 5ms, [] {},
      [&](bool is_gone) {
        gone.push_back(is_gone);
        if (!is_gone) return loop.stop();
        timer = loop.every(50ms, [&] { write("a", "1"); });  // some looks later
      });
  std::filesystem::remove(folder / "a");
  loop.run();
  EXPECT_EQ(gone, (std::vector<bool>{true, false}));
}

}  // namespace
}  // namespace mes::runtime
