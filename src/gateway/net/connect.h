// A connection's beginning, of whoever asks services and targets for something.
#pragma once

#include <sys/socket.h>

namespace mes::gateway {

struct begun_connection {
  int fd = -1;               // -1: it has failed already
  int failure = 0;           // errno; 0: none
  bool own_trouble = false;  // for a reason that says nothing of the other side: no descriptors, ports or memory
};
// Does not wait for the connection.
begun_connection begin_connect(const sockaddr& to, socklen_t size);

}  // namespace mes::gateway
