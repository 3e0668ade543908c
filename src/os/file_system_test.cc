#include "os/file_system.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "os/sim_file_system.h"

namespace mes::os {
namespace {

using std::string;
using ::testing::ElementsAre;

string read_all(file_system& fs, const string& path) {
  auto opened = fs.open(path, open_mode::read);
  if (!opened) return "<" + string(name_of(opened.error().code)) + ">";
  string bytes((*opened)->size().value(), '?');
  EXPECT_EQ((*opened)->pread(0, bytes).value(), bytes.size());
  return bytes;
}

// Both file systems keep the contract of file_system.h.
class file_system_test : public ::testing::TestWithParam<string> {
 protected:
  file_system_test() {
    if (GetParam() == "real") {
      char name[] = "/tmp/mes-test-os-XXXXXX";
      _dir = mkdtemp(name);
      _fs = make_real_file_system();
    } else {
      _dir = "/data";
      _fs = std::make_unique<sim_file_system>();
      EXPECT_TRUE(_fs->make_dirs(_dir));
    }
  }
  ~file_system_test() override {
    if (GetParam() == "real") std::filesystem::remove_all(_dir);
  }
  string _dir;
  std::unique_ptr<file_system> _fs;
};
INSTANTIATE_TEST_SUITE_P(kinds, file_system_test, ::testing::Values("real", "simulated"),
                         [](auto& info) { return info.param; });

TEST_P(file_system_test, tells_what_is_free) {
  EXPECT_GT(_fs->free_bytes(_dir).value(), 0u);
  EXPECT_EQ(_fs->free_bytes(_dir + "/none").error().code, error_code::not_found);
}

TEST(sim_file_system, tells_what_is_free_of_its_limit) {
  sim_file_system fs;
  ASSERT_TRUE(fs.make_dirs("/data"));
  ASSERT_TRUE((*fs.open("/data/a", open_mode::create))->append("hello"));
  fs.limit_space(8);
  EXPECT_EQ(fs.free_bytes("/data").value(), 3u);
  fs.limit_space(4);
  EXPECT_EQ(fs.free_bytes("/data").value(), 0u);
}

TEST_P(file_system_test, reads_what_was_written) {
  auto f = std::move(*_fs->open(_dir + "/a", open_mode::create));
  EXPECT_TRUE(f->append("hello "));
  EXPECT_TRUE(f->append("world"));
  EXPECT_TRUE(f->pwrite(0, "J"));
  EXPECT_TRUE(f->pwrite(13, "!"));
  EXPECT_TRUE(f->sync());
  EXPECT_TRUE(_fs->sync_dir(_dir));
  EXPECT_EQ(f->size().value(), 14u);
  EXPECT_EQ(read_all(*_fs, _dir + "/a"), string("Jello world\0\0!", 14));
  string tail(10, '?');
  EXPECT_EQ(f->pread(12, tail).value(), 2u);
  EXPECT_EQ(f->pread(99, tail).value(), 0u);
}

TEST_P(file_system_test, long_writes_are_whole) {
  string long_text;
  for (unsigned i = 0; long_text.size() < 3'000'000; ++i) long_text += std::to_string(i);
  auto f = std::move(*_fs->open(_dir + "/a", open_mode::create));
  EXPECT_TRUE(f->append(long_text));
  EXPECT_TRUE(f->pwrite(1'000'000, std::string_view(long_text).substr(0, 1'200'001)));
  EXPECT_TRUE(f->sync());
  EXPECT_TRUE(read_all(*_fs, _dir + "/a") ==
              long_text.substr(0, 1'000'000) + long_text.substr(0, 1'200'001) + long_text.substr(2'200'001));
}

TEST_P(file_system_test, appends_go_on_at_the_end_that_was_there) {
  {
    auto f = std::move(*_fs->open(_dir + "/a", open_mode::create));
    EXPECT_TRUE(f->append("12345"));
    EXPECT_TRUE(f->preallocate(4096));
    EXPECT_TRUE(f->append("67"));
    EXPECT_EQ(f->size().value(), 4096u);
    EXPECT_TRUE(f->truncate(6));
    EXPECT_TRUE(f->append("x"));
  }
  auto f = std::move(*_fs->open(_dir + "/a", open_mode::read_write));
  EXPECT_TRUE(f->append("y"));
  EXPECT_EQ(read_all(*_fs, _dir + "/a"), "123456xy");
}

TEST_P(file_system_test, names_come_and_go) {
  EXPECT_EQ(_fs->open(_dir + "/a", open_mode::read).error().code, error_code::not_found);
  EXPECT_EQ(_fs->open(_dir + "/a", open_mode::read_write).error().code, error_code::not_found);
  EXPECT_EQ(_fs->open(_dir + "/none/a", open_mode::create).error().code, error_code::not_found);
  ASSERT_TRUE(_fs->open(_dir + "/a", open_mode::create_new));
  EXPECT_EQ(_fs->open(_dir + "/a", open_mode::create_new).error().code, error_code::already_exists);
  ASSERT_TRUE(_fs->open(_dir + "/b", open_mode::create)->get()->append("b"));
  EXPECT_TRUE(_fs->make_dirs(_dir + "/sub/deep"));
  EXPECT_TRUE(_fs->make_dirs(_dir + "/sub/deep"));
  EXPECT_THAT(_fs->list(_dir).value(), ElementsAre("a", "b", "sub"));
  EXPECT_TRUE(_fs->rename(_dir + "/b", _dir + "/a"));
  EXPECT_EQ(read_all(*_fs, _dir + "/a"), "b");
  EXPECT_EQ(_fs->rename(_dir + "/b", _dir + "/c").error().code, error_code::not_found);
  EXPECT_TRUE(_fs->remove(_dir + "/a"));
  EXPECT_EQ(_fs->remove(_dir + "/a").error().code, error_code::not_found);
  EXPECT_EQ(_fs->list(_dir + "/nowhere").error().code, error_code::not_found);
}

TEST_P(file_system_test, a_file_open_for_reading_takes_no_writes) {
  ASSERT_TRUE(_fs->open(_dir + "/a", open_mode::create));
  EXPECT_FALSE(_fs->open(_dir + "/a", open_mode::read)->get()->append("x"));
}

class sim_test : public ::testing::Test {
 protected:
  sim_test() { EXPECT_TRUE(_fs.make_dirs("/d")); }
  sim_file_system _fs;
};

TEST_F(sim_test, a_crash_keeps_what_was_synced) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    sim_file_system fs;
    ASSERT_TRUE(fs.make_dirs("/d"));
    auto f = std::move(*fs.open("/d/a", open_mode::create));
    ASSERT_TRUE(f->append("durable"));
    ASSERT_TRUE(f->sync());
    ASSERT_TRUE(fs.sync_dir("/d"));
    ASSERT_TRUE(f->append(" lost or not"));
    fs.crash(seed);
    EXPECT_TRUE(read_all(fs, "/d/a").starts_with("durable")) << seed;
    EXPECT_FALSE(f->append("x")) << "open before the crash";
  }
}

