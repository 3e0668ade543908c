// What each of many streams is told of a send that they had in common.
#include "gateway/net/send_batch.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "gateway/net/stream.h"

namespace mes::gateway {
namespace {

struct wire {
  wire() {
    std::array<int, 2> pair{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()), 0);
    near = net_stream(pair[0]);
    far = net_stream(pair[1]);
    near.note_events(EPOLLOUT);
  }
  std::string arrived() {
    std::string all(1 << 20, '\0');
    std::size_t size = 0;
    for (io_result got; (got = far.read(all.data() + size, all.size() - size)).status == io_status::ok;)
      size += got.bytes;
    return all.substr(0, size);
  }
  net_stream near, far;
};

class send_batches : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = send_batch::open();
    if (!opened) GTEST_SKIP() << opened.error().message;
    _batch = std::move(*opened);
  }
  std::unique_ptr<send_batch> _batch;
};

TEST_F(send_batches, bring_each_what_is_its_own) {
  std::vector<wire> wires(150);  // more than go at a time
  std::vector<std::string> texts;
  std::vector<message_due> messages;
  for (std::size_t i = 0; i < wires.size(); ++i) texts.push_back("message " + std::to_string(i));
  for (std::size_t i = 0; i < wires.size(); ++i) messages.push_back({&wires[i].near, texts[i]});
  ASSERT_TRUE(_batch->send(messages));
  for (std::size_t i = 0; i < wires.size(); ++i) {
    EXPECT_EQ(wires[i].arrived(), texts[i]);
    const io_result told = wires[i].near.write(texts[i] + " and more");
    EXPECT_EQ(told.status, io_status::ok);
    EXPECT_EQ(told.bytes, texts[i].size());
    EXPECT_EQ(wires[i].arrived(), "");  // what was sent is not sent again
    EXPECT_EQ(wires[i].near.moved(), texts[i].size());
  }
}

TEST_F(send_batches, tell_who_had_room_for_a_part_and_who_for_none) {
  wire half, full, free;
  const std::string much(1 << 20, 'x'), little = "little";
  while (full.near.write(much).status == io_status::ok) {
  }
  full.near.note_events(EPOLLOUT);
  const std::array<message_due, 3> messages{{{&half.near, much}, {&full.near, much}, {&free.near, little}}};
  ASSERT_TRUE(_batch->send(messages));
  const io_result part = half.near.write(much);
  EXPECT_EQ(part.status, io_status::ok);
  EXPECT_LT(part.bytes, much.size());
  EXPECT_FALSE(half.near.writable());
  EXPECT_EQ(half.arrived().size(), part.bytes);
  EXPECT_EQ(full.near.write(much).status, io_status::again);
  EXPECT_FALSE(full.near.writable());
  EXPECT_EQ(free.near.write(little).bytes, little.size());
  EXPECT_TRUE(free.near.writable());
  EXPECT_EQ(free.arrived(), little);
}

TEST_F(send_batches, tell_who_has_nobody_at_the_other_end) {
  wire gone, there;
  gone.far.close();
  const std::array<message_due, 2> messages{{{&gone.near, "for nobody"}, {&there.near, "for somebody"}}};
  ASSERT_TRUE(_batch->send(messages));
  EXPECT_EQ(gone.near.write("for nobody").status, io_status::failed);
  EXPECT_EQ(gone.near.trouble().system, EPIPE);
  EXPECT_EQ(there.near.write("for somebody").status, io_status::ok);
  EXPECT_EQ(there.arrived(), "for somebody");
}

TEST_F(send_batches, are_known_to_a_stream_that_has_moved) {
  wire one;
  ASSERT_TRUE(_batch->send(std::array<message_due, 1>{{{&one.near, "ab"}}}));
  net_stream moved = std::move(one.near);
  EXPECT_EQ(moved.write("abc").bytes, 2U);
  EXPECT_EQ(moved.write("c").bytes, 1U);
  EXPECT_EQ(one.arrived(), "abc");
}

}  // namespace
}  // namespace mes::gateway
