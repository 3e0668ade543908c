#include "gateway/net/send_batch.h"

#include <fmt/format.h>
#include <liburing.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "gateway/net/stream.h"

namespace mes::gateway {
namespace {

constexpr unsigned entries = 64;  // messages that go at a time

std::unexpected<error> refused(int error) {
  return fail(error_code::unavailable, fmt::format("io_uring: {}", std::generic_category().message(error)));
}

}  // namespace

result<std::unique_ptr<send_batch>> send_batch::open() {
  auto initialised = std::make_unique<io_uring>();
  if (const int made = io_uring_queue_init(entries, initialised.get(), 0); made < 0) return refused(-made);
  std::unique_ptr<send_batch> batch(new send_batch(ring(initialised.release())));
  if (auto sound = batch->probe(); !sound) return fail(sound.error());
  return batch;
}

void send_batch::ring_end::operator()(io_uring* ring) const {
  io_uring_queue_exit(ring);
  std::default_delete<io_uring>()(ring);
}

// A kernel that would wait until there is room must show it here, and not to the loop: a socket is filled, and asked to
// take more.
result<void> send_batch::probe() {
  std::array<int, 2> pair{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) != 0) return refused(errno);
  net_stream full(pair[0]), reader(pair[1]);
  const std::string bytes(64 << 10, '.');
  while (full.write(bytes).status == io_status::ok) {
  }
  io_uring_sqe* entry = io_uring_get_sqe(_ring.get());
  io_uring_prep_send(entry, full.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (const int sent = io_uring_submit(_ring.get()); sent < 0) return refused(-sent);
  io_uring_cqe* done = nullptr;
  if (const int seen = io_uring_peek_cqe(_ring.get(), &done); seen < 0) return refused(-seen);
  const int outcome = done->res;
  io_uring_cqe_seen(_ring.get(), done);
  return outcome == -EAGAIN ? result<void>() : refused(outcome < 0 ? -outcome : EOPNOTSUPP);
}

bool send_batch::send(std::span<const message_due> messages) {
  while (!messages.empty()) {
    const auto some = messages.first(std::min<std::size_t>(messages.size(), entries));
    if (!send_some(some)) return false;
    messages = messages.subspan(some.size());
  }
  return true;
}

bool send_batch::send_some(std::span<const message_due> messages) {
  for (const message_due& m : messages) {
    io_uring_sqe* entry = io_uring_get_sqe(_ring.get());  // there are as many as a slice has messages
    io_uring_prep_send(entry, m.to->fd(), m.bytes.data(), m.bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    io_uring_sqe_set_data(entry, m.to);
  }
  std::size_t asked = 0, answered = 0;
  bool sound = true;
  while (answered < (sound ? messages.size() : asked)) {
    const auto wanted = static_cast<unsigned>((sound ? messages.size() : asked) - answered);
    const int taken = io_uring_submit_and_wait(_ring.get(), wanted);
    if (taken > 0) asked += static_cast<std::size_t>(taken);
    if (taken < 0 && taken != -EINTR) sound = false;
    io_uring_cqe* done = nullptr;
    while (io_uring_peek_cqe(_ring.get(), &done) == 0) {
      static_cast<net_stream*>(io_uring_cqe_get_data(done))->note_sent(done->res);
      io_uring_cqe_seen(_ring.get(), done);
      ++answered;
    }
  }
  return sound;
}

}  // namespace mes::gateway
