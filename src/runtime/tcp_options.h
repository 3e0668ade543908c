// How the TCP connections of the bus and the gateway are set. What is written leaves at once (TCP_NODELAY). To this
// machine itself they use Reno: on that way nothing is lost and nobody has to give way, while a congestion control that
// measures the path and spreads packets over time (BBR, the default of some systems) halves what a consumer on the same
// machine gets. To other machines they use what the system has as its default.
//
// A control that has begun leaves its pacing behind when another takes over, hence before: a listener passes its
// options on to what it accepts. An option that the kernel refuses is one that it does without.
#pragma once

#include <sys/socket.h>

namespace mes::runtime {

void set_listener_options(int fd);                          // before listen()
void set_accepted_options(int fd, const sockaddr& peer);    // of a socket that such a listener has accepted
void set_connecting_options(int fd, const sockaddr& peer);  // before connect()

}  // namespace mes::runtime
