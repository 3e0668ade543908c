// The one thread that writes: takes what is queued, commits it together, answers each. Internal to store/.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/thread.h"
#include "store/connection.h"

namespace mes::store {

// Thread-safe.
class group_writer {
 public:
  group_writer(const database::options& with, std::unique_ptr<connection> on, const observe::logger& log,
               observe::registry& metrics);
  ~group_writer();  // commits what is queued

  void write(database::work to_do, std::function<void(result<void>)> done);
  void on_commit(std::function<void()> listener);
  bool is_failed() const { return _failed; }
  bool is_current_thread() const { return _thread.is_current(); }

 private:
  struct command {
    database::work to_do;
    std::function<void(result<void>)> done;
  };
  struct probe {
    explicit probe(observe::registry& metrics);
    observe::counter commits, commands, failures;
    observe::histogram commit_seconds;
    observe::gauge queue_depth;
  };

  void run();
  std::vector<command> take();
  void commit_group(std::vector<command>& group);
  // What became of the commands from `first` on; stops early when the engine gave the transaction up.
  std::vector<result<void>> run_commands(std::span<command> group);
  result<void> run_one(command& c, bool alone);
  void begin();
  void finish(std::span<command> group, std::vector<result<void>>& outcomes);
  void commit(std::vector<result<void>>& outcomes);

  const database::options _options;
  const observe::logger& _log;
  probe _probe;
  std::unique_ptr<connection> _connection;  // the writer's thread alone
  std::atomic<bool> _failed = false;
  std::mutex _mutex;  // guards what follows
  std::condition_variable _wake;
  std::deque<command> _queue;
  std::vector<std::function<void()>> _listeners;
  bool _stopping = false;
  runtime::thread _thread;  // last: starts when all else is there
};

}  // namespace mes::store
