#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "base/instant.h"
#include "runtime/thread.h"
#include "store/outbox.h"
#include "store/outbox_rows.h"

namespace mes::store {
namespace {

using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

constexpr std::int64_t batch_rows = 500;
constexpr std::size_t in_flight_max = 2000, in_flight_bytes_max = 8 << 20;
// Acknowledged rows are deleted together, so that deleting does not double the commits.
constexpr std::int64_t delete_rows = 500;
constexpr milliseconds delete_after{250};
constexpr milliseconds back_off_min{100}, back_off_max{5000};
constexpr auto warn_every = std::chrono::minutes(1);
constexpr auto prune_every = std::chrono::hours(1);
constexpr std::int64_t inbox_keeps_ms = std::int64_t{14} * 24 * 3600 * 1000;
constexpr std::int64_t prune_rows = 2000;

}  // namespace

// Lives as long as a delivery or a commit may still call it.
struct outbox_relay::state : std::enable_shared_from_this<outbox_relay::state> {
  struct sent {
    std::int64_t id;
    std::size_t bytes;
    std::optional<bool> delivered;  // none: on its way
  };

  state(database& db, runtime::kafka_producer& producer, const observe::logger& to_log, observe::registry& metrics)
      : from(db),
        to(producer),
        log(to_log),
        lag(metrics.make_gauge("mes_outbox_lag", "Events that the bus has not acknowledged yet.")),
        sent_total(metrics.make_counter("mes_outbox_sent_total", "Events that the bus has acknowledged.")) {}

  void run();
  void wait();
  bool read_and_send();
  void send(outbox_rows&& read);
  void delivered(std::int64_t id, const result<void>& outcome);
  void retry_if_failed();
  void delete_if_due(bool now);
  void prune_if_due();
  void back_off(const error& problem);
  bool is_room() const { return in_flight.size() < in_flight_max && in_flight_bytes < in_flight_bytes_max; }
  bool is_lost() const {  // something failed, and nothing is on its way any more
    return failed && std::ranges::all_of(in_flight, [](auto& s) { return s.delivered.has_value(); });
  }
  bool is_empty() const { return !unread && in_flight.empty() && acknowledged == deleted && !deleting; }
  void show_lag() { lag.set(static_cast<double>(beyond + std::ssize(in_flight))); }

  database& from;
  runtime::kafka_producer& to;
  const observe::logger& log;
  observe::gauge lag;
  observe::counter sent_total;

