// Files whose other contents are used at once: the configuration, the certificate with its key.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "runtime/file_watch.h"

namespace mes::observe {
class logger;
}

namespace mes::gateway {

// No descriptor was left, a disk is in trouble, a permission is missing: nothing is known of the contents, and nothing
// refused.
bool was_not_read(const result<void>& taken);

// On the loop's thread. The log is told of what cannot be read, and when it can be again: of each reason once.
class watched_files {
 public:
  watched_files(std::string_view what, runtime::event_loop& loop, const observe::logger& log)
      : _what(what), _loop(loop), _log(log) {}

  std::string_view what() const { return _what; }

  // These from now on; none if one has no name. `changed` takes what is there, and notes what came of it.
  void watch(std::vector<std::string> files, std::function<void()> changed);
  void note(const result<void>& taken);  // what was not read is looked at until it can be

 private:
  const std::string_view _what;
  runtime::event_loop& _loop;
  const observe::logger& _log;
  std::unique_ptr<runtime::file_watch> _watch;
  std::string _trouble;  // why they could not be read when they changed; "" = they could
};

}  // namespace mes::gateway
