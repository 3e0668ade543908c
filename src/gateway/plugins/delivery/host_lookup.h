// Addresses of a name, for a thread that waits but so long.
//
// The system's resolver has no bound: where name servers are silent it takes as long as they are many. So it has a
// thread of its own, which is left behind; who asks for the name again waits for that one.
#pragma once

#include <netdb.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "gateway/plugins/delivery/waiting.h"

namespace mes::gateway {

using addresses = std::shared_ptr<const addrinfo>;

// One thread at a time, for one name.
class host_lookup {
 public:
  struct question {
    std::string host;
    std::uint16_t port = 0;
    int kind = 0;  // SOCK_STREAM, SOCK_DGRAM
  };
  using resolver = std::function<result<addresses>(const question&)>;

  host_lookup();
  explicit host_lookup(resolver r) : _resolve(std::move(r)) {}

  result<addresses> find(const question& q, const deadline& until);

 private:
  struct pending;

  resolver _resolve;
  std::shared_ptr<pending> _pending;
};

}  // namespace mes::gateway