// The canary: a store that forgets one of the syncs must be found out.
TEST_F(sim_test, a_crash_finds_every_missing_sync) {
  std::set<string> without_sync, without_sync_dir;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (bool sync : {true, false}) {
      sim_file_system fs;
      ASSERT_TRUE(fs.make_dirs("/d"));
      auto f = std::move(*fs.open("/d/a", open_mode::create));
      ASSERT_TRUE(f->append(string(1024, 'x')));
      if (sync)
        ASSERT_TRUE(f->sync());
      else
        ASSERT_TRUE(fs.sync_dir("/d"));
      fs.crash(seed);
      (sync ? without_sync_dir : without_sync).insert(read_all(fs, "/d/a"));
    }
  }
  const string all(1024, 'x'), torn = string(512, 'x'), holed = string(512, '\0') + torn;
  EXPECT_EQ(without_sync, (std::set<string>{"", torn, holed, all}));
  EXPECT_EQ(without_sync_dir, (std::set<string>{"<not_found>", all}));
}

TEST_F(sim_test, a_rename_is_whole_or_not_there) {
  std::set<string> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    sim_file_system fs;
    ASSERT_TRUE(fs.make_dirs("/d"));
    for (const char* name : {"/d/old", "/d/new"}) {
      auto f = std::move(*fs.open(name, open_mode::create));
      ASSERT_TRUE(f->append(name));
      ASSERT_TRUE(f->sync());
    }
    ASSERT_TRUE(fs.sync_dir("/d"));
    ASSERT_TRUE(fs.rename("/d/new", "/d/old"));
    fs.crash(seed);
    seen.insert(read_all(fs, "/d/old") + " " + read_all(fs, "/d/new"));
  }
  EXPECT_EQ(seen, (std::set<string>{"/d/old /d/new", "/d/new <not_found>"}));
}

