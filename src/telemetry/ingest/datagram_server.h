// Datagrams, one handler's call each. UDP tells nobody of what is lost.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "runtime/event_loop.h"

namespace mes::telemetry {

// Lives on one loop.
class datagram_server {
 public:
  using handler = std::function<void(std::string_view bytes)>;
  static result<std::unique_ptr<datagram_server>> listen(runtime::event_loop& loop, const std::string& address,
                                                         std::uint16_t port, handler take);
  ~datagram_server();
  std::uint16_t port() const;
  void close();

 private:
  struct state;
  explicit datagram_server(std::shared_ptr<state> s) : _state(std::move(s)) {}
  std::shared_ptr<state> _state;
};

}  // namespace mes::telemetry
