// Asking a part whether it is ready: one connection, one question, one answer.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "platform/supervisor/part.h"

namespace mes::platform {

// `done(true)` if the part on 127.0.0.1 says that it is ready, `done(false)` on anything else and after `timeout`.
// Runs on the executor's thread, later, exactly once.
void ask(const boost::asio::any_io_executor& on, const readiness& what, std::chrono::milliseconds timeout,
         std::function<void(bool)> done);

}  // namespace mes::platform
