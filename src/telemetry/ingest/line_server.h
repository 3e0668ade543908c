// Lines over TCP, as Logstash's tcp input with a JSON codec takes them. No acknowledgement: what cannot be stored now
// is left in the socket, so that the sender feels it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "runtime/event_loop.h"

namespace mes::telemetry {

struct line_server_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::size_t line_bytes_max = 1u << 20;  // a longer line is handed over cut
  std::size_t connections_max = 1'024;
};

// Lives on one loop.
class line_server {
 public:
  using line_handler = std::function<void(std::string_view line)>;  // without the newline
  using idle_handler = std::function<bool()>;  // after each read; false: stop reading until resume()

  static result<std::unique_ptr<line_server>> listen(runtime::event_loop& loop, line_server_options options,
                                                     line_handler take, idle_handler after_read);
  ~line_server();

  std::uint16_t port() const;
  std::size_t connections() const;
  void resume();
  void close();  // no more connections, nothing more is read

 private:
  struct state;
  explicit line_server(std::shared_ptr<state> s) : _state(std::move(s)) {}
  std::shared_ptr<state> _state;
};

}  // namespace mes::telemetry
