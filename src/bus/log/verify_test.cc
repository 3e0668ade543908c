#include "bus/log/verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "bus/log/store_state.h"
#include "bus/log/test_store.h"
#include "os/overlay_file_system.h"
#include "os/whole_file.h"

namespace mes::bus::log {
namespace {

using namespace test_support;

// A log with closed and cleaned segments, closed cleanly; or as a power cut leaves it.
void fill(os::sim_file_system& files, bool clean_stop) {
  opened o(files, 2'048);
  const auto t = o.make("t", 1, {{"retention.ms", "-1"}}),
             table = o.make("table", 1,
                            {{"cleanup.policy", "compact"}, {"segment.ms", "1"}, {"min.cleanable.dirty.ratio", "0"}});
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(o.put(t, std::to_string(i) + std::string(100, 'x')), opened::outcome::stored);
    ASSERT_EQ(o.put(table, std::to_string(i)), opened::outcome::stored);
  }
  ASSERT_TRUE(o.housekeeping());
  if (clean_stop) ASSERT_TRUE(o.store->close());
}

std::string first_problem(os::file_system& files) {
  const auto report = verify(files, "/bus");
  if (!report) return report.error().message;
  if (report->problems.empty()) return "";
  const log_problem& p = report->problems.front();
  return p.file + ":" + std::to_string(p.at) + ": " + p.what;
}

TEST(verify, finds_nothing_wrong_with_a_log_that_is_whole) {
  for (const bool clean_stop : {true, false}) {
    os::sim_file_system files;
    fill(files, clean_stop);
    if (!clean_stop) files.crash(1);
    EXPECT_EQ(first_problem(files), "");
    const auto report = verify(files, "/bus");
    EXPECT_GT(report->segments, 2U);
    EXPECT_GT(report->indexes, 1U);
    EXPECT_GT(report->batches, 30U);
  }
}

TEST(verify, finds_each_flipped_bit) {
  os::sim_file_system whole;
  fill(whole, true);
  for (const std::string& name : *whole.list("/bus")) {
    auto file = whole.open("/bus/" + name, os::open_mode::read);
    const std::uint64_t size = *(*file)->size();
    const std::uint64_t step = size / 40 + 1;
    for (std::uint64_t at = 0; at < size; at += step) {
      whole.flip_bit("/bus/" + name, at, 2);
      // Bytes of a frame's header that are not used are summed as well; so are those of a segment's.
      EXPECT_NE(first_problem(whole), "") << name << " byte " << at;
      whole.flip_bit("/bus/" + name, at, 2);
    }
  }
  EXPECT_EQ(first_problem(whole), "");
}

TEST(verify, names_the_records_that_cannot_be_read_and_reads_on_behind_them) {
  os::sim_file_system files;
  {
    opened o(files);
    const auto t = o.make("t", 2);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(o.put(t, "value " + std::to_string(i)), opened::outcome::stored);
    ASSERT_TRUE(o.store->close());
  }
  const std::uint64_t whole = verify(files, "/bus")->batches;
  const std::string bytes = *os::read_whole(files, "/bus/" + segment_name(1));
  for (const std::string_view value : {"value 1", "value 3"})
    files.flip_bit("/bus/" + segment_name(1), bytes.find(value), 2);
  const auto report = verify(files, "/bus");
  ASSERT_EQ(report->problems.size(), 2U) << report->problems.back().what;
  EXPECT_EQ(report->problems[0].what, "offsets 1 to 1 of partition 0 of topic t cannot be read");
  EXPECT_EQ(report->problems[1].what, "offsets 3 to 3 of partition 0 of topic t cannot be read");
  EXPECT_EQ(report->batches, whole - 2);
  EXPECT_TRUE(opened(files).store);  // the bus starts
}

// As a file whose middle was never written.
TEST(verify, tells_of_records_that_lie_together_once) {
  os::sim_file_system files;
  {
    opened o(files);
    const auto t = o.make("t");
    for (int i = 0; i < 9; ++i) ASSERT_EQ(o.put(t, "value " + std::to_string(i)), opened::outcome::stored);
    ASSERT_TRUE(o.store->close());
  }
  const std::uint64_t whole = verify(files, "/bus")->batches;
  const std::string bytes = *os::read_whole(files, "/bus/" + segment_name(1));
  for (const std::string_view value : {"value 2", "value 3", "value 4", "value 7"})
    files.flip_bit("/bus/" + segment_name(1), bytes.find(value), 2);
  const auto report = verify(files, "/bus");
  ASSERT_EQ(report->problems.size(), 2U) << report->problems.back().what;
  EXPECT_EQ(report->problems[0].what, "offsets 2 to 4 of partition 0 of topic t cannot be read");
  EXPECT_EQ(report->problems[1].what, "offsets 7 to 7 of partition 0 of topic t cannot be read");
  EXPECT_EQ(report->batches, whole - 4);
}

TEST(verify, says_the_bus_will_not_start_only_of_one_that_does_not) {
  os::sim_file_system whole;
  fill(whole, true);
  for (const std::string& name : *whole.list("/bus")) {
    const auto bytes = *os::read_whole(whole, "/bus/" + name);
    for (std::size_t at = 0; at < bytes.size(); at += bytes.size() / 4 + 1) {
      whole.flip_bit("/bus/" + name, at, 2);
      const auto report = verify(whole, "/bus");
      ASSERT_TRUE(report);
      const bool told = std::ranges::any_of(
          report->problems, [](const log_problem& p) { return p.what.contains("the bus will not start"); });
      os::overlay_file_system in_memory(whole);
      EXPECT_EQ(told, !opened(in_memory).store) << name << " byte " << at;
      whole.flip_bit("/bus/" + name, at, 2);
    }
  }
}

// The bus and verify say the same: nothing of it is cut off.
TEST(verify, what_a_newer_mes_wrote_is_not_broken) {
  os::sim_file_system files;
  fill(files, true);
  const auto rewrite = [&](const std::string& name, auto change) {
    auto bytes = os::read_whole(files, "/bus/" + name);
    EXPECT_TRUE(bytes);
    EXPECT_TRUE(os::write_whole(files, "/bus/" + name, change(*bytes)));
    const std::string told = first_problem(files);
    EXPECT_NE(told.find("use the newer mes"), std::string::npos) << told;
    const opened o(files);
    EXPECT_FALSE(o.store);
    EXPECT_NE(o.why.find("use the newer mes"), std::string::npos) << o.why;
    EXPECT_TRUE(os::write_whole(files, "/bus/" + name, *bytes));
  };
  rewrite(std::string(checkpoint_file), [](std::string bytes) {
    std::string body(*unseal(checkpoint_magic, bytes));
    body[0] = checkpoint_version + 1;
    return seal(checkpoint_magic, body);
  });
  std::vector<std::string> logs;
  for (const std::string& name : *files.list("/bus"))
    if (name.ends_with(".log")) logs.push_back(name);
  rewrite(std::ranges::max(logs), [&](std::string bytes) {
    const std::uint64_t number = *parse_segment_name(std::ranges::max(logs));
    return make_segment_header(number, format_version + 1) + bytes.substr(segment_header_size);
  });
  EXPECT_EQ(first_problem(files), "");
}

TEST(verify, tells_of_missing_files) {
  os::sim_file_system files;
  fill(files, true);
  for (const std::string& name : *files.list("/bus"))
    if (name.ends_with(".log") && name != segment_name(1)) ASSERT_TRUE(files.remove("/bus/" + name));
  EXPECT_NE(first_problem(files).find("is missing"), std::string::npos) << first_problem(files);
  EXPECT_FALSE(verify(files, "/nowhere"));
}

TEST(verify, tells_of_what_the_bus_will_not_start_with_and_of_missing_records) {
  const auto without = [](const std::string& name) {
    os::sim_file_system files;
    fill(files, true);
    EXPECT_TRUE(files.remove("/bus/" + name)) << name;
    return first_problem(files);
  };
  os::sim_file_system whole;
  fill(whole, true);
  std::string cleaned, middle;
  for (const std::string& name : *whole.list("/bus")) {
    if (name.ends_with(".clean")) cleaned = name;
    if (name.ends_with(".log") && middle.empty() && name != segment_name(1)) middle = name;
  }
  EXPECT_NE(without(cleaned).find("the bus will not start"), std::string::npos) << without(cleaned);
  EXPECT_NE(without(std::string(checkpoint_file)).find("the bus will not start"), std::string::npos);
  EXPECT_NE(without(segment_name(1)).find("of topic t are in no file"), std::string::npos) << without(segment_name(1));
  const std::string told = without(middle);
  EXPECT_NE(told.find("of topic t are in no file"), std::string::npos) << told;
  EXPECT_EQ(first_problem(whole), "");
}

}  // namespace
}  // namespace mes::bus::log
