// Posts to one HTTP server on a kept connection, for a thread that may wait.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "gateway/config/schema.h"
#include "gateway/plugins/delivery/blocking_stream.h"

namespace mes::gateway {

struct http_url {
  bool tls = false;
  std::string host;
  std::uint16_t port = 80;
  std::string path = "/";  // with the query
  std::string user;        // "name:password"; "" = none

  static result<http_url> parse(std::string_view text);
};

std::string check_http_url(std::string_view text);  // "" if fine

struct http_answer {
  int status = 0;
  std::string body;  // at most 64 KiB of it
};

// One thread at a time.
class http_sender {
 public:
  struct options {
    bool verify = true;  // of a server's certificate
    // To connect with the look-up of the name, for each piece of the request, and for all of the answer.
    std::chrono::milliseconds connect_timeout{10'000}, send_timeout{10'000}, read_timeout{10'000};
    std::chrono::milliseconds keep_alive{60'000};  // how long an idle connection is kept
  };
  http_sender(http_url url, options o);

  using fields = std::vector<std::pair<std::string, std::string>>;
  // Host and Content-Length are added.
  result<http_answer> send(std::string_view method, const fields& headers, std::string_view body, const wait_end& end);
  const http_url& url() const { return _url; }

 private:
  result<http_answer> exchange(const std::string& head, std::string_view body, const wait_end& end);
  result<http_answer> read_answer(const deadline& until);

  http_url _url;
  stream_target _target;
  options _options;
  std::unique_ptr<blocking_stream> _stream;
  std::chrono::steady_clock::time_point _used;
};

// By the fields connect_timeout, send_timeout and read_timeout, in milliseconds.
http_sender::options timeouts_of(const record& config);

}  // namespace mes::gateway
