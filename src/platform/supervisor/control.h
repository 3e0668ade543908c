// The supervisor's ear: HTTP/1.1 on the socket DATA/run/mes.sock, for `mes status`, `mes down` and the console.
//
//   GET /status   POST /stop   POST /roles/{name}/restart        bodies are ignored, answers are JSON
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "runtime/event_loop.h"

namespace mes::platform {

struct control_answer {
  int status = 200;
  std::string json;
};

// On the loop's thread. The socket's folder must belong to the user: who may write to it may command.
class control_server {
 public:
  using handler = std::function<control_answer(const std::string& method, const std::string& path)>;

  // Takes the place of a socket that a crash left behind: the caller holds DATA's lock.
  static result<std::unique_ptr<control_server>> listen(runtime::event_loop& loop, const std::filesystem::path& socket,
                                                        handler handle);
  ~control_server();  // removes the socket

 private:
  struct state;
  explicit control_server(std::unique_ptr<state> s);
  std::unique_ptr<state> _state;
};

}  // namespace mes::platform
