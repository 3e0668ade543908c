// CSV, mappings, local times, and the facts that rows become.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "platform/import/csv.h"
#include "platform/import/facts.h"
#include "platform/import/local_time.h"
#include "platform/import/mapping.h"
#include "platform/import/totals.h"

namespace mes::platform {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<csv_row> read_all(const std::string& text, char separator = ',') {
  std::istringstream in(text);
  csv_reader reader(in, separator);
  std::vector<csv_row> rows;
  for (csv_row row; reader.next(row);) rows.push_back(row);
  return rows;
}

TEST(csv, fields_as_rfc_4180_has_them) {
  const auto rows = read_all("aaa,\"b \r\nbb\",\"c\"\"c\"\r\nzzz,,\"\"\r\n\r\nlast, x ,\"y,z\"");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_THAT(rows[0].fields, ElementsAre("aaa", "b \r\nbb", "c\"c"));
  EXPECT_THAT(rows[1].fields, ElementsAre("zzz", "", ""));
  EXPECT_EQ(rows[1].line, 3);
  EXPECT_THAT(rows[2].fields, ElementsAre("last", " x ", "y,z"));
  EXPECT_EQ(rows[2].line, 5);
  EXPECT_EQ(rows[2].raw, "last, x ,\"y,z\"");
}

TEST(csv, a_byte_order_mark_and_other_separators) {
  const auto rows = read_all(
      "\xEF\xBB\xBF"
      "a;b\n1,5;2\n",
      ';');
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[0].fields, ElementsAre("a", "b"));
  EXPECT_THAT(rows[1].fields, ElementsAre("1,5", "2"));
}

TEST(csv, bad_quotes_are_problems_of_their_row) {
  const auto rows = read_all("a\"b,c\n\"a\"b,c\ngood,row\n\"open,\nto the end\n");
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].problem, "a quote stands inside an unquoted field");
  EXPECT_EQ(rows[1].problem, "text follows a closed quote");
  EXPECT_EQ(rows[2].problem, "");
  EXPECT_EQ(rows[3].problem, "a quoted field is not closed");
  EXPECT_EQ(rows[3].line, 4);
}

instant at(const char* rfc3339) { return *instant::parse(rfc3339); }

TEST(local_time, formats_and_zones) {
  const time_zone utc = *time_zone::find("UTC"), east = *time_zone::find("+02:00");
  EXPECT_EQ(parse_local_time("2012/01/29 23:24:00.000", "%Y/%m/%d %H:%M:%S.%f", utc), at("2012-01-29T23:24:00Z"));
  EXPECT_EQ(parse_local_time("29.1.12 3:04", "%d.%m.%y %H:%M", east), at("2012-01-29T01:04:00Z"));
  EXPECT_EQ(parse_local_time("Jan 5 2024 12:30 AM", "%b %e %Y %I:%M %p", utc), at("2024-01-05T00:30:00Z"));
  EXPECT_EQ(parse_local_time("2024-01-05T10:00:00.25-0330", "%Y-%m-%dT%H:%M:%S.%f%z", east),
            at("2024-01-05T13:30:00.25Z"));
  EXPECT_EQ(parse_local_time("1700000000", "%s", east), at("2023-11-14T22:13:20Z"));
  for (const char* bad : {"2012/02/30 00:00:00.000", "2012/01/29 24:00:00.000", "2012/01/29 23:24:00.000 ", "",
                          "29/01/2012 23:24:00.000"})
    EXPECT_FALSE(parse_local_time(bad, "%Y/%m/%d %H:%M:%S.%f", utc)) << bad;
}

TEST(local_time, zones_of_the_database_follow_their_clocks) {
  const auto berlin = time_zone::find("Europe/Berlin");
  if (!berlin) GTEST_SKIP() << "no time zone database here";
  EXPECT_EQ(parse_local_time("2024-01-15 12:00", "%Y-%m-%d %H:%M", *berlin), at("2024-01-15T11:00:00Z"));
  EXPECT_EQ(parse_local_time("2024-07-15 12:00", "%Y-%m-%d %H:%M", *berlin), at("2024-07-15T10:00:00Z"));
  EXPECT_FALSE(time_zone::find("Europe/Atlantis"));
  EXPECT_FALSE(time_zone::find("../../etc/passwd"));
}

