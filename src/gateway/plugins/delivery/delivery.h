// Queues between a request's log phase and the servers that logs go to: bounded, batched, retried, on threads of their
// own, so that no request ever waits for a log (K:kong/tools/queue.lua).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "gateway/config/schema.h"
#include "gateway/plugins/delivery/waiting.h"

namespace mes::observe {
class logger;
}

namespace mes::gateway {

// As the plugins' `queue` field has them.
struct queue_options {
  std::size_t batch_entries_max = 1;
  std::chrono::duration<double> coalescing_delay{1};
  std::size_t entries_max = 10'000;
  std::size_t bytes_max = 64 << 20;
  std::chrono::duration<double> retry_time_max{60}, first_retry_delay{0.01}, retry_delay_max{60};
};

const schema& queue_fields();
// The `queue` field of a plugin's configuration, with the older fields that still stand for parts of it.
queue_options queue_options_of(const record& config);

// Of a batch that was sent: entries that were lost all the same, which no other try would help.
struct batch_losses {
  std::size_t entries = 0;
  std::string reason;
};

// Sends a batch; waits as long as it must, but not beyond `end`. Called from the queue's thread alone.
using batch_handler = std::function<result<batch_losses>(const std::vector<std::string>& batch, const wait_end& end)>;

// A queue that several instances of a plugin may share. Thread-safe. When the last holder lets go of it, what waits is
// sent once more if the server answers, and the thread ends.
class delivery_queue {
 public:
  struct state;
  explicit delivery_queue(std::shared_ptr<state> s) : _state(std::move(s)) {}
  ~delivery_queue();
  delivery_queue(const delivery_queue&) = delete;
  delivery_queue& operator=(const delivery_queue&) = delete;

  void push(std::string entry) const;  // drops the oldest where there is no room

 private:
  friend class deliveries;
  std::shared_ptr<state> _state;
};

// All queues of a gateway; outlives every generation. Thread-safe.
class deliveries {
 public:
  explicit deliveries(const observe::logger& log);
  ~deliveries();  // waits a little for what is under way
  deliveries(const deliveries&) = delete;
  deliveries& operator=(const deliveries&) = delete;

  // The queue of that name, made if there is none; its handler and its options become these.
  std::shared_ptr<delivery_queue> queue(const std::string& plugin, const std::string& name,
                                        const queue_options& options, batch_handler handler);
  std::string metrics() const;  // Prometheus' text

 private:
  struct plugin_counts {
    std::uint64_t sent = 0, dropped = 0, failures = 0;
  };
  void forget_ended();

  const observe::logger& _log;
  mutable std::mutex _lock;
  std::map<std::string, std::weak_ptr<delivery_queue>> _by_name;
  std::vector<std::shared_ptr<delivery_queue::state>> _states;
  std::map<std::string, plugin_counts> _of_ended;
};

}  // namespace mes::gateway
