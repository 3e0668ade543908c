// What a loop tells of, and what not.
#include "gateway/net/loop.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mes::gateway {
namespace {

// Somebody waits at it, and is not let in.
class crowded_listener final : public event_target {
 public:
  explicit crowded_listener(net_loop& loop)
      : listener(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)),
        client(socket(AF_INET, SOCK_STREAM, 0)),
        _loop(loop) {
    sockaddr_in at{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    EXPECT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size), 0);
    EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&at), size), 0);
    loop.watch_accept(listener, *this);
  }
  ~crowded_listener() override {
    close(client);
    close(listener);
  }
  void on_events(std::uint32_t) override {
    ++events;
    _loop.rest_accept(listener, *this);
  }

  const int listener, client;
  int events = 0;

 private:
  net_loop& _loop;
};

TEST(net_loop, says_nothing_of_who_waits_where_a_listener_rests) {
  net_loop loop;
  crowded_listener crowded(loop);
  int sweeps = 0;
  loop.set_sweep(
      [&](std::int64_t) {
        EXPECT_EQ(crowded.events, ++sweeps);
        if (sweeps < 3)
          loop.resume_accept(crowded.listener, crowded);
        else
          loop.stop();
        return true;
      },
      50);
  loop.start_sweeping();
  loop.run();
}

}  // namespace
}  // namespace mes::gateway