TEST(local_time, wrong_formats_are_told) {
  EXPECT_EQ(check_time_format("%Y-%m-%d"), "");
  EXPECT_THAT(check_time_format("%Y-%q"), HasSubstr("%q is not known"));
  EXPECT_THAT(check_time_format("YYYY"), HasSubstr("no % directive"));
}

constexpr const char* plant = R"(
name: plant
csv: { separator: ';', decimal_point: ',', trim: true }
time: { format: '%Y-%m-%d %H:%M', zone: '+01:00' }
skip: { Kind: [X, Y] }
part: { number: Part }
resource: { code: Machine }
worker: { employee_id: Man }
order: { number: Order, quantity: { constant: '10' } }
report:
  operation: Step
  operation_kind:
    constant: production
    cases: [{ when: { Step: [Pack, Ship] }, value: packing }]
  report_type: { column: Kind, default: P, map: { P: production, S: setup } }
  started_at: From
  ended_at: To
  completed: Good
)";
const std::vector<std::string> header = {"Order", "Part", "Machine", "Man", "Step", "Kind", "From", "To", "Good"};

import_mapping mapping_of(std::string_view text) {
  auto m = parse_mapping(text, "m.yaml");
  EXPECT_TRUE(m) << (m ? "" : m.error().message);
  return m ? *m : import_mapping{};
}

csv_row row_of(std::vector<std::string> fields) { return {.line = 2, .fields = std::move(fields)}; }

std::vector<std::string> good_fields() {
  return {"WO-1", "Bolt", "M1", "W1", " Turn ", "", "2024-03-01 08:00", "2024-03-01 09:30", "3,5"};
}

TEST(mapping, mistakes_are_all_told_with_their_place) {
  const auto m =
      parse_mapping("name: x\ntime: { format: 'YY', zone: Mars }\npart: { numbr: P }\norders: {}\n", "m.yaml");
  ASSERT_FALSE(m);
  const std::string& all = m.error().message;
  EXPECT_THAT(all, HasSubstr("m.yaml:2:17: the format cannot be used"));
  EXPECT_THAT(all, HasSubstr("m.yaml:2:29: \"Mars\" is no time zone"));
  EXPECT_THAT(all, HasSubstr("m.yaml:3:9: part has no \"numbr\"; there are number, description"));
  EXPECT_THAT(all, HasSubstr("m.yaml:4:1: a mapping has no \"orders\""));
  EXPECT_THAT(all, HasSubstr("report.started_at is missing"));
}

TEST(mapping, the_real_shops_file_is_in_order) {
  const auto m = read_mapping("tests/mappings/production-levy-2014.yaml");
  ASSERT_TRUE(m) << m.error().message;
  EXPECT_THAT(columns_of(*m), testing::Contains("Work Order  Qty"));
}

TEST(facts, a_row_becomes_a_report_with_all_that_it_names) {
  const import_mapping m = mapping_of(plant);
  auto reader = fact_reader::make(m, header);
  ASSERT_TRUE(reader) << reader.error().message;
  const auto f = reader->read(row_of(good_fields()));
  ASSERT_TRUE(f) << f.error().message;
  EXPECT_EQ(f->report.operation, "Turn");
  EXPECT_EQ(f->report.kind, "production");
  EXPECT_EQ(f->report.type, "production");
  EXPECT_EQ(f->report.started, at("2024-03-01T07:00:00Z"));
  EXPECT_EQ(f->report.completed.to_string(), "3.5");
  EXPECT_EQ(f->order.ordered, quantity::of(10));
  EXPECT_EQ(f->order.part, "Bolt");
  auto packed = good_fields();
  packed[4] = "Pack";
  EXPECT_EQ(reader->read(row_of(packed))->report.kind, "packing");
  auto skipped = good_fields();
  skipped[5] = "X";
  EXPECT_TRUE(reader->is_skipped(row_of(skipped)));
  EXPECT_FALSE(reader->is_skipped(row_of(good_fields())));
}

