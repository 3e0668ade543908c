// What a loop sends on many sockets in one go, with one system call (io_uring) and not one each.
//
// Used like that and no further: every send is over when the call returns, and its stream knows how it went. So nothing
// is under way that a buffer would have to be kept for, and epoll goes on telling what can be read and written.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"

struct io_uring;

namespace mes::gateway {

class net_stream;

// The beginning of what a stream will be written next. It stays where it is until it has been.
struct message_due {
  net_stream* to = nullptr;
  std::string_view bytes;
};

// Of one thread.
class send_batch {
 public:
  // Fails where the kernel has no io_uring, forbids it (kernel.io_uring_disabled, a container's seccomp profile), or
  // would make a send wait that is not to wait.
  static result<std::unique_ptr<send_batch>> open();

  // Each stream notes what has come of it (net_stream::note_sent()); those that were not come to are as before. False:
  // the kernel takes no more, now or later.
  bool send(std::span<const message_due> messages);

 private:
  struct ring_end {
    void operator()(io_uring* ring) const;
  };
  using ring = std::unique_ptr<io_uring, ring_end>;

  explicit send_batch(ring made) : _ring(std::move(made)) {}
  bool send_some(std::span<const message_due> messages);
  result<void> probe();

  ring _ring;
};

}  // namespace mes::gateway
