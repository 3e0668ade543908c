// Threads with a connection each for reading, started when they are first needed. Internal to store/.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "runtime/thread.h"
#include "store/connection.h"

namespace mes::store {

// Thread-safe.
class reader_pool {
 public:
  reader_pool(const database::options& with, const observe::logger& log) : _options(with), _log(log) {}
  ~reader_pool();  // reads what is queued

  void read(std::function<void(session&)> to_do, std::function<void(error)> failed);

 private:
  struct query {
    std::function<void(session&)> to_do;
    std::function<void(error)> failed;
  };
  void run();
  void run_one(std::unique_ptr<connection>& on, query& q);
  void begin(std::unique_ptr<connection>& on);

  const database::options _options;
  const observe::logger& _log;
  std::mutex _mutex;  // guards what follows
  std::condition_variable _wake;
  std::deque<query> _queue;
  std::size_t _idle = 0;
  bool _stopping = false;
  std::vector<runtime::thread> _threads;
};

}  // namespace mes::store