TEST_F(sim_test, the_power_can_go_before_any_operation) {
  auto work = [](sim_file_system& fs) {
    auto f = fs.open("/d/a", open_mode::create);
    return f && (*f)->append("1") && (*f)->sync() && fs.sync_dir("/d") && (*f)->append("2") && (*f)->sync();
  };
  ASSERT_TRUE(work(_fs));
  EXPECT_EQ(_fs.operations(), 6u);
  for (std::uint64_t at = 0; at < 6; ++at) {
    sim_file_system fs;
    ASSERT_TRUE(fs.make_dirs("/d"));
    fs.cut_power_after(at);
    EXPECT_FALSE(work(fs));
    EXPECT_TRUE(fs.is_cut());
    fs.crash(at);
    EXPECT_FALSE(fs.is_cut());
    auto found = read_all(fs, "/d/a");
    if (at >= 4) EXPECT_TRUE(found.starts_with("1")) << at;
  }
}

TEST_F(sim_test, a_full_disk_takes_what_fits) {
  auto f = std::move(*_fs.open("/d/a", open_mode::create));
  _fs.limit_space(10);
  EXPECT_TRUE(f->append("12345678"));
  auto full = f->append("abcd");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, error_code::storage_full);
  EXPECT_EQ(read_all(_fs, "/d/a"), "12345678ab");
  EXPECT_TRUE(f->pwrite(0, "0123"));  // needs no space
  _fs.limit_space(100);
  EXPECT_TRUE(f->append("ABCD"));  // the end had not moved
  EXPECT_EQ(read_all(_fs, "/d/a"), "01235678ABCD");
}

TEST_F(sim_test, a_sync_without_space_loses_what_does_not_fit) {
  auto f = std::move(*_fs.open("/d/a", open_mode::create));
  ASSERT_TRUE(_fs.sync_dir("/d"));
  _fs.limit_synced_space(6);
  EXPECT_TRUE(f->append("1234"));
  EXPECT_TRUE(f->sync());
  EXPECT_TRUE(f->append("abcd"));
  for (int told = 0; told < 2; ++told) {
    auto full = f->sync();
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, error_code::storage_full);
  }
  _fs.limit_synced_space(100);
  EXPECT_TRUE(f->sync());  // of nothing: what was lost counts as written
  EXPECT_EQ(read_all(_fs, "/d/a"), "1234abcd");
  _fs.crash(1);
  EXPECT_EQ(read_all(_fs, "/d/a"), "1234ab");
}

TEST_F(sim_test, faults_come_when_asked_for) {
  auto f = std::move(*_fs.open("/d/a", open_mode::create));
  _fs.fail_when([](auto what, auto& path) { return what == sim_file_system::operation::sync && path == "/d/a"; });
  EXPECT_TRUE(f->append("x"));
  EXPECT_EQ(f->sync().error().code, error_code::storage_failed);
  EXPECT_TRUE(_fs.sync_dir("/d"));
  _fs.fail_when(nullptr);
  EXPECT_TRUE(f->sync());
  _fs.flip_bit("/d/a", 0, 0);
  EXPECT_EQ(read_all(_fs, "/d/a"), "y");
}

}  // namespace
}  // namespace mes::os
