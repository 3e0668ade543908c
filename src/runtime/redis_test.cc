#include "runtime/redis.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "runtime/test_port.h"

namespace mes::runtime {
namespace {

using testing::HasSubstr;

// Debian's redis-server, without persistence.
class redis_server {
 public:
  explicit redis_server(int p) : port(p) {
    std::string port_text = std::to_string(port);
    _pid = fork();
    if (_pid == 0) {
      execlp("redis-server", "redis-server", "--port", port_text.c_str(), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--logfile", "/dev/null", nullptr);
      _exit(127);
    }
    for (int i = 0; i < 500 && !answers(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ~redis_server() { stop(); }
  void stop() {
    if (_pid <= 0) return;
    kill(_pid, SIGKILL);  // also when it is frozen
    waitpid(std::exchange(_pid, 0), nullptr, 0);
  }
  void freeze(bool on) const {
    kill(_pid, on ? SIGSTOP : SIGCONT);
    if (on) waitpid(_pid, nullptr, WUNTRACED);  // until all of its threads stand still
  }
  const int port;

 private:
  bool answers() const { return redis_client("127.0.0.1", port).get("x").has_value(); }
  pid_t _pid = 0;
};

TEST(redis, keeps_values_and_counts) {
  redis_server server(free_port());
  redis_client redis("127.0.0.1", server.port);
  EXPECT_FALSE(redis.available());
  auto absent = redis.get("k");
  ASSERT_TRUE(absent) << absent.error().message;
  EXPECT_EQ(*absent, std::nullopt);
  EXPECT_TRUE(redis.available());
  std::string binary("a\0b\r\n", 5);
  ASSERT_TRUE(redis.set("k", binary, std::chrono::seconds(60)));
  EXPECT_EQ(redis.get("k").value(), binary);
  ASSERT_TRUE(redis.remove("k"));
  EXPECT_EQ(redis.get("k").value(), std::nullopt);
  EXPECT_EQ(redis.increment("n", std::chrono::seconds(60)).value(), 1);
  EXPECT_EQ(redis.increment("n", std::chrono::seconds(600)).value(), 2);
  ASSERT_TRUE(redis.set("k", "text", std::chrono::seconds(60)));
  auto wrong = redis.increment("k", std::chrono::seconds(60));
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("redis answered: ERR value is not an integer"));
  EXPECT_TRUE(redis.available());
}

TEST(redis, may_be_shared_by_threads) {
  redis_server server(free_port());
  redis_client redis("127.0.0.1", server.port);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i) EXPECT_TRUE(redis.increment("n", std::chrono::seconds(60)));
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(redis.get("n").value(), "1000");
}

TEST(redis, survives_a_restart_of_the_server) {
  int port = free_port();
  auto server = std::make_unique<redis_server>(port);
  redis_client redis("127.0.0.1", port);
  ASSERT_TRUE(redis.get("k"));
  server = nullptr;
  server = std::make_unique<redis_server>(port);
  auto again = redis.get("k");
  EXPECT_TRUE(again) << again.error().message;
}

TEST(redis, an_absent_or_silent_server_is_said_so) {
  redis_client absent("127.0.0.1", 1);
  auto refused = absent.get("k");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("redis at 127.0.0.1:1: Connection refused"));
  EXPECT_FALSE(absent.available());

  redis_server server(free_port());
  redis_client redis("127.0.0.1", server.port);
  ASSERT_TRUE(redis.get("k"));
  server.freeze(true);
  auto silent = redis.get("k");
  EXPECT_FALSE(silent);
  EXPECT_FALSE(redis.available());
  auto resting = redis.get("k");
  server.freeze(false);
  ASSERT_FALSE(resting);
  EXPECT_EQ(resting.error().message, silent.error().message);
}

}  // namespace
}  // namespace mes::runtime
