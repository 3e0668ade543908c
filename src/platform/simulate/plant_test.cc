#include "platform/simulate/plant.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace mes::platform {
namespace {

// splitmix64's published first outputs for the seed 1234567.
TEST(seeded_random, gives_the_numbers_of_splitmix64) {
  seeded_random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317ull);
  EXPECT_EQ(random.next(), 3203168211198807973ull);
  EXPECT_EQ(random.next(), 9817491932198370423ull);
}

std::vector<order_course::step> whole_course(std::uint64_t seed, int orders,
                                             std::vector<planned_order>* plans = nullptr) {
  const plant shop(seed);
  seeded_random random(seed);
  std::vector<order_course::step> all;
  for (int i = 0; i < orders; ++i) {
    planned_order planned = shop.plan("SIM-" + std::to_string(i), random);
    if (plans) plans->push_back(planned);
    order_course course(shop, std::move(planned), seeded_random(random.next()), "test");
    while (!course.finished()) all.push_back(course.next());
  }
  return all;
}

TEST(plant, the_same_seed_gives_the_same_life) {
  const auto a = whole_course(7, 30), b = whole_course(7, 30), c = whole_course(8, 30);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].report.id, b[i].report.id);
    EXPECT_EQ(a[i].report.completed, b[i].report.completed);
    EXPECT_EQ(a[i].report.worker, b[i].report.worker);
    EXPECT_EQ(a[i].minutes, b[i].minutes);
  }
  EXPECT_FALSE(a.size() == c.size() && a[0].report.completed == c[0].report.completed &&
               a[1].report.worker == c[1].report.worker && a[2].report.worker == c[2].report.worker);
}

// The rule that the work-order service holds live reports to: no operation takes in more than the one before gave.
TEST(plant, pieces_are_never_made_from_nothing) {
  std::vector<planned_order> plans;
  const auto steps = whole_course(42, 200, &plans);
  std::map<std::string, std::map<std::string, std::pair<quantity, quantity>>> in_and_good;  // order -> operation
  std::set<uuid> ids;
  std::set<std::string> types;
  for (const auto& s : steps) {
    auto& [in, good] = in_and_good[s.report.order][s.report.operation];
    in += s.report.completed + s.report.rejected + s.report.mrb;
    good += s.report.completed;
    EXPECT_TRUE(ids.insert(s.report.id).second);
    EXPECT_GT(s.minutes, 0);
    types.insert(s.report.type);
    if (s.report.type != "production") {
      EXPECT_EQ(s.report.completed + s.report.rejected + s.report.mrb, quantity{});
    }
  }
  EXPECT_EQ(types, (std::set<std::string>{"breakdown", "production", "setup"}));
  for (const planned_order& p : plans) {
    quantity available = p.order.ordered;
    for (const planned_operation& o : p.operations) {
      const auto& [in, good] = in_and_good[p.order.number][o.name];
      EXPECT_EQ(in, available) << p.order.number << " " << o.name;
      available = good;
    }
  }
}

}  // namespace
}  // namespace mes::platform