  std::mutex mutex;              // guards what follows
  std::condition_variable wake;  // the thread, and who drains
  bool stopping = false;
  bool unread = true;  // there may be rows after last_sent
  int draining = 0;
  std::int64_t last_sent = 0;
  std::int64_t beyond = 0;
  std::deque<sent> in_flight;  // by id; the front is never an acknowledged one
  std::size_t in_flight_bytes = 0;
  std::optional<error> failed;                           // why something in flight has to be sent again
  std::int64_t acknowledged = 0, acknowledged_rows = 0;  // through this id, and how many of those are not deleted
  clock::time_point acknowledged_since;
  std::int64_t deleted = 0;
  bool deleting = false;
  bool progressed = false;  // something was acknowledged since the last trouble
  // The thread's alone:
  milliseconds pause = back_off_min;
  clock::time_point not_before{}, last_warning{}, next_prune{};
  runtime::thread thread;
};

void outbox_relay::state::run() {
  next_prune = clock::now();
  last_warning = clock::now() - warn_every;
  for (;;) {
    wait();
    {
      std::lock_guard lock(mutex);
      if (stopping) break;
    }
    retry_if_failed();
    delete_if_due(false);
    prune_if_due();
    if (clock::now() >= not_before)
      while (read_and_send()) {
      }
  }
  {
    std::unique_lock lock(mutex);
    wake.wait(lock, [this] { return !deleting; });
  }
  delete_if_due(true);
}

void outbox_relay::state::wait() {
  std::unique_lock lock(mutex);
  auto due = [this] {
    if (stopping || is_lost()) return true;
    if (unread && !failed && is_room() && clock::now() >= not_before) return true;
    return acknowledged > deleted && !deleting &&
           (draining > 0 || acknowledged_rows >= delete_rows || clock::now() >= acknowledged_since + delete_after);
  };
  while (!due()) {
    auto until = next_prune;
    if (acknowledged > deleted && !deleting) until = std::min(until, acknowledged_since + delete_after);
    if (unread && !failed && is_room()) until = std::min(until, not_before);
    if (wake.wait_until(lock, until) == std::cv_status::timeout && clock::now() >= next_prune) return;
  }
}

// True: there may be more to send now.
bool outbox_relay::state::read_and_send() {
  std::int64_t after = 0;
  {
    std::lock_guard lock(mutex);
    if (stopping || !unread || failed || !is_room()) return false;
    after = last_sent;
    unread = false;  // a commit from here on sets it again
  }
  auto read = from.read_and_wait([after](session& s) { return read_outbox(s, after, batch_rows); });
  if (!read) {
    {
      std::lock_guard lock(mutex);
      unread = true;
    }
    back_off(read.error());
    return false;
  }
  if (read->rows.empty()) {
    std::lock_guard lock(mutex);
    beyond = 0;
    show_lag();
    wake.notify_all();
    return false;
  }
  send(std::move(*read));
  return true;
}

void outbox_relay::state::send(outbox_rows&& read) {
  {
    std::lock_guard lock(mutex);
    for (auto& [id, record] : read.rows) {
      in_flight.push_back({id, record.value.size(), std::nullopt});
      in_flight_bytes += record.value.size();
    }
    last_sent = read.rows.back().first;
    beyond = read.beyond;
    if (beyond > 0) unread = true;
    show_lag();
  }
  for (auto& [id, record] : read.rows)
    to.produce(std::move(record),
               [self = shared_from_this(), id](const result<void>& outcome) { self->delivered(id, outcome); });
}

void outbox_relay::state::delivered(std::int64_t id, const result<void>& outcome) {
  std::lock_guard lock(mutex);
  auto found = std::ranges::lower_bound(in_flight, id, {}, &sent::id);
  if (found == in_flight.end() || found->id != id) return;
  found->delivered = outcome.has_value();
  if (!outcome && !failed) failed = outcome.error();
  while (!in_flight.empty() && in_flight.front().delivered == true) {
    if (acknowledged == deleted) acknowledged_since = clock::now();
    acknowledged = in_flight.front().id;
    ++acknowledged_rows;
    progressed = true;
    sent_total.add();
    in_flight_bytes -= in_flight.front().bytes;
    in_flight.pop_front();
  }
  show_lag();
  if (in_flight.empty() || failed || acknowledged_rows >= delete_rows || unread) wake.notify_all();
}

// All that is not acknowledged goes again, from the first that failed: that keeps the order.
void outbox_relay::state::retry_if_failed() {
  std::optional<error> problem;
  {
    std::lock_guard lock(mutex);
    if (std::exchange(progressed, false)) pause = back_off_min;
    if (!is_lost()) return;
    problem = std::exchange(failed, std::nullopt);
    last_sent = in_flight.front().id - 1;
    in_flight.clear();
    in_flight_bytes = 0;
    unread = true;
  }
  back_off(*problem);
}

void outbox_relay::state::back_off(const error& problem) {
  not_before = clock::now() + pause;
  pause = std::min(pause * 2, back_off_max);
  if (clock::now() < last_warning + warn_every) return;
  last_warning = clock::now();
  log.warn("Events cannot be sent now, trying again", {{"error", std::string_view(problem.message)}});
}

// Does not wait: the delete shares a commit with what the service writes next to it.
void outbox_relay::state::delete_if_due(bool now) {
  std::int64_t through = 0, rows = 0;
  {
    std::lock_guard lock(mutex);
    if (acknowledged == deleted || deleting) return;
    if (!now && draining == 0 && acknowledged_rows < delete_rows && clock::now() < acknowledged_since + delete_after)
      return;
    deleting = true;
    through = acknowledged;
    rows = std::exchange(acknowledged_rows, 0);
  }
  from.write(
      [through](session& s) -> result<void> {
        delete_outbox(s, through);
        return {};
      },
      [self = shared_from_this(), through, rows](const result<void>& outcome) {
        std::lock_guard lock(self->mutex);
        self->deleting = false;
        if (outcome)
          self->deleted = through;
        else
          self->acknowledged_rows += rows;
        self->acknowledged_since = clock::now();
        self->wake.notify_all();
      });
}

void outbox_relay::state::prune_if_due() {
  if (clock::now() < next_prune) return;
  next_prune = clock::now() + prune_every;
  const std::int64_t before_ms = instant::now().ms() - inbox_keeps_ms;
  std::int64_t gone = prune_rows;
  while (gone == prune_rows) {
    gone = 0;
    auto pruned = from.write_and_wait([&](session& s) -> result<void> {
      gone = prune_inbox(s, before_ms, prune_rows);
      return {};
    });
    if (!pruned) {
      log.warn("The inbox could not be pruned", {{"error", std::string_view(pruned.error().message)}});
      return;
    }
  }
}

outbox_relay::outbox_relay(database& from, runtime::kafka_producer& to, const observe::logger& log,
                           observe::registry& metrics)
    : _state(std::make_shared<state>(from, to, log, metrics)) {
  from.on_commit([weak = std::weak_ptr(_state)] {
    auto self = weak.lock();
    if (!self) return;
    std::lock_guard lock(self->mutex);
    if (!std::exchange(self->unread, true)) self->wake.notify_all();
  });
  _state->thread = runtime::thread("outbox-relay", [self = _state.get()] { self->run(); });
}

outbox_relay::~outbox_relay() {
  {
    std::lock_guard lock(_state->mutex);
    _state->stopping = true;
    _state->wake.notify_all();
  }
  _state->thread.join();
}

bool outbox_relay::drain(milliseconds timeout) {
  std::unique_lock lock(_state->mutex);
  ++_state->draining;
  _state->unread = true;
  _state->wake.notify_all();
  bool empty = _state->wake.wait_for(lock, timeout, [this] { return _state->is_empty(); });
  --_state->draining;
  return empty;
}

}  // namespace mes::store
