#include "gateway/plugins/delivery/delivery.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <utility>

#include "observe/log.h"
#include "runtime/thread.h"

namespace mes::gateway {
namespace {

using enum field_type;
using steady = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

constexpr std::chrono::seconds farewell{2};  // at the end, for what still waits

}  // namespace

const schema& queue_fields() {
  static const schema fields = {
      {.name = "max_batch_size", .type = integer, .fallback = "1", .min = 1, .max = 1'000'000},
      {.name = "max_coalescing_delay", .type = number, .fallback = "1", .min = 0, .max = 3600},
      {.name = "max_entries", .type = integer, .fallback = "10000", .min = 1, .max = 1'000'000},
      {.name = "max_bytes", .type = integer},
      {.name = "max_retry_time", .type = number, .fallback = "60"},
      {.name = "initial_retry_delay", .type = number, .fallback = "0.01", .min = 0.001, .max = 1'000'000},
      {.name = "max_retry_delay", .type = number, .fallback = "60", .min = 0.001, .max = 1'000'000},
  };
  return fields;
}

queue_options queue_options_of(const record& config) {
  queue_options out;
  out.batch_entries_max = static_cast<std::size_t>(config.integer("queue.max_batch_size"));
  out.coalescing_delay = seconds(config.number("queue.max_coalescing_delay"));
  out.entries_max = static_cast<std::size_t>(config.integer("queue.max_entries"));
  if (!config.is_null("queue.max_bytes")) out.bytes_max = static_cast<std::size_t>(config.integer("queue.max_bytes"));
  out.retry_time_max = seconds(config.number("queue.max_retry_time"));
  out.first_retry_delay = seconds(config.number("queue.initial_retry_delay"));
  out.retry_delay_max = seconds(config.number("queue.max_retry_delay"));
  // Older names; at their own default they say nothing.
  auto older = [&](std::string_view name, double at_default) -> std::optional<double> {
    if (!config.values.contains(name) || config.is_null(name) || config.number(name) == at_default) return std::nullopt;
    return config.number(name);
  };
  for (auto [name, at_default] : {std::pair("queue_size", 1.0), std::pair("batch_span_count", 200.0)})
    if (auto n = older(name, at_default)) out.batch_entries_max = static_cast<std::size_t>(std::max(1.0, *n));
  for (auto [name, at_default] : {std::pair("flush_timeout", 2.0), std::pair("batch_flush_delay", 3.0)})
    if (auto s = older(name, at_default)) out.coalescing_delay = seconds(std::max(0.0, *s));
  return out;
}

struct delivery_queue::state {
  state(std::string p, std::string n, const observe::logger& l)
      : plugin(std::move(p)), name(std::move(n)), log(l), thread("log queue", [this] { run(); }) {}

  // One batch after another until the queue is closed and empty, or nobody takes what is in it.
  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return closed || !entries.empty(); });
      if (entries.empty() || end.passed()) break;
      coalesce(lock);
      send_batch(lock);
    }
    drop(entries.size());
    ended = true;
  }

  void coalesce(std::unique_lock<std::mutex>& lock) {
    auto until = steady::now() + std::chrono::duration_cast<steady::duration>(options.coalescing_delay);
    changed.wait_until(lock, until, [&] { return closed || entries.size() >= options.batch_entries_max; });
  }

  void send_batch(std::unique_lock<std::mutex>& lock) {
    auto count = static_cast<std::ptrdiff_t>(std::min(entries.size(), options.batch_entries_max));
    std::vector<std::string> batch(std::make_move_iterator(entries.begin()),
                                   std::make_move_iterator(entries.begin() + count));
    entries.erase(entries.begin(), entries.begin() + count);
    in_flight = batch.size();
    for (const std::string& e : batch) bytes_in_flight += e.size();
    auto began = steady::now();
    for (int retries = 0;; ++retries) {
      batch_handler send = handler;
      lock.unlock();
      auto sent_now = send(batch, end);
      lock.lock();
      if (sent_now) {
        note_losses(*sent_now);
        sent += batch.size() - sent_now->entries;
        break;
      }
      ++failures;
      bool late = steady::now() - began > options.retry_time_max || end.passed();
      log.warn("a log plugin's batch was not taken", {{"plugin", std::string_view(plugin)},
                                                      {"queue", std::string_view(name)},
                                                      {"reason", std::string_view(sent_now.error().message)},
                                                      {"gives_up", late}});
      if (late) {
        dropped += batch.size();
        break;
      }
      double doubled = options.first_retry_delay.count() * static_cast<double>(1ULL << std::min(retries, 40));
      seconds pause = std::min(options.retry_delay_max, seconds(doubled));
      auto until = steady::now() + std::chrono::duration_cast<steady::duration>(pause);
      bool was_closed = closed;
      changed.wait_until(lock, std::min(until, end.at()), [&] { return closed && !was_closed; });
    }
    bytes -= std::exchange(bytes_in_flight, 0);
    in_flight = 0;
    full = false;
  }

  void note_losses(const batch_losses& lost) {
    if (lost.entries == 0) return;
    dropped += lost.entries;
    log.warn("entries of a log plugin's batch were lost", {{"plugin", std::string_view(plugin)},
                                                           {"queue", std::string_view(name)},
                                                           {"reason", std::string_view(lost.reason)},
                                                           {"entries", static_cast<std::int64_t>(lost.entries)}});
  }

  // Under the lock.
  void drop(std::size_t count) {
    count = std::min(count, entries.size());
    for (std::size_t i = 0; i < count; ++i) {
      bytes -= entries.front().size();
      entries.pop_front();
    }
    dropped += count;
  }

  void push(std::string entry) {
    std::lock_guard lock(mutex);
    std::size_t before = dropped;
    // Beside what is being sent, which is no more to be dropped.
    const bool fits = in_flight < options.entries_max && bytes_in_flight + entry.size() <= options.bytes_max;
    if (!fits) ++dropped;
    while (fits && (entries.size() + in_flight >= options.entries_max || bytes + entry.size() > options.bytes_max))
      drop(1);
    if (dropped > before && !full) {
      full = true;
      log.warn("a log plugin's queue is full, the oldest entries are dropped",
               {{"plugin", std::string_view(plugin)}, {"queue", std::string_view(name)}});
    }
    if (!fits) return;
    bytes += entry.size();
    entries.push_back(std::move(entry));
    if (entries.size() == 1 || entries.size() >= options.batch_entries_max) changed.notify_one();
  }

  void close() {
    std::lock_guard lock(mutex);
    if (closed) return;
    closed = true;
    end.set(steady::now() + farewell);
    changed.notify_all();
  }

  const std::string plugin, name;
  const observe::logger& log;
  std::mutex mutex;
  std::condition_variable changed;
  queue_options options;
  batch_handler handler;
  std::deque<std::string> entries;
  std::size_t bytes = 0, in_flight = 0, bytes_in_flight = 0;  // `bytes`: of both
  std::uint64_t sent = 0, dropped = 0, failures = 0;
  bool closed = false, full = false;
  wait_end end;  // set when it is closed
  std::atomic<bool> ended = false;
  runtime::thread thread;  // last: it uses the others
};