// Expected values from Python's uuid.uuid5.
TEST(facts, ids_depend_on_the_mapping_and_the_row_alone_and_tell_identical_rows_apart) {
  const import_mapping m = mapping_of(plant);
  EXPECT_EQ(import_name_space(m).to_string(), "86f7e107-0be9-5ff5-ac9b-7d5d440e6d69");
  auto fields = good_fields();
  fields[4] = "Turn";
  fields[5] = "5";
  for (int run = 0; run < 2; ++run) {
    import_mapping with_five = m;
    with_five.fields["report.report_type"] = {.constant = "setup"};
    auto reader = fact_reader::make(with_five, header);
    EXPECT_EQ(reader->read(row_of(fields))->report.id.to_string(), "a8ecc7b5-0b45-57d1-bcda-b9fd90ca9fb3");
    EXPECT_EQ(reader->read(row_of(fields))->report.id.to_string(), "00526e9f-7f65-52af-9b97-c32bb4787ec5");
  }
}

TEST(facts, bad_rows_say_why) {
  const import_mapping m = mapping_of(plant);
  auto reader = fact_reader::make(m, header);
  const auto why = [&](std::size_t column, const std::string& value) {
    auto fields = good_fields();
    fields[column] = value;
    const auto f = reader->read(row_of(fields));
    return f ? std::string("taken") : f.error().message;
  };
  EXPECT_EQ(why(0, ""), "order.number is empty");
  EXPECT_EQ(why(5, "Q"), "report.report_type: the mapping does not know \"Q\"");
  EXPECT_EQ(why(6, "yesterday"), "report.started_at is \"yesterday\"; a time as %Y-%m-%d %H:%M was expected");
  EXPECT_EQ(why(7, "2024-03-01 07:59"), "report.ended_at is before report.started_at");
  EXPECT_EQ(why(8, "-1"), "report.completed is \"-1\"; a number from 0 was expected");
  EXPECT_EQ(why(4, "\xFF"), "report.operation is not clean UTF-8 text");
  EXPECT_EQ(why(4, std::string(201, 'x')), "report.operation is longer than 200 bytes");
  EXPECT_EQ(why(8, "4"), "taken");
  EXPECT_EQ(why(1, "Nut"), "order WO-1 is of 10 Nut here and of 10 Bolt in an earlier row");
  EXPECT_EQ(reader->read(row_of({"a", "b"})).error().message, "2 fields; the header has 9");
}

TEST(facts, missing_columns_are_named) {
  const import_mapping m = mapping_of(plant);
  const auto reader = fact_reader::make(m, {"Order", "Part", "Machine", "Man", "Step", "Kind", "From"});
  ASSERT_FALSE(reader);
  EXPECT_THAT(reader.error().message, HasSubstr("no column \"Good\", \"To\""));
}

TEST(totals, sum_up_and_take_back) {
  const import_mapping m = mapping_of(plant);
  auto reader = fact_reader::make(m, header);
  file_totals totals;
  auto fields = good_fields();
  totals.add(*reader->read(row_of(fields)));
  fields[4] = "Pack";
  const row_facts packed = *reader->read(row_of(fields));
  totals.add(packed);
  EXPECT_EQ(totals.all.reports, 2);
  EXPECT_EQ(totals.all.completed, quantity::of(7));
  EXPECT_EQ(totals.all.reported_minutes, 180);
  EXPECT_EQ(totals.packed.to_string(), "3.5");
  EXPECT_EQ(totals.ordered(), quantity::of(10));
  EXPECT_EQ(totals.parts.size(), 1u);
  totals.remove(packed.report);
  EXPECT_EQ(totals.by_worker["W1"].reports, 1);
  EXPECT_EQ(totals.packed, quantity{});
}

}  // namespace
}  // namespace mes::platform
