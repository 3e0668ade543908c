// A socket that a loop's clients come by.
#pragma once

#include <cstdint>

#include "gateway/net/loop.h"

namespace mes::gateway {

class worker;

// Of one loop; the descriptor becomes its own.
class listener final : public event_target {
 public:
  listener(worker& of, int fd, bool tls);
  ~listener() override;

  void on_events(std::uint32_t) override;
  int fd() const { return _fd; }
  bool tls() const { return _tls; }
  std::uint16_t port() const { return _port; }

  // No descriptor can be had: one that is kept for this takes a connection off the queue and closes it. False: nobody
  // waits, or nothing can be done for who does. The listener rests then, or epoll would say at once that they wait
  // still.
  bool turn_one_away();
  bool rests() const { return _rests; }
  void look();  // at each sweep: takes another one to keep if that was lost, and ends the rest

 private:
  void keep_spare();

  worker& _worker;
  int _fd;
  bool _tls;
  std::uint16_t _port;
  // Kept for a shortage. While it is closed for a moment, another loop, a connection to a service or a file may take
  // its place.
  int _spare = -1;
  bool _rests = false;
};

}  // namespace mes::gateway