delivery_queue::~delivery_queue() { _state->close(); }
void delivery_queue::push(std::string entry) const { _state->push(std::move(entry)); }

deliveries::deliveries(const observe::logger& log) : _log(log) {}

deliveries::~deliveries() {
  for (auto& s : _states) s->close();
  _states.clear();  // joins
}

std::shared_ptr<delivery_queue> deliveries::queue(const std::string& plugin, const std::string& name,
                                                  const queue_options& options, batch_handler handler) {
  std::lock_guard lock(_lock);
  forget_ended();
  std::string key = plugin + ':' + name;
  auto found = _by_name[key].lock();
  if (!found) {
    _states.push_back(std::make_shared<delivery_queue::state>(plugin, name, _log));
    found = std::make_shared<delivery_queue>(_states.back());
    _by_name[key] = found;
  }
  auto& state = *found->_state;
  std::lock_guard own(state.mutex);
  state.options = options;
  state.handler = std::move(handler);
  return found;
}

// The counts of what has ended stay.
void deliveries::forget_ended() {
  std::erase_if(_states, [&](const auto& s) {
    if (!s->ended) return false;
    plugin_counts& total = _of_ended[s->plugin];
    total.sent += s->sent;
    total.dropped += s->dropped;
    total.failures += s->failures;
    return true;
  });
}

std::string deliveries::metrics() const {
  std::lock_guard lock(_lock);
  auto totals = _of_ended;
  std::map<std::string, std::size_t> waiting;
  for (const auto& s : _states) {
    std::lock_guard own(s->mutex);
    plugin_counts& total = totals[s->plugin];
    total.sent += s->sent;
    total.dropped += s->dropped;
    total.failures += s->failures;
    waiting[s->plugin] += s->entries.size() + s->in_flight;
  }
  std::string out;
  auto family = [&](std::string_view name, std::string_view type, std::string_view help, auto value_of) {
    fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
    for (const auto& [plugin, counts] : totals)
      fmt::format_to(std::back_inserter(out), "{}{{plugin=\"{}\"}} {}\n", name, plugin, value_of(plugin, counts));
  };
  if (totals.empty()) return out;
  family("mes_gateway_log_entries_sent_total", "counter", "Entries that log plugins have delivered",
         [](const std::string&, const plugin_counts& c) { return c.sent; });
  family("mes_gateway_log_entries_dropped_total", "counter",
         "Entries that log plugins have lost: no room, or given up after retries",
         [](const std::string&, const plugin_counts& c) { return c.dropped; });
  family("mes_gateway_log_send_failures_total", "counter", "Attempts to deliver a batch that failed",
         [](const std::string&, const plugin_counts& c) { return c.failures; });
  family("mes_gateway_log_entries_waiting", "gauge", "Entries in the queues of log plugins",
         [&](const std::string& plugin, const plugin_counts&) { return waiting[plugin]; });
  return out;
}

}  // namespace mes::gateway
